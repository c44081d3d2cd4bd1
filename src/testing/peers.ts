/** Loads the optional peer dependencies, with an error that names the missing package. */
import process from 'node:process'
import { findConflictWithConvue } from '../versions/version-conflicts.ts'
import { testingError } from './testing-error.ts'
import { explainVersions } from './version-conflict.ts'

/**
 * The packages that only `convue/testing` needs. An app that does not use `convue/testing` does not
 * need to install them.
 */
type Peer = 'esbuild' | 'jose' | 'ws' | 'better-auth'

/**
 * Imports an optional peer.
 *
 * @throws ConvueError `PEER_MISSING` if the app has not installed it; `VERSION_CONFLICT` if Convue
 * or another package of the app does not support the installed version.
 */
export async function importPeer<Module>(name: Peer, load: () => Promise<Module>): Promise<Module> {
  const conflict = findConflictWithConvue(name, import.meta.dirname)
  if (conflict)
    throw testingError('VERSION_CONFLICT', conflict)
  try {
    return await explainVersions(process.cwd(), load)
  }
  catch (cause) {
    if (!isMissing(cause, name))
      throw cause
    throw testingError('PEER_MISSING', { missing: name }, cause)
  }
}

/** Returns whether the package itself is missing, and not a package that it imports. */
function isMissing(error: unknown, name: Peer): boolean {
  return error instanceof Error
    && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    && error.message.includes(`'${name}'`)
}
