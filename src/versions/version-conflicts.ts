/** Finds installed packages whose versions do not work together. */
import type { VersionConflict } from '../errors/version-errors.ts'
import type { Manifest } from './installed-package.ts'
import type { SupportedPackage } from './supported-versions.ts'
import { findOwner, findPackage } from './installed-package.ts'
import { SUPPORTED_VERSIONS } from './supported-versions.ts'
import { isInRange } from './version-range.ts'

/** The packages that Convue and other packages of an app share as peers. */
const SHARED: SupportedPackage[] = ['better-auth', 'convex']

/**
 * The conflicts among the packages of the app to which `folder` belongs: between Convue and
 * `names`, and between the app's own dependencies and the packages that they share with Convue.
 */
export function findVersionConflicts(
  folder: string,
  names: readonly SupportedPackage[] = SHARED,
): VersionConflict[] {
  const found = names.map(name => [name, findPackage(name, folder)?.manifest] as const)
  const withConvue = found.flatMap(([name, manifest]) => conflictOf(manifest, SUPPORTED_VERSIONS[name], 'Convue'))
  return [...withConvue, ...dependenciesOf(folder).flatMap(name => findConflictsOf(name, folder))]
}

/** The conflict between Convue and the package that modules in `folder` import by this name. */
export function findConflictWithConvue(name: SupportedPackage, folder: string): VersionConflict | undefined {
  return conflictOf(findPackage(name, folder)?.manifest, SUPPORTED_VERSIONS[name], 'Convue')[0]
}

/** The names of the packages that an app declares. */
function dependenciesOf(folder: string): string[] {
  const { dependencies, devDependencies } = findOwner(folder)?.manifest ?? {}
  return Object.keys({ ...dependencies, ...devDependencies }).filter(name => name !== 'convue')
}

/** The conflicts between the version ranges of a package and the versions that it imports. */
function findConflictsOf(dependency: string, folder: string): VersionConflict[] {
  const installed = findPackage(dependency, folder)
  if (!installed)
    return []
  const { manifest: { name, version, peerDependencies = {} } } = installed
  return SHARED.flatMap((shared) => {
    const needed = peerDependencies[shared]
    if (needed === undefined)
      return []
    return conflictOf(findPackage(shared, installed.folder)?.manifest, needed, `${name} ${version}`)
  })
}

function conflictOf(found: Manifest | undefined, needed: string, by: string): VersionConflict[] {
  if (!found || isInRange(found.version, needed))
    return []
  return [{ name: found.name, version: found.version, needed, by }]
}
