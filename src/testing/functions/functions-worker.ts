/** One worker in which functions run, from its start to its end. */
import type { Transferable } from 'node:worker_threads'
import type { FunctionsBundle } from './bundle.ts'
import type { FunctionsDescription } from './description.ts'
import type { LimitOptions } from './host-options.ts'
import type { RuntimeKind } from './kinds.ts'
import type { HostMessage, LoadMessage, SyscallAnswer, ThreadMessage, ThreadSettings } from './messages.ts'
import process from 'node:process'
import { MessageChannel, Worker } from 'node:worker_threads'
import { testingError } from '../testing-error.ts'
import { deferred } from './deferred.ts'
import { describeLoadProblem } from './load-problem.ts'
import { MessageBatch } from './message-batch.ts'
import { SharedState } from './shared-state.ts'
import { ACTION_MS } from './time-limits.ts'

/** The modules must be evaluated within this time. */
const LONGEST_LOAD_MS = 60_000

/**
 * The memory of a worker. For old objects, this is more than Convex allows: the limit only prevents
 * that one function ends the whole process. By default, V8 would collect new objects only at four
 * times this size.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 12 }

/**
 * Node 22 calls a hook for each promise of a thread that uses `AsyncLocalStorage`, unless this flag
 * is set. Later versions of Node never do.
 */
const CONTEXT_FLAGS = ['--experimental-async-context-frame']
  .filter(flag => process.version.startsWith('v22.') && process.allowedNodeEnvironmentFlags.has(flag))

/** The settings of a worker that do not depend on the bundle. */
export interface WorkerOptions {
  runtime: RuntimeKind
  /** The time limit of an action on the deployment's clock, in ms. */
  longestActionMs: number
}

export function workerOptions(runtime: RuntimeKind, options: LimitOptions): WorkerOptions {
  const { limits = 'enforce' } = options
  return { runtime, longestActionMs: limits === 'enforce' ? ACTION_MS : Infinity }
}

/** A message about a call. */
export type CallMessage = Exclude<ThreadMessage, { type: 'loaded' | 'notLoaded' }>

/** The receiver of a worker's messages. */
export interface WorkerListener {
  onMessage: (message: CallMessage) => void
  /** Called if the worker has ended without a call of `end`, because of its memory or its code. */
  onExit: (reason: string) => void
}

/** A worker. It may be started before the functions are bundled. */
export class FunctionsWorker {
  readonly runtime: RuntimeKind
  readonly #shared = new SharedState()
  readonly #syncAnswers: MessageChannel['port1']
  readonly #worker: Worker
  readonly #outbox: MessageBatch<HostMessage>
  readonly #loaded = deferred<FunctionsDescription>()
  #bundle: FunctionsBundle | undefined
  #listener: WorkerListener | undefined
  #isLoaded = false
  #isEnded = false
  /** The messages that wait until the functions are loaded. */
  #queue: { message: HostMessage, transfer: Transferable[] }[] = []

  constructor({ runtime, longestActionMs }: WorkerOptions) {
    const { port1, port2 } = new MessageChannel()
    const shared = this.#shared.buffer
    const workerData: ThreadSettings = { runtime, longestActionMs, shared, syncAnswers: port2 }
    // The repository's sources run without a build. In the package, the code of the thread is next
    // to this module.
    const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './testing-functions.js'
    this.runtime = runtime
    this.#syncAnswers = port1
    this.#worker = new Worker(new URL(file, import.meta.url), {
      env: {},
      execArgv: ['--no-warnings', ...CONTEXT_FLAGS],
      resourceLimits: RESOURCE_LIMITS,
      workerData,
      transferList: [port2],
    })
    this.#outbox = new MessageBatch(
      (messages, transfer) => this.#worker.postMessage(messages, transfer),
      flush => process.nextTick(flush),
    )
    this.#worker.on('message', (messages: ThreadMessage[]) => messages.forEach(message => this.#receive(message)))
    this.#worker.on('error', error => this.#onExit(error))
    this.#worker.on('exit', () => this.#onExit(new Error('The function has ended its process')))
    // If the promise is rejected before a caller awaits it, Node must not report an unhandled
    // rejection.
    this.#loaded.promise.catch(() => {})
  }

  /** The call whose code runs now, and the number of turns so far. See `SharedState`. */
  get turn(): { callId: number, count: number } {
    return this.#shared.turn
  }

  /** The time for which the worker has waited for events. Does not change while code runs. */
  get idleMs(): number {
    return this.#worker.performance.eventLoopUtilization().idle
  }

  /** The time that the processor has spent on the worker, if this version of Node measures it. */
  async cpuMs(): Promise<number | undefined> {
    const measure = this.#worker.cpuUsage as Worker['cpuUsage'] | undefined
    const usage = await measure?.call(this.#worker).catch(() => undefined)
    return usage && (usage.user + usage.system) / 1000
  }

  /**
   * Evaluates the modules of a bundle.
   *
   * @throws ConvueError `FUNCTIONS_INVALID` if a module cannot be evaluated.
   */
  async load(bundle: FunctionsBundle, message: LoadMessage, listener: WorkerListener): Promise<FunctionsDescription> {
    this.#bundle = bundle
    this.#listener = listener
    this.#outbox.add(message)
    const timer = setTimeout(() => {
      this.#fail('a module was still being evaluated after a minute')
      void this.end()
    }, LONGEST_LOAD_MS)
    try {
      return await this.#loaded.promise
    }
    finally {
      clearTimeout(timer)
    }
  }

  send(message: HostMessage, transfer: Transferable[] = []): void {
    if (this.#isLoaded)
      this.#outbox.add(message, transfer)
    else
      this.#queue.push({ message, transfer })
  }

  /** Answers a synchronous system call. The worker is blocked until then. */
  answerSync(answer: SyscallAnswer): void {
    this.#syncAnswers.postMessage(answer)
    this.#shared.announceAnswer()
  }

  /** Ends the worker, even if its code is in an endless loop. */
  async end(): Promise<void> {
    this.#isEnded = true
    this.#loaded.reject(testingError('DEPLOYMENT_CLOSED'))
    await this.#worker.terminate()
  }

  #receive(message: ThreadMessage): void {
    if (this.#isEnded)
      return
    if (message.type === 'loaded') {
      this.#isLoaded = true
      this.#queue.forEach(({ message, transfer }) => this.#outbox.add(message, transfer))
      this.#queue = []
      this.#loaded.resolve(message.description)
    }
    else if (message.type === 'notLoaded') {
      this.#loaded.reject(testingError('FUNCTIONS_INVALID', describeLoadProblem(message.problem, this.#bundle!)))
    }
    else {
      this.#listener?.onMessage(message)
    }
  }

  #onExit(error: Error): void {
    if (this.#isEnded)
      return
    this.#isEnded = true
    this.#fail(error.stack)
    if (this.#isLoaded)
      this.#listener?.onExit(error.message)
  }

  #fail(stack: string | undefined): void {
    this.#loaded.reject(testingError('FUNCTIONS_INVALID', { kind: 'notEvaluated', stack }))
  }
}
