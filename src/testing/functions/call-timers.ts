/** `setTimeout` and `setInterval` as functions see them: on the deployment's clock. */
import type { ThreadClock } from './call-clock.ts'
import type { CallFrame } from './call-frame.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import { currentFrame, isPlatform } from './call-frame.ts'
import { notAtImportTime, notInQueriesAndMutations } from './convex-words.ts'

/** The longest delay of Node's timers. A timer with a longer delay would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1

const native = { setTimeout, clearTimeout, setInterval, clearInterval }

type Callback = (...args: unknown[]) => void

interface TimerOptions {
  name: 'setTimeout' | 'setInterval'
  callback: Callback
  delay: unknown
  args: unknown[]
}

/**
 * A timer of an action. It has the methods of Node's own timers, since libraries that are made for
 * several platforms use `unref`.
 */
class CallTimer implements Disposable {
  readonly id: number
  deadline!: number
  readonly #timers: CallTimers
  readonly #frame: CallFrame
  readonly #name: TimerOptions['name']
  readonly #delay: number
  readonly #fire: () => void
  #native: NodeJS.Timeout | undefined
  #isPending = false

  constructor(timers: CallTimers, frame: CallFrame, { name, callback, delay, args }: TimerOptions, id: number) {
    this.id = id
    this.#timers = timers
    this.#frame = frame
    this.#name = name
    this.#delay = Math.max(0, Number(delay) || 0)
    this.#fire = AsyncLocalStorage.bind(() => callback(...args))
    this.refresh()
  }

  /** Starts the delay again, even after the timer has fired. */
  refresh(): this {
    this.deadline = this.#timers.clock.now() + this.#delay
    if (!this.#isPending) {
      this.#isPending = true
      this.#timers.pending.set(this.id, this)
      this.#frame.timers.add(this.close)
      this.#frame.startOperation(this.#name)
    }
    this.arm()
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  readonly close = (): this => {
    native.clearTimeout(this.#native)
    if (this.#isPending) {
      this.#isPending = false
      this.#timers.pending.delete(this.id)
      this.#frame.timers.delete(this.close)
      this.#frame.endOperation(this.#name)
    }
    return this
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.toPrimitive](): number {
    return this.id
  }

  /** Starts a timer of Node for the remaining time. */
  arm(): void {
    native.clearTimeout(this.#native)
    const remaining = Math.max(0, this.deadline - this.#timers.clock.now())
    this.#native = native.setTimeout(() => this.#onTime(), Math.min(remaining, LONGEST_DELAY))
  }

  #onTime(): void {
    if (this.deadline > this.#timers.clock.now()) {
      this.arm()
      return
    }
    // The clock has been set forward past the timer and the end of the action. The action ends
    // first.
    if (this.deadline > this.#frame.endsAt)
      return
    if (this.#name === 'setInterval') {
      this.deadline = this.#timers.clock.now() + this.#delay
      this.arm()
    }
    else {
      this.close()
    }
    this.#timers.onTurn(this.#frame)
    this.#fire()
  }
}

/** The timers of all calls of a thread. */
export class CallTimers {
  readonly clock: ThreadClock
  readonly pending = new Map<number, CallTimer>()
  /** Called before the code of a call runs. */
  readonly onTurn: (frame: CallFrame) => void
  #lastId = 0

  constructor(clock: ThreadClock, onTurn: (frame: CallFrame) => void) {
    this.clock = clock
    this.onTurn = onTurn
  }

  /** Sets the time forward. Timers that are then due fire next, in order. */
  advance(ms: number): void {
    this.clock.advance(ms)
    for (const timer of [...this.pending.values()].sort((a, b) => a.deadline - b.deadline))
      timer.arm()
  }

  install(): void {
    globalThis.setTimeout = this.#setter('setTimeout')
    globalThis.setInterval = this.#setter('setInterval')
    globalThis.clearTimeout = handle => this.#clear(handle, native.clearTimeout)
    globalThis.clearInterval = handle => this.#clear(handle, native.clearInterval)
  }

  /** Code outside of calls, such as Node's own `fetch`, receives timers of Node. */
  #setter(name: TimerOptions['name']): any {
    const nativeSet = native[name] as (...args: unknown[]) => unknown
    return (callback: Callback, delay?: unknown, ...args: unknown[]): unknown => {
      const frame = currentFrame()
      if (frame === undefined || isPlatform())
        return nativeSet(callback, delay, ...args)
      if (frame.kind === 'import')
        throw notAtImportTime(name)
      if (frame.isDeterministic)
        throw notInQueriesAndMutations(name)
      if (typeof callback !== 'function')
        throw new TypeError(`${name} requires a function`)
      this.#lastId += 1
      // The call has been answered, so its code must not run any more.
      if (frame.isEnded)
        return this.#lastId
      return new CallTimer(this, frame, { name, callback, delay, args }, this.#lastId)
    }
  }

  /** Uses Node's own function for the timers of Node. */
  #clear<Handle>(handle: Handle, clearNative: (handle: Handle) => void): void {
    const timer = handle instanceof CallTimer ? handle : this.pending.get(Number(handle))
    if (timer instanceof CallTimer)
      timer.close()
    else
      clearNative(handle)
  }
}
