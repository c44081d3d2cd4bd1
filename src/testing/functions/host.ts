/** The deployment's side of the threads in which functions run. */
import type { FunctionsBundle } from './bundle.ts'
import type { ComponentSource } from './components.ts'
import type { FunctionsDescription } from './description.ts'
import type { ThreadCall, ThreadOutcome } from './functions-thread.ts'
import type { FunctionsHostOptions, LimitOptions, Limits, StartOptions } from './host-options.ts'
import type { RuntimeKind } from './kinds.ts'
import type {
  Environments,
  FunctionCall,
  HttpCall,
  LogLine,
} from './messages.ts'
import type { SyscallHandler } from './syscall-handler.ts'
import { bundleFunctions } from './bundle.ts'
import { ACTION_INTERRUPTED, unawaitedOperations } from './convex-words.ts'
import { takeEarlyWorker } from './early-worker.ts'
import { componentEnvironments } from './environment.ts'
import { plainError } from './function-error.ts'
import { FunctionsThread } from './functions-thread.ts'
import { FunctionsWorker, workerOptions } from './functions-worker.ts'
import { Watchdog } from './watchdog.ts'

/**
 * A call without its id, which the host assigns. By default, `rootId` is the id of the call itself.
 */
export type CallRequest
  = | Omit<FunctionCall, 'callId' | 'rootId'> & { rootId?: number }
    | Omit<HttpCall, 'callId' | 'rootId'> & { rootId?: number }

export interface CallResult {
  /**
   * `interrupted`: the thread was ended because of another call. If this call is a query or a
   * mutation, it must run again from the start.
   */
  outcome: ThreadOutcome
  /** The lines that the call itself has written, without those of nested calls. */
  logLines: LogLine[]
  /** `true` if the result depends on the time or a random value, so that it must not be cached. */
  readsTime: boolean
}

/** A call that runs. */
export interface RunningCall {
  callId: number
  result: Promise<CallResult>
  /** Resolves when a streamed body has ended too. */
  ended: Promise<void>
}

/**
 * The loaded functions, and the threads in which they run.
 *
 * @example
 * const host = await FunctionsHost.start('/app/convex', { variables: { SITE_URL: 'http://localhost:5173' } })
 * const call = { kind: 'query', component: '', module: 'tasks', export: 'list', ...inputs }
 * const { result } = host.invoke(call, handler)
 */
export class FunctionsHost {
  /** The app and the components that it installs. */
  readonly sources: ComponentSource[]
  readonly description: FunctionsDescription
  readonly #threads: Map<RuntimeKind, FunctionsThread>
  readonly #runtimes: Map<string, RuntimeKind>
  readonly #watchdog: Watchdog
  #lastId = 0

  private constructor(bundle: FunctionsBundle, { threads, description, limits = 'enforce' }: LoadedThreads) {
    this.#threads = threads
    this.sources = bundle.sources
    this.description = description
    this.#runtimes = new Map(description.components.flatMap(({ path, functions }) =>
      functions.map(({ module, runtime }) => [`${path}\0${module}`, runtime])))
    this.#watchdog = new Watchdog(limits)
  }

  /**
   * Starts the threads and evaluates all modules.
   *
   * @throws ConvueError `FUNCTIONS_INVALID` if a module cannot be evaluated.
   */
  static async load(bundle: FunctionsBundle, options: FunctionsHostOptions): Promise<FunctionsHost> {
    return await FunctionsHost.#load(bundle, startWorker('default', options), options)
  }

  /**
   * Bundles a functions folder while its thread starts, and evaluates all modules.
   *
   * @throws ConvueError `FUNCTIONS_INVALID` for functions that Convex would refuse.
   */
  static async start(functions: string, options: StartOptions): Promise<FunctionsHost> {
    const worker = takeEarlyWorker() ?? startWorker('default', options)
    try {
      const bundling = bundleFunctions(functions, options.moduleState)
      const [bundle, variables] = await Promise.all([bundling, options.variables])
      const environments = componentEnvironments(bundle.sources, variables)
      return await FunctionsHost.#load(bundle, worker, { ...options, environments })
    }
    catch (error) {
      await worker.end()
      throw error
    }
  }

  static async #load(
    bundle: FunctionsBundle,
    worker: FunctionsWorker,
    options: FunctionsHostOptions,
  ): Promise<FunctionsHost> {
    const threads = new Map(bundle.runtimes.map((runtime) => {
      const threadOptions = { clockAheadMs: 0, ...options, ...workerOptions(runtime, options) }
      const own = runtime === 'default' ? worker : new FunctionsWorker(threadOptions)
      return [runtime, new FunctionsThread(bundle, own, threadOptions)]
    }))
    try {
      const descriptions = await Promise.all([...threads.values()].map(thread => thread.loaded()))
      const description = mergeDescriptions(descriptions)
      return new FunctionsHost(bundle, { threads, description, limits: options.limits })
    }
    catch (error) {
      await Promise.all([...threads.values()].map(thread => thread.dispose()))
      throw error
    }
  }

  /** Runs a function. If the function calls others, these calls have to pass the same `rootId`. */
  invoke(request: CallRequest, handler: SyscallHandler): RunningCall {
    const callId = ++this.#lastId
    const call = { ...request, callId, rootId: request.rootId ?? callId }
    const thread = this.#threadOf(call)
    const logLines: LogLine[] = []
    const onLog = (line: LogLine): void => {
      logLines.push(line)
      handler.onLog?.(line)
    }
    const running = thread.start(call, { ...handler, onLog })
    this.#watchdog.watch(thread, running)
    return { callId, result: this.#resultOf(running, logLines), ended: running.ended }
  }

  /** Sets the clock of the functions forward. Timers of actions that are then due fire. */
  advanceClock(ms: number): void {
    this.#threads.forEach(thread => thread.advanceClock(ms))
    this.#watchdog.advanceClock(ms)
  }

  setEnvironments(environments: Environments): void {
    this.#threads.forEach(thread => thread.setEnvironments(environments))
  }

  /** Ends the threads once no call runs. */
  async disposeWhenIdle(): Promise<void> {
    await Promise.all([...this.#threads.values()].map(thread => thread.idle()))
    await this.dispose()
  }

  /** Ends the threads. Calls that run are interrupted. */
  async dispose(): Promise<void> {
    this.#watchdog.stop()
    await Promise.all([...this.#threads.values()].map(thread => thread.dispose()))
  }

  async #resultOf(running: ThreadCall, logLines: LogLine[]): Promise<CallResult> {
    const { outcome, unawaited, readsTime } = await running.result
    if (unawaited)
      running.warn(unawaitedOperations(unawaited.count, unawaited.operations))
    if (outcome.status === 'interrupted' && running.isAction)
      return { outcome: { status: 'error', error: plainError(ACTION_INTERRUPTED) }, logLines, readsTime }
    return { outcome, logLines, readsTime }
  }

  #threadOf(call: FunctionCall | HttpCall): FunctionsThread {
    const runtime = call.kind === 'httpAction' ? 'default' : this.#runtimes.get(`${call.component}\0${call.module}`)
    return this.#threads.get(runtime ?? 'default')!
  }
}

interface LoadedThreads {
  threads: Map<RuntimeKind, FunctionsThread>
  description: FunctionsDescription
  limits: Limits | undefined
}

function startWorker(runtime: RuntimeKind, options: LimitOptions): FunctionsWorker {
  return new FunctionsWorker(workerOptions(runtime, options))
}

/** The functions of both runtimes, by component. */
function mergeDescriptions(descriptions: FunctionsDescription[]): FunctionsDescription {
  const [first, ...others] = descriptions as [FunctionsDescription, ...FunctionsDescription[]]
  const components = first.components.map((component) => {
    const same = others.flatMap(other => other.components.filter(({ path }) => path === component.path))
    return { ...component, functions: [component, ...same].flatMap(({ functions }) => functions) }
  })
  return { ...first, components }
}
