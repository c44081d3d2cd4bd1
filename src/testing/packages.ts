/** How imports of packages are resolved and bundled. */
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild, ResolveResult } from 'esbuild'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The files that esbuild bundles. Node loads all other files, such as native addons. */
const BUNDLED_FILE = /\.(?:[cm]?[jt]sx?|json)$/
const TYPESCRIPT_FILE = /\.[cm]?tsx?$/

/** Marks a request that the plugin itself makes, and that it must not answer. */
const INNER = Symbol('inner')

/** Resolves an import as esbuild does by itself. */
export async function resolveImport(build: PluginBuild, { path, importer, namespace, resolveDir, kind, with: attributes }: OnResolveArgs): Promise<ResolveResult> {
  return await build.resolve(path, { importer, namespace, resolveDir, kind, with: attributes, pluginData: INNER })
}

export function isInnerRequest({ pluginData }: OnResolveArgs): boolean {
  return pluginData === INNER
}

/**
 * Decides for each package whether it becomes part of the bundle, as every package does in Convex.
 *
 * - A package that is written for Convex (a component and its client), a package of the app's own
 *   workspace, and TypeScript are bundled, since Node cannot load `enum` or imports without an
 *   extension.
 * - Node loads any other package, such as Better Auth. The package is resolved from the importing
 *   file, which may be outside of the bundle's folder.
 */
export const packages: Plugin = {
  name: 'packages',
  setup(build) {
    /**
     * The cached answers, by importing folder and import. Each answer of esbuild takes about a
     * millisecond.
     */
    const answers = new Map<string, Promise<OnResolveResult>>()
    const manifests = new Map<string, boolean>()

    build.onResolve({ filter: /^[^./]/ }, (args) => {
      const { path, kind, resolveDir } = args
      if (kind === 'entry-point' || isInnerRequest(args))
        return undefined
      const key = JSON.stringify([path, kind, resolveDir])
      const answer = answers.get(key) ?? resolvePackage(args)
      answers.set(key, answer)
      return answer
    })

    async function resolvePackage(args: OnResolveArgs): Promise<OnResolveResult> {
      const resolved = await resolveImport(build, args)
      // When a missing package is needed, Node reports it.
      if (resolved.errors.length > 0)
        return { path: args.path, external: true }
      if (resolved.external || resolved.namespace !== 'file' || isBundled(resolved.path))
        return resolved
      const isRequired = args.kind === 'require-call' || args.kind === 'require-resolve'
      return { path: isRequired ? resolved.path : pathToFileURL(resolved.path).href, external: true }
    }

    function isBundled(file: string): boolean {
      if (!BUNDLED_FILE.test(file))
        return false
      const isInstalled = file.split(sep).includes('node_modules')
      return !isInstalled || TYPESCRIPT_FILE.test(extname(file)) || isForConvex(dirname(file))
    }

    /** Whether the package that a folder belongs to depends on Convex. */
    function isForConvex(folder: string): boolean {
      const known = manifests.get(folder)
      if (known !== undefined)
        return known
      const parent = dirname(folder)
      const result = readManifest(folder) ?? (parent !== folder && isForConvex(parent))
      manifests.set(folder, result)
      return result
    }
  },
}

interface PackageManifest { name?: string, dependencies?: Record<string, string>, peerDependencies?: Record<string, string> }

/**
 * Whether the package in a folder depends on Convex, or `undefined` if the folder is not a package.
 */
function readManifest(folder: string): boolean | undefined {
  const file = join(folder, 'package.json')
  if (!existsSync(file))
    return undefined
  const { name, dependencies, peerDependencies } = JSON.parse(readFileSync(file, 'utf8')) as PackageManifest
  // A folder of a package may have a manifest without a name, which only sets the type of its
  // modules.
  return name === undefined ? undefined : 'convex' in { ...dependencies, ...peerDependencies }
}
