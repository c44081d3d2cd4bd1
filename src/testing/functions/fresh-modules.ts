/** Evaluates the module of each call again, so that no state of modules outlives a call. */
import type { ComponentBundle, FunctionAddress } from './messages.ts'
import type { FunctionModule, RegisteredFunction, Router } from './registered.ts'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { compileFunction, constants } from 'node:vm'
import { CallFrame, frames } from './call-frame.ts'
import { IMPORT_SEED, LoadedModules } from './module-loader.ts'

/** The code of a module with all that it imports. Each call of the function evaluates it again. */
type ModuleCode = (exports: FunctionModule, require: (name: string) => unknown, module: CommonModule) => void

interface CommonModule {
  exports: FunctionModule
}

/** The modules of a thread, which are evaluated for each call. */
export class FreshModules {
  readonly #scripts: Map<string, Record<string, string>>
  readonly #compiled = new Map<string, ModuleCode>()

  constructor(bundles: ComponentBundle[]) {
    this.#scripts = new Map(bundles.map(({ path, scripts }) => [path, scripts ?? {}]))
  }

  function(address: FunctionAddress): RegisteredFunction | undefined {
    return this.#evaluate(address.component, address.module).function(address)
  }

  router(component: string): Router | undefined {
    return this.#evaluate(component, 'http').router(component)
  }

  #evaluate(component: string, name: string): LoadedModules {
    const modules = new LoadedModules()
    const file = this.#scripts.get(component)?.[name]
    if (file === undefined)
      return modules
    const frame = new CallFrame({ callId: 0, kind: 'import', component, now: Date.now(), seed: IMPORT_SEED })
    const module: CommonModule = { exports: {} }
    frames.run(frame, () => this.#codeOf(file)(module.exports, refuseModule, module))
    modules.set(component, new Map([[name, module.exports]]))
    return modules
  }

  /** Returns the compiled code of a file. All calls share it: only its evaluation has a state. */
  #codeOf(file: string): ModuleCode {
    let code = this.#compiled.get(file)
    if (code === undefined) {
      // Node then knows the source map of the file, so that stacks have the lines of the sources.
      createRequire(file)(file)
      code = compileFunction(readFileSync(file, 'utf8'), ['exports', 'require', 'module'], {
        filename: file,
        importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      }) as ModuleCode
      this.#compiled.set(file, code)
    }
    return code
  }
}

/** Bundles for Convex's runtime import nothing, except in code that handles the failure. */
function refuseModule(name: string): never {
  throw new Error(`Could not resolve "${name}"`)
}
