/** Finds the components that an app installs. */
import type { Plugin } from 'esbuild'
import type { BundleCache } from './bundle-cache.ts'
import type { ModuleFiles } from './module-files.ts'
import { dirname, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { testingError } from '../testing-error.ts'
import { runEsbuild } from './esbuild.ts'
import { findFile, listModuleFiles } from './module-files.ts'

/**
 * The value of a component's environment variable, or the name of the parent's variable that has
 * it.
 */
export type EnvironmentBinding = { value: string } | { variable: string }

/** The app itself, or a component that it installs. */
export interface ComponentSource extends ModuleFiles {
  /**
   * `''` for the app. For a component, its name after the names of its parents, such as
   * `parent/child`.
   */
  path: string
  /** Absolute path of the component's folder. */
  directory: string
  /**
   * The specifier with which the component's config was imported: the name of a package, or a
   * relative path; `null` for the app.
   */
  specifier: string | null
  /** `true` if the component is in an installed package, which contains the generated types. */
  isPackaged: boolean
  /** The prefix of the paths of the component's HTTP actions; `null` if they are not mounted. */
  httpPrefix: string | null
  /** The environment variables that `app.use` binds for the component; empty for the app. */
  environment: Record<string, EnvironmentBinding>
}

/** The parts of the return value of `defineApp` and `defineComponent` that are used here. */
interface ComponentDefinition {
  _name?: string
  _httpPrefix?: string
  _childComponents: [name: string, imported: ImportedDefinition, env: Record<string, unknown>, httpPrefix?: string][]
}

/**
 * The object with which Convex replaces an imported component config. Convue adds `definition` and
 * `specifier`.
 *
 * @see docs/contributing/embedded-deployment.md#loading
 */
interface ImportedDefinition {
  componentDefinitionPath: string
  defaultName: string
  definition: ComponentDefinition
  specifier: string
}

type Installation = Pick<ComponentSource, 'path' | 'directory' | 'specifier' | 'httpPrefix' | 'environment'>

const CONFIG_IMPORT = /convex\.config(?:\.[cm]?[jt]s)?$/

/** Marks an import that the plugin itself asks esbuild to resolve, so that the plugin skips it. */
const INNER = Symbol('inner')

/**
 * `app.use()` requires the object with which Convex's bundler replaces an imported component
 * config. Convue's object also contains `definition`, so that one evaluation of the app's config
 * finds all components.
 */
const componentDefinitions: Plugin = {
  name: 'component-definitions',
  setup(build) {
    build.onResolve({ filter: CONFIG_IMPORT }, async ({ path, importer, namespace, kind, resolveDir, pluginData }) => {
      if (pluginData === INNER)
        return undefined
      if (kind === 'entry-point' || namespace === 'component-definition')
        return { path, namespace: 'file' }
      const specifier = path.replace(CONFIG_IMPORT, '').replace(/\/$/, '')
      const definition = { namespace: 'component-definition', pluginData: specifier }
      const local = findLocalConfig(importer, path)
      if (local !== undefined)
        return { ...definition, path: local }
      const resolved = await build.resolve(path, { importer, namespace, resolveDir, kind, pluginData: INNER })
      if (resolved.errors.length > 0)
        return { errors: resolved.errors }
      return { ...definition, path: resolved.path }
    })
    build.onLoad({ filter: /.*/, namespace: 'component-definition' }, ({ path, pluginData }) => ({
      resolveDir: dirname(path),
      contents: `
        import definition from ${JSON.stringify(path)}
        export default {
          componentDefinitionPath: ${JSON.stringify(path)},
          defaultName: definition._name,
          specifier: ${JSON.stringify(pluginData)},
          definition,
        }`,
    }))
  },
}

/** Lists the app and its components, with the files that become modules. */
export async function discoverComponents(functions: string, cache: BundleCache): Promise<ComponentSource[]> {
  const app: Installation = { path: '', directory: functions, specifier: null, httpPrefix: null, environment: {} }
  const config = findFile(functions, 'convex.config')
  if (config === undefined)
    return [await describe(app)]
  const [file] = await runEsbuild({
    cache,
    component: '',
    entryPoints: [{ in: config, out: 'convex.config' }],
    plugins: [componentDefinitions],
    directory: functions,
    runtime: 'default',
  })
  const definition = await evaluate(file!, config)
  const installed = installations(definition, { path: '', httpPrefix: '' })
  app.httpPrefix = definition._httpPrefix ?? null
  return await Promise.all([app, ...installed].map(describe))
}

/** Evaluates the bundle of the app's config. */
async function evaluate(bundle: string, config: string): Promise<ComponentDefinition> {
  let exported: unknown
  try {
    exported = (await import(pathToFileURL(bundle).href)).default
  }
  catch (cause) {
    const thrown = cause instanceof Error ? cause.stack : String(cause)
    throw testingError('FUNCTIONS_INVALID', { kind: 'notEvaluated', stack: `${config} throws ${thrown}` }, cause)
  }
  return requireDefinition(exported, config, 'defineApp')
}

/** @throws ConvueError `FUNCTIONS_INVALID` if a config exports something else than a definition. */
function requireDefinition(
  exported: unknown,
  file: string,
  define: 'defineApp' | 'defineComponent',
): ComponentDefinition {
  if (Array.isArray((exported as Partial<ComponentDefinition> | null | undefined)?._childComponents))
    return exported as ComponentDefinition
  const message = `The default export of ${file} must be the return value of \`${define}()\`.`
  throw testingError('FUNCTIONS_INVALID', { kind: 'invalidExport', message, file })
}

/**
 * Finds a config that is imported by a relative path. It may have any extension of source files.
 */
function findLocalConfig(importer: string, path: string): string | undefined {
  if (!path.startsWith('.'))
    return undefined
  return findFile(dirname(resolve(dirname(importer), path)), 'convex.config')
}

/** The components that a definition installs, including the components that these install. */
function installations(
  definition: ComponentDefinition,
  parent: Pick<Installation, 'path' | 'httpPrefix'>,
): Installation[] {
  return definition._childComponents.flatMap(([name, imported, env, prefix]) => {
    const path = parent.path ? `${parent.path}/${name}` : name
    // The HTTP actions of a component are reachable only if the parent's are reachable, too.
    const httpPrefix = prefix === undefined || parent.httpPrefix === null
      ? null
      : parent.httpPrefix.replace(/\/$/, '') + prefix.replace(/\/?$/, '/')
    const { specifier, componentDefinitionPath: file } = imported
    const directory = dirname(file)
    const definition = requireDefinition(imported.definition, file, 'defineComponent')
    const installation: Installation = { path, directory, specifier, httpPrefix, environment: bindings(env) }
    return [installation, ...installations(definition, { path, httpPrefix })]
  })
}

function bindings(env: Record<string, unknown> | undefined): Record<string, EnvironmentBinding> {
  return Object.fromEntries(Object.entries(env ?? {}).map(([name, value]) => {
    const isReference = typeof value === 'object' && value !== null && '__envVarRef' in value
    return [name, isReference ? { variable: String(value.__envVarRef) } : { value: String(value) }]
  }))
}

async function describe(installation: Installation): Promise<ComponentSource> {
  const { path, directory } = installation
  return {
    ...installation,
    ...await listModuleFiles(directory),
    isPackaged: path !== '' && directory.split(sep).includes('node_modules'),
  }
}
