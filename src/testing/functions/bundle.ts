/** Bundles a functions folder and its components. */
import type { ComponentSource } from './components.ts'
import type { BundleRequest } from './esbuild.ts'
import type { ModuleState, RuntimeKind } from './kinds.ts'
import type { ComponentBundle } from './messages.ts'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readConvexJson } from '../../project/convex-json.ts'
import { testingError } from '../testing-error.ts'
import { explainVersions } from '../version-conflict.ts'
import { BundleCache } from './bundle-cache.ts'
import { discoverComponents } from './components.ts'
import { runEsbuild } from './esbuild.ts'
import { findFile } from './module-files.ts'

/** The functions of an app and its components, bundled and ready to be loaded into threads. */
export interface FunctionsBundle {
  functions: string
  sources: ComponentSource[]
  /** Contains `node` only if there are files with the directive "use node". */
  runtimes: RuntimeKind[]
  components: Record<RuntimeKind, ComponentBundle[]>
  authConfig: string | null
  /**
   * The folder in which Node keeps compiled code for the next start. It is `null` for new bundles:
   * while an app is being developed, most bundles change before they are loaded a second time.
   */
  compileCache: string | null
}

/**
 * Bundles each component separately, as Convex does.
 *
 * @throws ConvueError `FUNCTIONS_INVALID` for files that Convex would refuse.
 */
export async function bundleFunctions(
  functions: string,
  moduleState: ModuleState = 'shared',
): Promise<FunctionsBundle> {
  const cache = new BundleCache(findCache(functions))
  const sources = await discoverComponents(functions, cache)
  const refused = sources.find(({ path, modules }) => path !== '' && modules.some(({ isNode }) => isNode))
  if (refused) {
    const { name } = refused.modules.find(({ isNode }) => isNode)!
    throw testingError('FUNCTIONS_INVALID', { kind: 'nodeInComponent', component: refused.path, module: name })
  }
  const { externalPackages } = readConvexJson(functions)
  const [authConfig, node, ...components] = await Promise.all([
    bundleAuthConfig(functions, cache),
    bundleComponent(sources[0]!, { cache, runtime: 'node', externalPackages }),
    ...sources.map(source => bundleComponent(source, { cache, runtime: 'default', externalPackages: [] }, moduleState)),
  ])
  const hasNode = Object.keys(node.modules).length > 0
  return {
    functions,
    sources,
    runtimes: hasNode ? ['default', 'node'] : ['default'],
    components: { default: components, node: hasNode ? [node] : [] },
    authConfig,
    compileCache: cache.hasBuilt ? null : cache.compileCache,
  }
}

/** Lists the app and the components that it installs, without bundling their functions. */
export async function describeSources(functions: string): Promise<ComponentSource[]> {
  return await explainVersions(functions, () => discoverComponents(functions, new BundleCache(findCache(functions))))
}

type BundleOptions = Pick<BundleRequest, 'cache' | 'runtime' | 'externalPackages'>

async function bundleComponent(
  source: ComponentSource,
  options: BundleOptions,
  moduleState: ModuleState = 'shared',
): Promise<ComponentBundle> {
  const { path, directory, modules, schema } = source
  const isNodeBundle = options.runtime === 'node'
  const own = modules.filter(({ isNode }) => isNode === isNodeBundle)
  const entryPoints = own.map(({ name, file }) => ({ in: file, out: name }))
  const hasSchema = schema !== null && !isNodeBundle
  if (hasSchema)
    entryPoints.push({ in: schema, out: 'schema' })
  const files = entryPoints.length > 0
    ? await runEsbuild({ ...options, component: path, entryPoints, directory })
    : []
  return {
    path,
    modules: Object.fromEntries(own.map(({ name }, index) => [name, files[index]!])),
    scripts: moduleState === 'fresh' ? await bundleScripts(source, options) : null,
    schema: hasSchema ? files.at(-1)! : null,
  }
}

async function bundleScripts(source: ComponentSource, options: BundleOptions): Promise<Record<string, string>> {
  const { path, directory, modules } = source
  const own = modules.filter(({ isNode }) => !isNode)
  if (own.length === 0)
    return {}
  const entryPoints = own.map(({ name, file }) => ({ in: file, out: name }))
  const files = await runEsbuild({ ...options, moduleFormat: 'cjs', component: path, entryPoints, directory })
  return Object.fromEntries(own.map(({ name }, index) => [name, files[index]!]))
}

async function bundleAuthConfig(functions: string, cache: BundleCache): Promise<string | null> {
  const file = findFile(functions, 'auth.config')
  if (file === undefined)
    return null
  const entryPoints = [{ in: file, out: 'auth.config' }]
  const [bundle] = await runEsbuild({ cache, component: '', entryPoints, directory: functions, runtime: 'default' })
  return bundle!
}

/** The folder for bundles, in the `node_modules` from which the functions' packages are found. */
function findCache(functions: string): string {
  if (!existsSync(functions))
    throw testingError('FUNCTIONS_INVALID', { kind: 'noFolder', path: functions })
  let root = functions
  while (!existsSync(join(root, 'node_modules'))) {
    const parent = dirname(root)
    if (parent === root)
      throw testingError('FUNCTIONS_INVALID', { kind: 'noPackages', path: functions })
    root = parent
  }
  return join(root, 'node_modules/.cache/convue')
}
