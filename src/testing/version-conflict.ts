/** Finds out whether an error comes from installed packages whose versions do not work together. */
import { findVersionConflicts } from '../versions/version-conflicts.ts'
import { testingError } from './testing-error.ts'

/**
 * Runs code that loads packages of the app to which `folder` belongs.
 *
 * @throws ConvueError `VERSION_CONFLICT`, with the error of `load` as its cause, if that error
 * mentions two packages that do not work together, or one of them; otherwise the error of `load`.
 */
export async function explainVersions<Result>(folder: string, load: () => Promise<Result>): Promise<Result> {
  try {
    return await load()
  }
  catch (error) {
    const text = String(error)
    const conflict = findVersionConflicts(folder)
      .find(({ name, by }) => mentions(text, name) || mentions(text, nameOf(by)))
    throw conflict ? testingError('VERSION_CONFLICT', conflict, error) : error
  }
}

/** The name of a package without its version. */
function nameOf(packageAndVersion: string): string {
  return packageAndVersion.split(' ')[0]!
}

/** Returns whether a message has the name of a package, as an import or as a part of a path. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`(?:node_modules[/\\\\]|["'])${name}(?:["'/\\\\])`).test(text)
}
