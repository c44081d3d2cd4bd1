/** Finds installed packages of an app that do not work with Convue, or with one another. */
import type { SupportedPackage } from '../../versions/supported-versions.ts'
import type { App } from './app.ts'
import { devError } from '../../dev/dev-error.ts'
import { findBrokenPairs } from '../../versions/broken-pairs.ts'
import { findPackage } from '../../versions/installed-package.ts'
import { findConflictWithConvue, findVersionConflicts } from '../../versions/version-conflicts.ts'

/**
 * Throws if the app has a package whose version Convue does not support. Packages that are not
 * installed yet will be installed in versions that Convue supports.
 *
 * @throws ConvueError `VERSION_CONFLICT`
 */
export function requireVersions({ root, framework }: App): void {
  for (const name of namesFor(framework)) {
    const conflict = findConflictWithConvue(name, root)
    if (conflict)
      throw devError('VERSION_CONFLICT', conflict)
  }
}

/** Warnings about the packages that are now installed, each with a solution. */
export function warnAboutVersions({ root, framework }: App): string[] {
  const conflicts = findVersionConflicts(root, namesFor(framework))
    .map(conflict => devError('VERSION_CONFLICT', conflict).message)
  const broken = findBrokenPairs(root).map(({ packages, effect, install }) => {
    const names = packages.map(([name]) => `${name} ${findPackage(name, root)?.manifest.version}`)
    return `With ${names.join(' and ')}, ${effect}. Run \`${install}\`.`
  })
  return [...conflicts, ...broken]
}

function namesFor(framework: App['framework']): SupportedPackage[] {
  return ['vue', 'convex', 'better-auth', framework]
}
