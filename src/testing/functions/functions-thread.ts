/** The calls of one runtime, and the worker that runs them. */
import type { Transferable } from 'node:worker_threads'
import type { FunctionsBundle } from './bundle.ts'
import type { FunctionsDescription } from './description.ts'
import type { CallMessage, WorkerOptions } from './functions-worker.ts'
import type {
  CallOutcome,
  Environments,
  FunctionCall,
  HttpCall,
  HttpResponseMessage,
  LoadMessage,
  SyscallAnswer,
  UnawaitedWork,
} from './messages.ts'
import type { SyscallHandler } from './syscall-handler.ts'
import { deferred } from './deferred.ts'
import { plainError } from './function-error.ts'
import { FunctionsWorker } from './functions-worker.ts'

export type ThreadOutcome = CallOutcome | { status: 'interrupted' }

interface ThreadResult {
  outcome: ThreadOutcome
  unawaited: UnawaitedWork | null
  readsTime: boolean
}

/** A call that a thread runs. */
export interface ThreadCall {
  readonly call: FunctionCall | HttpCall
  readonly isAction: boolean
  readonly result: Promise<ThreadResult>
  /** Resolves when a streamed body has ended too. */
  readonly ended: Promise<void>
  /** Ends the call with this outcome, even if its code is still running. */
  fail: (outcome: ThreadOutcome) => void
  /** Adds a line to the console of the call. */
  warn: (text: string) => void
}

interface ActiveCall extends ThreadCall {
  handler: SyscallHandler
  resolve: (result: ThreadResult) => void
  end: () => void
  body?: StreamedBody
}

/** The body of a response that is still being streamed. */
interface StreamedBody {
  /** Resolves when all parts have arrived and been read, or the stream has failed. */
  arrived: Promise<void>
  /** Ends the stream with an error. */
  abort: () => void
}

export interface ThreadOptions extends WorkerOptions {
  environments: Environments
  clockAheadMs: number
}

/** Runs calls in a worker. If the worker ends, another one takes its place. */
export class FunctionsThread {
  readonly #bundle: FunctionsBundle
  readonly #options: ThreadOptions
  readonly #active = new Map<number, ActiveCall>()
  #environments: Environments
  #clockAheadMs: number
  #worker: FunctionsWorker
  #loaded: Promise<FunctionsDescription>
  #loadError: Error | undefined
  #isDisposed = false

  constructor(bundle: FunctionsBundle, worker: FunctionsWorker, options: ThreadOptions) {
    this.#bundle = bundle
    this.#options = options
    this.#environments = options.environments
    this.#clockAheadMs = options.clockAheadMs
    this.#worker = worker
    this.#loaded = this.#load(worker)
  }

  /** Resolves when the functions are loaded. */
  async loaded(): Promise<FunctionsDescription> {
    return await this.#loaded
  }

  /** The call whose code runs now, and the number of turns so far. See `SharedState`. */
  get turn(): { callId: number, count: number } {
    return this.#worker.turn
  }

  /** The time for which the thread has waited for events. Does not change while code runs. */
  get idleMs(): number {
    return this.#worker.idleMs
  }

  /** The time that the processor has spent on the thread, if this version of Node measures it. */
  async cpuMs(): Promise<number | undefined> {
    return await this.#worker.cpuMs()
  }

  start(call: FunctionCall | HttpCall, handler: SyscallHandler): ThreadCall {
    const { promise: result, resolve } = deferred<ThreadResult>()
    const { promise: ended, resolve: end } = deferred<void>()
    const fail = (outcome: ThreadOutcome): void => {
      this.#worker.send({ type: 'abandon', callId: call.callId })
      this.#finish(call.callId, { outcome, unawaited: null, readsTime: true })
    }
    const warn = (text: string): void =>
      handler.onLog?.({ level: 'WARN', text: `[WARN] ${text}`, timestamp: Date.now() + this.#clockAheadMs })
    const isAction = call.kind === 'action' || call.kind === 'httpAction'
    const active: ActiveCall = { call, handler, isAction, result, ended, resolve, end, fail, warn }
    this.#active.set(call.callId, active)
    if (this.#loadError) {
      this.#refuse(this.#loadError)
      return active
    }
    const body = call.kind === 'httpAction' ? call.request.body : null
    this.#worker.send({ type: 'invoke', call }, body ? [body as unknown as Transferable] : [])
    return active
  }

  advanceClock(ms: number): void {
    this.#clockAheadMs += ms
    this.#worker.send({ type: 'advanceClock', ms })
  }

  setEnvironments(environments: Environments): void {
    this.#environments = environments
    this.#worker.send({ type: 'setEnvironments', environments })
  }

  /**
   * Ends the worker, even if its code is in an endless loop, and starts another one. All calls in
   * the old worker are interrupted.
   */
  async restart(): Promise<void> {
    const ended = this.#worker.end()
    this.#replaceWorker()
    await ended
  }

  /** Resolves once no call runs. */
  async idle(): Promise<void> {
    while (this.#active.size > 0)
      await Promise.all([...this.#active.values()].map(({ ended }) => ended))
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    const ended = this.#worker.end()
    this.#interrupt()
    await ended
  }

  #load(worker: FunctionsWorker): Promise<FunctionsDescription> {
    const message: LoadMessage = {
      type: 'load',
      components: this.#bundle.components[worker.runtime],
      authConfig: worker.runtime === 'default' ? this.#bundle.authConfig : null,
      compileCache: this.#bundle.compileCache,
      environments: this.#environments,
      clockAheadMs: this.#clockAheadMs,
    }
    const loaded = worker.load(this.#bundle, message, {
      onMessage: message => this.#receive(message),
      onExit: reason => this.#recover(reason),
    })
    loaded.catch((error) => {
      if (worker === this.#worker)
        this.#refuse(error)
    })
    return loaded
  }

  #replaceWorker(): void {
    this.#interrupt()
    this.#worker = new FunctionsWorker(this.#options)
    this.#loaded = this.#load(this.#worker)
  }

  /**
   * Starts another worker after the current one has ended unexpectedly. The call whose code was
   * running fails, since it has ended the worker, for example because it used too much memory.
   */
  #recover(reason: string): void {
    if (this.#isDisposed)
      return
    this.#fail(this.turn.callId, reason)
    this.#replaceWorker()
  }

  /** Fails all calls, since the functions cannot be loaded. */
  #refuse(error: Error): void {
    this.#loadError = error
    for (const callId of [...this.#active.keys()])
      this.#fail(callId, error.message)
  }

  #fail(callId: number, reason: string): void {
    const outcome = { status: 'error' as const, error: plainError(reason) }
    this.#finish(callId, { outcome, unawaited: null, readsTime: true })
  }

  #receive(message: CallMessage): void {
    const active = this.#active.get(message.callId)
    if (active === undefined) {
      // The worker is blocked until a synchronous system call is answered, even if the call has
      // failed.
      if (message.type === 'syncSyscall')
        this.#worker.answerSync({ ok: false, message: 'The call has ended.' })
      return
    }
    switch (message.type) {
      case 'syscall':
        void this.#answer(active, message)
        return
      case 'syncSyscall':
        this.#worker.answerSync(attempt(() => active.handler.syncSyscall(message)))
        return
      case 'closeQuery':
        active.handler.closeQuery?.(message.queryId)
        return
      case 'log':
        active.handler.onLog?.(message.line)
        return
      case 'result': {
        const { outcome, unawaited, readsTime } = message
        if (outcome.status === 'responded' && outcome.response.body !== null)
          startBody(active, outcome.response)
        else
          this.#finish(message.callId, { outcome, unawaited, readsTime })
        return
      }
      case 'bodyEnded':
        void this.#endAfterBody(active)
        return
      default:
        message satisfies never
    }
  }

  async #answer(active: ActiveCall, message: Extract<CallMessage, { type: 'syscall' }>): Promise<void> {
    const { syscallId, operation, json, bytes } = message
    const worker = this.#worker
    const answer = await active.handler.syscall({ operation, json, bytes }).catch(toFailure)
    // If another worker has been started in the meantime, it does not wait for this answer.
    if (worker === this.#worker && this.#active.has(active.call.callId))
      worker.send({ type: 'answer', syscallId, answer })
  }

  /**
   * The parts of a body arrive on a separate channel. Some may arrive after the message that the
   * worker has sent the last part. If the worker ended then, the body would never end.
   */
  async #endAfterBody(active: ActiveCall): Promise<void> {
    await active.body?.arrived
    this.#active.delete(active.call.callId)
    active.end()
  }

  #finish(callId: number, result: ThreadResult): void {
    const active = this.#active.get(callId)
    this.#active.delete(callId)
    active?.body?.abort()
    active?.resolve(result)
    active?.end()
  }

  #interrupt(): void {
    for (const callId of [...this.#active.keys()])
      this.#finish(callId, { outcome: { status: 'interrupted' }, unawaited: null, readsTime: true })
  }
}

/**
 * Resolves a call with a response whose body is still streamed. If the worker ends, the stream that
 * it has sent does not end. So the body is passed through a stream of this thread.
 */
function startBody(active: ActiveCall, response: HttpResponseMessage): void {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const controller = new AbortController()
  active.body = {
    // The reader of the body receives the error.
    arrived: response.body!.pipeTo(writable, { signal: controller.signal }).catch(() => {}),
    abort: () => controller.abort(new Error('The function has ended before its response')),
  }
  const outcome: ThreadOutcome = { status: 'responded', response: { ...response, body: readable } }
  active.resolve({ outcome, unawaited: null, readsTime: true })
}

function attempt(answer: () => SyscallAnswer): SyscallAnswer {
  try {
    return answer()
  }
  catch (error) {
    return toFailure(error)
  }
}

function toFailure(error: unknown): SyscallAnswer {
  return { ok: false, message: error instanceof Error ? error.message : String(error) }
}
