/** Evaluates the modules of each call again, so that no state of modules outlives a call. */
import type { ComponentBundle, FunctionAddress } from './messages.ts'
import type { FunctionModule, RegisteredFunction, Router } from './registered.ts'
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
// The classes of modules only exist in a worker that is started with `VM_MODULES_FLAG`.
import * as vm from 'node:vm'
import { CallFrame, frames } from './call-frame.ts'
import { IMPORT_SEED, LoadedModules } from './module-loader.ts'

/** A file of a bundle, and its compiled code. */
interface Source {
  text: string
  cachedData?: Uint8Array
}

/** The types of Node do not contain the method. */
type CacheableModule = vm.SourceTextModule & { createCachedData: () => Uint8Array }

/** The modules of a thread, which are evaluated for each call. */
export class FreshModules {
  readonly #bundles: Map<string, ComponentBundle>
  readonly #sources = new Map<string, Source>()

  constructor(bundles: ComponentBundle[]) {
    this.#bundles = new Map(bundles.map(bundle => [bundle.path, bundle]))
  }

  async function(address: FunctionAddress): Promise<RegisteredFunction | undefined> {
    return (await this.#evaluate(address.component, address.module)).function(address)
  }

  async router(component: string): Promise<Router | undefined> {
    return (await this.#evaluate(component, 'http')).router(component)
  }

  /** Evaluates a module and all modules that it imports, and no others. */
  async #evaluate(component: string, module: string): Promise<LoadedModules> {
    const modules = new LoadedModules()
    const file = this.#bundles.get(component)?.modules[module]
    if (file === undefined)
      return modules
    const frame = new CallFrame({ callId: 0, kind: 'import', component, now: Date.now(), seed: IMPORT_SEED })
    const evaluation = new Evaluation(url => this.#sourceOf(url))
    const exports = await frames.run(frame, () => evaluation.import(pathToFileURL(file).href))
    modules.set(component, new Map([[module, exports]]))
    return modules
  }

  #sourceOf(url: string): Source {
    let source = this.#sources.get(url)
    if (source === undefined) {
      source = { text: readFileSync(fileURLToPath(url), 'utf8') }
      this.#sources.set(url, source)
    }
    return source
  }
}

/** The modules of one call. Each is evaluated once, as modules are. */
class Evaluation {
  readonly #modules = new Map<string, vm.Module>()
  readonly #sourceOf: (url: string) => Source

  constructor(sourceOf: (url: string) => Source) {
    this.#sourceOf = sourceOf
  }

  async import(url: string): Promise<FunctionModule> {
    return (await this.#run(this.#moduleOf(url))).namespace as FunctionModule
  }

  async #run(module: vm.Module): Promise<vm.Module> {
    if (module.status === 'unlinked')
      await module.link((specifier, importer) => this.#resolve(specifier, importer.identifier))
    await module.evaluate()
    return module
  }

  /** Bundles import the other files of the bundle, and in Node's runtime also packages. */
  async #resolve(specifier: string, importer: string): Promise<vm.Module> {
    if (specifier.startsWith('.') || specifier.startsWith('file:'))
      return this.#moduleOf(new URL(specifier, importer).href)
    return this.#modules.get(specifier) ?? await this.#externalModule(specifier, importer)
  }

  /**
   * The identifier is the URL of the file. Node has loaded the file before, so it knows the source
   * map of the URL, and stacks have the lines of the sources.
   */
  #moduleOf(url: string): vm.Module {
    const known = this.#modules.get(url)
    if (known)
      return known
    const source = this.#sourceOf(url)
    const module: vm.SourceTextModule = new vm.SourceTextModule(source.text, {
      identifier: url,
      ...source.cachedData && { cachedData: source.cachedData },
      initializeImportMeta: meta => Object.assign(meta, { url }),
      importModuleDynamically: async specifier => await this.#run(await this.#resolve(specifier, url)),
    })
    source.cachedData ??= (module as CacheableModule).createCachedData()
    this.#modules.set(url, module)
    return module
  }

  /** A module that Node loads itself is the same for all calls. */
  async #externalModule(specifier: string, importer: string): Promise<vm.Module> {
    const exports = await importFrom(importer, specifier)
    const module = new vm.SyntheticModule(Object.keys(exports), () => {
      for (const [name, value] of Object.entries(exports))
        module.setExport(name, value)
    }, { identifier: specifier })
    this.#modules.set(specifier, module)
    return module
  }
}

/** Imports a module as the code of a file does: packages are found from the folder of the file. */
async function importFrom(importer: string, specifier: string): Promise<Record<string, unknown>> {
  const script = new vm.Script('specifier => import(specifier)', {
    filename: fileURLToPath(importer),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const load = script.runInThisContext() as (specifier: string) => Promise<Record<string, unknown>>
  return await load(specifier)
}
