/** Bundles the functions folder and its components, and loads their modules. */
import type { Plugin } from 'esbuild'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { isInnerRequest, packages, resolveImport } from './packages.ts'
import { importPeer } from './peers.ts'
import { testingError } from './testing-error.ts'

/** The exports of a module of the functions folder. */
export type FunctionModule = Record<string, unknown>

/** The app itself, or a component that it installs. */
export interface ComponentSource {
  /** `''` for the app, else the names of the installations from the app down, joined by `/`. */
  path: string
  /** Absolute path of the component's folder. */
  directory: string
  /**
   * The specifier with which the component's config was imported: the name of a package, or a
   * relative path; `null` for the app.
   */
  specifier: string | null
  /**
   * The component's modules that may contain functions, relative to `directory`, without an
   * extension: `messages`, `admin/users`.
   */
  modules: string[]
  /** Whether the component has a `schema`. */
  hasSchema: boolean
  /** Whether the component is part of an installed package, which contains the generated types. */
  isPackaged: boolean
}

/** A component whose modules are evaluated, by name. */
export interface LoadedComponent extends ComponentSource {
  loaded: Map<string, FunctionModule>
  /** The default export of `schema`, if there is one. */
  schema: unknown
}

/** A functions folder that is ready to run. */
export interface LoadedFunctions {
  /** The app first, then the components that it installs. */
  components: LoadedComponent[]
  /** The default export of `auth.config`, if there is one. */
  authConfig: unknown
  /** Deletes the bundle from the disk. Loaded modules remain usable. */
  dispose: () => Promise<void>
}

/** The parts of the return value of `defineApp` and `defineComponent` that are used here. */
interface ComponentDefinition {
  _name?: string
  _childComponents: [name: string, imported: ImportedDefinition, ...rest: unknown[]][]
}

/**
 * The object with which Convex replaces an imported component config. Convue adds `definition` and
 * `specifier`.
 */
interface ImportedDefinition {
  componentDefinitionPath: string
  defaultName: string
  definition: ComponentDefinition
  specifier: string
}

/** A file to bundle, and the name of its bundle. */
interface EntryPoint {
  in: string
  out: string
}

const CONFIG_FILE = /^convex\.config\.[cm]?[jt]s$/
const CONFIG_IMPORT = /convex\.config(?:\.[cm]?[jt]s)?$/
const SOURCE_FILE = /\.[cm]?[jt]sx?$/
const EXTENSIONS = ['.ts', '.tsx', '.mts', '.js', '.jsx', '.mjs']

/**
 * `app.use()` requires the object with which Convex's bundler replaces an imported component
 * config. Convue's object also contains `definition`, so that one evaluation of the app's config
 * finds all components.
 */
const componentDefinitions: Plugin = {
  name: 'component-definitions',
  setup(build) {
    const { onResolve, onLoad } = build
    onResolve({ filter: CONFIG_IMPORT }, async (args) => {
      const { path, importer, namespace, kind } = args
      if (isInnerRequest(args))
        return undefined
      if (kind === 'entry-point' || namespace === 'component-definition')
        return { path, namespace: 'file' }
      const local = path.startsWith('.') ? findFile(dirname(resolve(dirname(importer), path)), 'convex.config') : undefined
      const resolved = local === undefined ? await resolveImport(build, args) : undefined
      if (resolved && resolved.errors.length > 0)
        return { errors: resolved.errors }
      return {
        path: local ?? resolved!.path,
        namespace: 'component-definition',
        pluginData: path.replace(CONFIG_IMPORT, '').replace(/\/$/, ''),
      }
    })
    onLoad({ filter: /.*/, namespace: 'component-definition' }, ({ path, pluginData }) => ({
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

/**
 * Bundles a functions folder and evaluates every module of it. All modules are loaded at the start,
 * since a lazy import inside a transaction fails: convex-test removes `setTimeout` and `fetch`
 * there.
 */
export async function loadFunctions(functions: string): Promise<LoadedFunctions> {
  const output = await createOutputFolder(functions)
  const dispose = (): Promise<void> => rm(output, { recursive: true, force: true })
  try {
    const components = await discoverComponents(functions, output)
    const authConfig = findFile(functions, 'auth.config')
    await build(output, [
      ...components.flatMap((component, index) => entryPoints(component, String(index))),
      ...authConfig ? [{ in: authConfig, out: 'auth.config' }] : [],
    ])
    const loaded = await Promise.all(components.map((component, index) => loadComponent(component, join(output, String(index)))))
    return {
      components: loaded,
      authConfig: authConfig && (await evaluate(join(output, 'auth.config.mjs'))).default,
      dispose,
    }
  }
  catch (error) {
    await dispose()
    throw error
  }
}

async function loadComponent(component: ComponentSource, bundled: string): Promise<LoadedComponent> {
  const load = (name: string): Promise<FunctionModule> =>
    evaluate(join(bundled, `${name}.mjs`))
  const loaded = new Map<string, FunctionModule>()
  for (const name of component.modules)
    loaded.set(name, await load(name))
  return { ...component, loaded, schema: component.hasSchema ? (await load('schema')).default : undefined }
}

async function evaluate(file: string): Promise<FunctionModule> {
  try {
    return await import(pathToFileURL(file).href)
  }
  catch (cause) {
    throw testingError('FUNCTIONS_INVALID', { kind: 'notEvaluated', stack: (cause as Error).stack }, cause)
  }
}

/** Lists the app and the components that it installs, without evaluating any function. */
export async function describeFunctions(functions: string): Promise<ComponentSource[]> {
  const output = await createOutputFolder(functions)
  try {
    return await discoverComponents(functions, output)
  }
  finally {
    await rm(output, { recursive: true, force: true })
  }
}

/**
 * Each bundle has its own folder, since Node never evaluates a file twice. The folder is inside
 * `node_modules`, so that Node finds the packages that the functions import.
 */
async function createOutputFolder(functions: string): Promise<string> {
  if (!existsSync(functions))
    throw testingError('FUNCTIONS_INVALID', { kind: 'noFolder', path: functions })
  let root = functions
  while (!existsSync(join(root, 'node_modules'))) {
    const parent = dirname(root)
    if (parent === root)
      throw testingError('FUNCTIONS_INVALID', { kind: 'noPackages', path: functions })
    root = parent
  }
  const cache = join(root, 'node_modules/.cache/convue')
  await removeAbandoned(cache)
  const output = join(cache, `${process.pid}-${randomUUID()}`)
  await mkdir(output, { recursive: true })
  return output
}

/** Removes the folders of processes that were killed before they could delete them. */
async function removeAbandoned(cache: string): Promise<void> {
  const folders = existsSync(cache) ? await readdir(cache) : []
  const abandoned = folders.filter(name => !isRunning(Number.parseInt(name)))
  await Promise.all(abandoned.map(name => rm(join(cache, name), { recursive: true, force: true })))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  }
  catch (error) {
    // The process exists, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function discoverComponents(functions: string, output: string): Promise<ComponentSource[]> {
  const app = await describeComponent({ path: '', directory: functions, specifier: null })
  const config = findFile(functions, 'convex.config')
  if (!config)
    return [app]
  await build(output, [{ in: config, out: 'convex.config' }], [componentDefinitions])
  const { default: definition } = await evaluate(join(output, 'convex.config.mjs'))
  return [app, ...await installedComponents(definition as ComponentDefinition, '')]
}

async function installedComponents(definition: ComponentDefinition, parent: string): Promise<ComponentSource[]> {
  const sources: ComponentSource[] = []
  for (const [name, imported] of definition._childComponents) {
    const directory = dirname(imported.componentDefinitionPath)
    const path = parent ? `${parent}/${name}` : name
    sources.push(await describeComponent({ path, directory, specifier: imported.specifier }))
    sources.push(...await installedComponents(imported.definition, path))
  }
  return sources
}

async function describeComponent(component: Pick<ComponentSource, 'path' | 'directory' | 'specifier'>): Promise<ComponentSource> {
  return {
    ...component,
    modules: await listModules(component.directory),
    hasSchema: findFile(component.directory, 'schema') !== undefined,
    isPackaged: component.path !== '' && component.directory.split(sep).includes('node_modules'),
  }
}

/** Makes `require` of a bundled CommonJS package work. */
const REQUIRE = 'import { createRequire as __convueCreateRequire } from "node:module"; var require = __convueCreateRequire(import.meta.url);'

async function build(outdir: string, entryPoints: EntryPoint[], plugins: Plugin[] = []): Promise<void> {
  const esbuild = await importPeer('esbuild', () => import('esbuild'))
  try {
    await esbuild.build({
      outdir,
      entryPoints,
      plugins: [...plugins, packages],
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // Node also uses this condition. esbuild and Node must resolve a package to the same file.
      conditions: ['module-sync'],
      banner: { js: REQUIRE },
      sourcemap: 'inline',
      outExtension: { '.js': '.mjs' },
      logLevel: 'silent',
    })
  }
  catch (cause) {
    throw testingError('FUNCTIONS_INVALID', { kind: 'notBundled', message: (cause as Error).message }, cause)
  }
}

/**
 * The modules that Convex would deploy: no generated files, no names with several dots, no folders
 * of other components.
 */
async function listModules(directory: string): Promise<string[]> {
  const modules: string[] = []
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true })
    if (folder !== directory && entries.some(({ name }) => CONFIG_FILE.test(name)))
      return
    for (const entry of entries) {
      const { name } = entry
      const path = join(folder, name)
      if (entry.isDirectory() && !name.startsWith('_') && name !== 'node_modules')
        await visit(path)
      else if (SOURCE_FILE.test(name) && name.split('.').length === 2 && !name.startsWith('schema.'))
        modules.push(relative(directory, path).replace(SOURCE_FILE, '').replaceAll(sep, '/'))
    }
  }
  await visit(directory)
  return modules.sort()
}

/** Each component has a folder in the output with the same structure as its source folder. */
function entryPoints({ directory, modules, hasSchema }: ComponentSource, out: string): EntryPoint[] {
  return [...modules, ...hasSchema ? ['schema'] : []].map(name => ({ in: findFile(directory, name)!, out: `${out}/${name}` }))
}

function findFile(directory: string, name: string): string | undefined {
  return EXTENSIONS.map(extension => join(directory, name + extension)).find(existsSync)
}
