/** Evaluates the modules of an app and its components, and describes their functions. */
import type { CallEnvironment } from './call-environment.ts'
import type { DescribedComponent, DescribedFunction, FunctionsDescription } from './description.ts'
import type { RuntimeKind } from './kinds.ts'
import type { FunctionAddress, LoadMessage, LoadProblem } from './messages.ts'
import type { FunctionModule, RegisteredFunction, Router } from './registered.ts'
import { pathToFileURL } from 'node:url'
import { CallFrame, frames } from './call-frame.ts'
import { onlyActionsInNode } from './convex-words.ts'
import { isExportable, isRegisteredFunction, isRouter, kindOf } from './registered.ts'

/** The seed of `Math.random()` while modules are evaluated. */
export const IMPORT_SEED = 1

/** The error for a module that cannot be evaluated, or that has an export that Convex refuses. */
export class LoadError extends Error {
  readonly problem: LoadProblem

  constructor(problem: LoadProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** The evaluated modules of a thread. */
export class LoadedModules {
  /** The modules of each component, by path and name. */
  readonly #components = new Map<string, Map<string, FunctionModule>>()

  set(component: string, modules: Map<string, FunctionModule>): void {
    this.#components.set(component, modules)
  }

  function({ component, module, export: name }: FunctionAddress): RegisteredFunction | undefined {
    const value = this.#components.get(component)?.get(module)?.[name]
    return isRegisteredFunction(value) ? value : undefined
  }

  router(component: string): Router | undefined {
    const value = this.#components.get(component)?.get('http')?.default
    return isRouter(value) ? value : undefined
  }
}

interface LoadResult {
  modules: LoadedModules
  description: FunctionsDescription
}

interface LoaderThread {
  environment: CallEnvironment
  runtime: RuntimeKind
}

/** The place of a module, for messages and descriptions. */
type ModulePlace = Pick<FunctionAddress, 'component' | 'module'>

/** Evaluates all modules, those of the app first. */
export async function loadModules({ components, authConfig }: LoadMessage, thread: LoaderThread): Promise<LoadResult> {
  const { environment, runtime } = thread
  const modules = new LoadedModules()
  const described: DescribedComponent[] = []
  for (const component of components) {
    const loaded = new Map<string, FunctionModule>()
    for (const [name, file] of Object.entries(component.modules))
      loaded.set(name, await evaluate({ component: component.path, module: name }, file))
    const schema = component.schema === null
      ? null
      : await evaluate({ component: component.path, module: 'schema' }, component.schema)
    modules.set(component.path, loaded)
    const functions = [...loaded].flatMap(([name, exports]) =>
      describeModule({ component: component.path, module: name }, { exports, runtime }))
    described.push({ path: component.path, functions, ...describeSpecialModules(component.path, loaded, schema) })
  }
  const unset = new Set<string>()
  environment.onUnset = name => unset.add(name)
  const config = authConfig && await evaluate({ component: '', module: 'auth.config' }, authConfig)
  environment.onUnset = undefined
  return {
    modules,
    description: {
      components: described,
      authConfig: config ? { json: JSON.stringify(config.default), unsetVariables: [...unset] } : null,
    },
  }
}

async function evaluate({ component, module }: ModulePlace, file: string): Promise<FunctionModule> {
  const frame = new CallFrame({ callId: 0, kind: 'import', component, now: Date.now(), seed: IMPORT_SEED })
  try {
    return await frames.run(frame, () => import(pathToFileURL(file).href) as Promise<FunctionModule>)
  }
  catch (error) {
    const message = error instanceof Error ? error.stack ?? error.message : String(error)
    throw new LoadError({ component, module, kind: 'notEvaluated', message })
  }
}

function describeModule(place: ModulePlace, { exports, runtime }: EvaluatedModule): DescribedFunction[] {
  const { component, module } = place
  const functions: DescribedFunction[] = []
  for (const [name, value] of Object.entries(exports)) {
    const kind = isRegisteredFunction(value) ? kindOf(value) : undefined
    if (!isRegisteredFunction(value) || kind === undefined)
      continue
    if (runtime === 'node' && kind !== 'action')
      throw new LoadError({ component, module, kind: 'notAnAction', message: onlyActionsInNode(name, module, kind) })
    functions.push({
      name: `${module}:${name}`,
      module,
      export: name,
      kind,
      visibility: value.isPublic ? 'public' : 'internal',
      runtime,
      argsValidator: value.exportArgs(),
      returnsValidator: nullIfUnset(value.exportReturns()),
    })
  }
  return functions
}

interface EvaluatedModule {
  exports: FunctionModule
  runtime: RuntimeKind
}

/** `convex/server` writes the JSON `null` for a function without a validator. */
function nullIfUnset(validator: string): string | null {
  return validator === 'null' ? null : validator
}

type SpecialModules = Pick<DescribedComponent, 'schemaJson' | 'cronsJson' | 'routes'>

/** Describes the default exports of `schema`, `crons` and `http`, which are not functions. */
function describeSpecialModules(
  component: string,
  loaded: Map<string, FunctionModule>,
  schema: FunctionModule | null,
): SpecialModules {
  const invalid = (module: string, message: string): LoadError =>
    new LoadError({ component, module, kind: 'invalidExport', message })
  const definition = schema?.default
  if (schema && !isExportable(definition))
    throw invalid('schema', 'The default export of `schema.js` is not a schema.')
  const crons = loaded.get('crons')
  if (crons && !isExportable(crons.default))
    throw invalid('crons', '`crons.js` must have a default export of a Crons object.')
  const http = loaded.get('http')
  if (http && !('default' in http))
    throw invalid('http', '`http.js` must have a default export of a Router.')
  const router = http?.default
  if (http && !isRouter(router))
    throw invalid('http', 'The default export of `http.js` is not a Router.')
  return {
    schemaJson: isExportable(definition) ? definition.export() : null,
    cronsJson: isExportable(crons?.default) ? crons.default.export() : null,
    routes: isRouter(router) ? router.getRoutes().map(([path, method]) => ({ path, method })) : null,
  }
}
