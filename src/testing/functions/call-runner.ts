/** Runs the calls of a functions thread, and reports their outcomes. */
import type { ThreadClock } from './call-clock.ts'
import type { CallOutcome, FunctionCall, HttpCall, ThreadMessage, UnawaitedWork } from './messages.ts'
import type { RegisteredFunction } from './registered.ts'
import type { SharedState } from './shared-state.ts'
import { CallFrame, frames } from './call-frame.ts'
import { NEVER_RESOLVES } from './convex-words.ts'
import { describeError, plainError } from './function-error.ts'
import { toRequest, toResponseMessage } from './http-call.ts'
import { LoadedModules } from './module-loader.ts'

const native = { setImmediate, setInterval, clearInterval }

const STUCK_CHECK_MS = 100
/**
 * A call counts as stuck after this number of checks that find no operation of the call. One check
 * is not enough, since Node may be reading a `Blob` for the call.
 */
const STUCK_CHECKS = 3

/** The parts of a thread that the runner needs. */
export interface RunnerThread {
  send: (message: ThreadMessage, transfer?: ReadableStream[]) => void
  /** Sends the messages of this turn now. */
  flush: () => void
  shared: SharedState
  clock: ThreadClock
  /** The time limit of an action on the deployment's clock, in ms. */
  longestActionMs: number
  /** Called when the call has ended. */
  onEnd: (callId: number) => void
}

/** A call, and a function that fails it from outside. */
interface RunningCall {
  frame: CallFrame
  fail: (outcome: CallOutcome) => void
  /** The number of successive checks that have found no running operation of the call. */
  quietChecks: number
}

/** The modules of a thread, which may be evaluated for each call. */
export type CallModules = Pick<LoadedModules, 'function' | 'router'>

export class CallRunner {
  modules: CallModules = new LoadedModules()
  readonly #thread: RunnerThread
  readonly #running = new Map<number, RunningCall>()
  #stuckCheck: NodeJS.Timeout | undefined
  #isIdleDue = false

  constructor(thread: RunnerThread) {
    this.#thread = thread
  }

  /** Returns whether several calls run. */
  get isBusy(): boolean {
    return this.#running.size > 1
  }

  /** Records that the code of a call runs until the thread returns to its event loop. */
  startTurn(callId: number): void {
    this.#thread.shared.startTurn(callId)
    if (this.#isIdleDue)
      return
    this.#isIdleDue = true
    native.setImmediate(() => {
      this.#isIdleDue = false
      this.#thread.shared.startTurn(0)
    })
  }

  async run(call: FunctionCall | HttpCall): Promise<void> {
    const frame = new CallFrame({ ...call, component: call.component })
    const failed = new Promise<CallOutcome>(fail => this.#running.set(call.callId, { frame, fail, quietChecks: 0 }))
    frame.onContinue = () => this.startTurn(call.callId)
    if (!frame.isDeterministic)
      frame.endsAt = this.#thread.clock.now() + this.#thread.longestActionMs
    this.#watch()
    this.startTurn(call.callId)
    const ended = frames.run(frame, () => this.#start(call, frame))
    const outcome = await Promise.race([ended, failed])
    if (!frame.isEnded && !this.#isStreaming(outcome))
      this.#end(frame, outcome)
  }

  /** Fails a call whose code may still run. */
  fail(callId: number, outcome: CallOutcome): void {
    this.#running.get(callId)?.fail(outcome)
  }

  /** Ends a call without an outcome: the deployment has already failed it. */
  abandon(callId: number): void {
    const running = this.#running.get(callId)
    if (running === undefined)
      return
    this.#forget(running.frame)
    // This outcome is not sent, because the call has ended.
    running.fail({ status: 'noRoute' })
  }

  #start(call: FunctionCall | HttpCall, frame: CallFrame): Promise<CallOutcome> {
    if (call.kind === 'httpAction')
      return this.#runHttp(call, frame)
    return this.#runFunction(call, frame)
  }

  async #runFunction(call: FunctionCall, frame: CallFrame): Promise<CallOutcome> {
    const outcome = await this.#invoke(call)
    // Like Convex, waits for all operations that a query or mutation has started.
    while (frame.isDeterministic && !await this.#isQuiet(frame))
      await new Promise<void>(resolve => frame.onQuiet = resolve)
    return outcome
  }

  async #invoke(call: FunctionCall): Promise<CallOutcome> {
    try {
      const registered = this.#evaluate(call.callId, () => this.modules.function(call))
      if (registered === undefined)
        throw new Error(`Could not find function for '${call.module}:${call.export}'.`)
      return { status: 'success', json: await invokeRegistered(registered, call) }
    }
    catch (error) {
      return { status: 'error', error: describeError(error) }
    }
  }

  async #runHttp(call: HttpCall, frame: CallFrame): Promise<CallOutcome> {
    try {
      const router = this.#evaluate(call.callId, () => this.modules.router(call.component))
      const match = router?.lookup(call.routePath, call.request.method)
      if (!match)
        return { status: 'noRoute' }
      const response = await match[0].invokeHttpAction!(toRequest(call.request))
      if (!(response instanceof Response))
        throw new TypeError('HTTP actions must return a Response')
      const { message, bodyEnded } = toResponseMessage(response)
      const outcome: CallOutcome = { status: 'responded', response: message }
      if (bodyEnded === null)
        return outcome
      this.#send(frame, outcome, null)
      void bodyEnded.then(() => {
        this.#thread.send({ type: 'bodyEnded', callId: frame.callId })
        this.#forget(frame)
      })
      return outcome
    }
    catch (error) {
      return { status: 'error', error: describeError(error) }
    }
  }

  /** Evaluates modules for a call. This time does not count for the limit of the call. */
  #evaluate<Result>(callId: number, evaluation: () => Result): Result {
    this.#thread.shared.startTurn(0)
    try {
      return evaluation()
    }
    finally {
      this.startTurn(callId)
    }
  }

  #isStreaming(outcome: CallOutcome): boolean {
    return outcome.status === 'responded' && outcome.response.body !== null
  }

  #end(frame: CallFrame, outcome: CallOutcome): void {
    const unawaited = frame.isDeterministic ? null : frame.unawaited
    this.#forget(frame)
    this.#send(frame, outcome, unawaited)
  }

  #send(frame: CallFrame, outcome: CallOutcome, unawaited: UnawaitedWork | null): void {
    const body = outcome.status === 'responded' ? outcome.response.body : null
    const { callId, readsTime } = frame
    this.#thread.send({ type: 'result', callId, outcome, unawaited, readsTime }, body ? [body] : [])
    // An action cannot run again if the thread ends before the end of this turn.
    if (!frame.isDeterministic)
      this.#thread.flush()
  }

  #forget(frame: CallFrame): void {
    frame.end()
    this.#running.delete(frame.callId)
    this.#thread.onEnd(frame.callId)
  }

  /** Waits until the code that runs now has returned, since it may start further operations. */
  async #isQuiet(frame: CallFrame): Promise<boolean> {
    await new Promise<void>(resolve => native.setImmediate(resolve))
    return frame.isQuiet
  }

  /**
   * Fails queries and mutations that have not ended although none of their operations is running.
   */
  #watch(): void {
    if (this.#stuckCheck !== undefined)
      return
    this.#stuckCheck = native.setInterval(() => {
      for (const running of this.#running.values()) {
        const isQuiet = running.frame.isDeterministic && running.frame.isQuiet
        running.quietChecks = isQuiet ? running.quietChecks + 1 : 0
        if (running.quietChecks === STUCK_CHECKS)
          running.fail({ status: 'error', error: plainError(NEVER_RESOLVES) })
      }
      if (this.#running.size === 0) {
        native.clearInterval(this.#stuckCheck)
        this.#stuckCheck = undefined
      }
    }, STUCK_CHECK_MS)
  }
}

async function invokeRegistered(registered: RegisteredFunction, call: FunctionCall): Promise<string> {
  const { kind, requestId, argsJson } = call
  switch (kind) {
    case 'query':
      return await registered.invokeQuery!(argsJson)
    case 'mutation':
      return await registered.invokeMutation!(argsJson)
    case 'action':
      return await registered.invokeAction!(requestId, argsJson)
    default:
      return kind satisfies never
  }
}
