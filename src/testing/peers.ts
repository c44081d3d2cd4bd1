/** Loads the optional peer dependencies, with an error that names the missing one. */
import { testingError } from './testing-error.ts'

/**
 * The packages that only `convue/testing` needs: an app that uses the client alone installs none of
 * them.
 */
type Peer = 'convex-test' | 'esbuild' | 'jose' | 'ws' | AuthPeer

/** Those that an app with Better Auth has already. */
type AuthPeer = 'better-auth' | '@convex-dev/better-auth'

/**
 * Imports an optional peer.
 *
 * @throws ConvueError `PEER_MISSING` if the app has not installed it.
 */
export async function importPeer<Module>(name: Peer, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  }
  catch (cause) {
    if (!isMissing(cause, name))
      throw cause
    throw testingError('PEER_MISSING', { missing: name }, cause)
  }
}

/** The package itself is missing, not something that it imports. */
function isMissing(error: unknown, name: Peer): boolean {
  return error instanceof Error
    && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    && error.message.includes(`'${name}'`)
}
