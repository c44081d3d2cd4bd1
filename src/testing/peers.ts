/** Loads the optional peer dependencies, with an error that names the missing one. */
import { ConvueError } from '../errors/convue-error.ts'

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
    throw new ConvueError({
      code: 'PEER_MISSING',
      why: `convue/testing needs the package "${name}", which is not installed.`,
      fix: name.endsWith('better-auth')
        ? 'Run `npm install better-auth @convex-dev/better-auth`.'
        : 'Run `npm install --save-dev convex-test@0.0.60 esbuild jose ws`.',
      cause,
    })
  }
}

/** The package itself is missing, not something that it imports. */
function isMissing(error: unknown, name: Peer): boolean {
  return error instanceof Error
    && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    && error.message.includes(`'${name}'`)
}
