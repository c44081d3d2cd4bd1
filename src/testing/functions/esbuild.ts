/** Runs esbuild with the options of Convex's own bundler. */
import type { BuildFailure, Message, Metafile, Plugin } from 'esbuild'
import type { BundleCache } from './bundle-cache.ts'
import type { RuntimeKind } from './kinds.ts'
import { createRequire } from 'node:module'
import { relative, resolve } from 'node:path'
import { importPeer } from '../peers.ts'
import { testingError } from '../testing-error.ts'
import { convexPlugins } from './esbuild-plugins.ts'

/** A file to bundle, and the path of its bundle in the output folder. */
export interface EntryPoint {
  in: string
  out: string
}

export interface BundleRequest {
  cache: BundleCache
  entryPoints: EntryPoint[]
  /** The path of the component. Each installation of a component has its own modules. */
  component: string
  /** The component's folder. Error messages name files relative to it. */
  directory: string
  runtime: RuntimeKind
  /** A module for Node's loader, or a script that can be evaluated several times. @default 'esm' */
  moduleFormat?: 'esm' | 'cjs'
  plugins?: Plugin[]
  /** The packages that Node loads itself, from `node.externalPackages` of `convex.json`. */
  externalPackages?: string[]
}

/** Increased when the options below change, so that bundles of an earlier version are not used. */
const FORMAT = 1

const TOP_LEVEL_AWAIT = /^Top-level await is not available/
const NODE_NOTE = 'Are you trying to bundle for node?'

/**
 * Bundles files, and returns the absolute paths of the bundles, in the order of the entry points.
 *
 * @throws ConvueError `FUNCTIONS_INVALID` for files that Convex would not bundle or not accept.
 */
export async function runEsbuild(request: BundleRequest): Promise<string[]> {
  const { cache, plugins, ...options } = request
  const key = { format: FORMAT, esbuild: findVersion(), ...options, plugins: plugins?.map(({ name }) => name) }
  const outdir = await cache.get(key, outdir => build(outdir, request))
  return request.entryPoints.map(({ out }) => resolve(outdir, out + extensionOf(request)))
}

/** Reads the version without loading esbuild, which is not needed if all bundles are up to date. */
function findVersion(): string | undefined {
  try {
    return createRequire(import.meta.url)('esbuild/package.json').version
  }
  catch {
    return undefined
  }
}

async function build(outdir: string, request: BundleRequest): Promise<Metafile> {
  const esbuild = await importPeer('esbuild', () => import('esbuild'))
  const { entryPoints, directory, runtime, moduleFormat = 'esm', plugins = [], externalPackages = [] } = request
  try {
    const { metafile } = await esbuild.build({
      outdir,
      entryPoints,
      plugins: [...plugins, ...convexPlugins(runtime, externalPackages)],
      bundle: true,
      // Each script contains all that its module imports.
      splitting: moduleFormat === 'esm',
      format: moduleFormat,
      platform: runtime === 'node' ? 'node' : 'browser',
      target: 'esnext',
      jsx: 'automatic',
      conditions: ['convex', 'module'],
      chunkNames: '_deps/[hash]',
      treeShaking: true,
      minifySyntax: true,
      keepNames: true,
      // Convex refuses a top-level await only when it evaluates the module. esbuild also reports
      // its line.
      supported: runtime === 'default' ? { 'top-level-await': false } : {},
      define: { 'process.env.NODE_ENV': '"production"' },
      sourcemap: 'linked',
      sourcesContent: false,
      outExtension: { '.js': extensionOf(request) },
      metafile: true,
      logLevel: 'silent',
    })
    return metafile!
  }
  catch (cause) {
    throw refusal(cause as Error, directory)
  }
}

function extensionOf({ moduleFormat }: BundleRequest): string {
  if (moduleFormat === 'cjs')
    return '.cjs'
  return '.mjs'
}

function refusal(cause: Error, directory: string): Error {
  const errors = (cause as Partial<BuildFailure>).errors ?? []
  const place = ({ location }: Message): string => {
    if (!location)
      return directory
    return `${relative(directory, resolve(location.file))}:${location.line}:${location.column + 1}`
  }
  const builtin = errors.find(({ notes }) => notes.some(({ text }) => text.includes(NODE_NOTE)))
  if (builtin) {
    const problem = { kind: 'nodeBuiltin' as const, message: builtin.text, place: place(builtin) }
    return testingError('FUNCTIONS_INVALID', problem, cause)
  }
  const awaiting = errors.find(({ text }) => TOP_LEVEL_AWAIT.test(text))
  if (awaiting)
    return testingError('FUNCTIONS_INVALID', { kind: 'topLevelAwait', place: place(awaiting) }, cause)
  return testingError('FUNCTIONS_INVALID', { kind: 'notBundled', message: cause.message }, cause)
}
