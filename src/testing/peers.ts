/** Loads the optional peer dependencies, with an error that names the missing one. */
import { testingError } from './testing-error.ts'

/**
 * The packages that only `convue/testing` needs. An app that does not use `convue/testing` does not
 * need to install them.
 */
type Peer = 'esbuild' | 'jose' | 'ws' | AuthPeer

/** The packages that an app with Better Auth has already installed. */
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

/** Whether the package itself is missing, and not a package that it imports. */
function isMissing(error: unknown, name: Peer): boolean {
  return error instanceof Error
    && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    && error.message.includes(`'${name}'`)
}
