/** Checks of the packages that an app has installed. */
import type { SupportedPackage } from '../../versions/supported-versions.ts'
import type { Check } from './check.ts'
import type { Finding } from './findings.ts'
import type { Project } from './project.ts'
import process from 'node:process'
import { findBrokenPairs } from '../../versions/broken-pairs.ts'
import { findOwner, findPackage } from '../../versions/installed-package.ts'
import { isNodeSupported } from '../../versions/node-version.ts'
import { SUPPORTED_VERSIONS } from '../../versions/supported-versions.ts'
import { findVersionConflicts } from '../../versions/version-conflicts.ts'
import { finding } from './findings.ts'

/** Packages that must be installed only once, since several copies do not share state or types. */
const SINGLE = ['convex', 'better-auth', 'vue']

/**
 * The command line of Better Auth. The app does not import it, so it may have copies of these
 * packages for itself.
 */
const COMMAND_LINES = ['auth']

/** Packages that only the embedded deployment needs. */
const EMBEDDED_PACKAGES = ['esbuild', 'ws']

export const PACKAGE_CHECKS: Check<Project>[] = [
  { name: 'versions of packages', run: ({ root }) => [...findConflicts(root), ...findPairs(root)] },
  { name: 'packages that must be installed once', run: ({ root }) => SINGLE.flatMap(name => findCopies(name, root)) },
  { name: 'packages of the embedded deployment', run: findMissing },
  { name: 'Node', run: ({ root }) => checkNode(root) },
]

function findConflicts(root: string): Finding[] {
  const names = Object.keys(SUPPORTED_VERSIONS) as SupportedPackage[]
  return findVersionConflicts(root, names).map(conflict => finding('VERSION_CONFLICT', { ...conflict }))
}

function findPairs(root: string): Finding[] {
  return findBrokenPairs(root).map(({ packages, effect, install }) => {
    const pair = packages.map(([name, version]) => `${name} ${version}`).join(' and ')
    return finding('VERSIONS_DO_NOT_BUILD', { pair, effect, install })
  })
}

/** The copies that the app and its direct dependencies import. */
function findCopies(name: string, root: string): Finding[] {
  const { dependencies, devDependencies } = findOwner(root)?.manifest ?? {}
  const importers = Object.keys({ ...dependencies, ...devDependencies }).flatMap((dependency) => {
    const installed = findPackage(dependency, root)
    const { dependencies, peerDependencies } = installed?.manifest ?? {}
    const isOther = dependency !== name && !COMMAND_LINES.includes(dependency)
    const uses = isOther && name in { ...dependencies, ...peerDependencies }
    return installed && uses ? [installed.folder] : []
  })
  const copies = new Map<string, string>()
  for (const folder of [root, ...importers]) {
    const found = findPackage(name, folder)
    if (found)
      copies.set(found.folder, found.manifest.version)
  }
  if (copies.size < 2)
    return []
  const folders = [...copies].map(([folder, version]) => `${version} in ${folder}`).join(', ')
  return [finding('PACKAGE_TWICE', { name, folders })]
}

function findMissing({ root, isEmbedded }: Project): Finding[] {
  const missing = EMBEDDED_PACKAGES.filter(name => !findPackage(name, root))
  if (!isEmbedded || missing.length === 0)
    return []
  return [finding('PACKAGE_MISSING', { names: missing.join(' ') })]
}

/** The field `engines` of the app may allow versions of Node that Convue does not support. */
function checkNode(root: string): Finding[] {
  const needed = (findOwner(root)?.manifest as { engines?: { node?: string } } | undefined)?.engines?.node
  const version = process.versions.node
  const oldest = /\d+(?:\.\d+){0,2}/.exec(needed ?? '')?.[0]
  if (oldest === undefined || isNodeSupported(oldest))
    return []
  return [finding('NODE_UNSUPPORTED', { version, needed: `"${needed}"` })]
}
