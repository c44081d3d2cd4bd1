/** The deployment's clock and its timers. Tests can set the clock forward. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { promisify } from 'node:util'

/** The longest delay of Node's timers. A timer with a longer delay would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1

/**
 * An async context without any transaction. Work that a transaction starts, but that is not part of
 * the transaction, runs in this context.
 */
export const inCleanContext = AsyncLocalStorage.snapshot()

const detached = new AsyncLocalStorage<boolean>()

const nativeDate = Date
const nativeSetTimeout = globalThis.setTimeout
const nativeClearTimeout = globalThis.clearTimeout
const nativeClearInterval = globalThis.clearInterval

type Callback = (...args: unknown[]) => void

/**
 * The return value of the clock's `setTimeout`. It has all methods of Node's own `Timeout`, since
 * libraries use them: `fetch` uses `refresh`, for example.
 */
class ClockTimeout implements Disposable {
  /** The time at which the timeout fires next, on this clock. */
  deadline!: number
  /** The number that identifies the timeout, once the timeout has been converted to a number. */
  id: number | undefined
  readonly #clock: Clock
  readonly #delay: number
  readonly #fire: () => void
  #native: NodeJS.Timeout | undefined
  #isReferenced = true
  #isClosed = false

  constructor(clock: Clock, callback: Callback, delay: unknown, args: unknown[]) {
    const call = (): void => callback.apply(this, args)
    this.#clock = clock
    this.#delay = Math.max(0, Number(delay) || 0)
    this.#fire = detached.getStore() ? () => inCleanContext(call) : AsyncLocalStorage.bind(call)
    this.refresh()
  }

  /** Starts the delay again, even after the timeout has fired. */
  refresh(): this {
    if (this.#isClosed)
      return this
    this.deadline = this.#clock.now() + this.#delay
    this.#clock.pending.add(this)
    this.arm()
    return this
  }

  ref(): this {
    this.#isReferenced = true
    this.#native!.ref()
    return this
  }

  unref(): this {
    this.#isReferenced = false
    this.#native!.unref()
    return this
  }

  hasRef(): boolean {
    return this.#isReferenced
  }

  close(): this {
    this.#isClosed = true
    this.#clock.pending.delete(this)
    nativeClearTimeout(this.#native)
    return this
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * A number that `clearTimeout` accepts instead of this object. It is the number of Node's own
   * timer, so no other timeout has it.
   */
  [Symbol.toPrimitive](): number {
    return this.id ??= Number(this.#native)
  }

  /** Starts a timer of Node for the remaining time. */
  arm(): void {
    nativeClearTimeout(this.#native)
    const onTime = (): void => {
      if (this.deadline > this.#clock.now())
        return this.arm()
      this.#clock.pending.delete(this)
      this.#fire()
    }
    const remaining = Math.max(0, this.deadline - this.#clock.now())
    this.#native = nativeSetTimeout(onTime, Math.min(remaining, LONGEST_DELAY))
    if (!this.#isReferenced)
      this.#native.unref()
  }
}

/**
 * The time of one deployment, which a test can set forward. `install` replaces `Date` and
 * `setTimeout` of this thread, which the functions, the scheduler and the pings use. Only the
 * deployment runs in this thread, so no other code is affected.
 */
class Clock {
  /** The timeouts that have not fired yet. */
  readonly pending = new Set<ClockTimeout>()
  #ahead = 0

  /** Milliseconds since 1970, on the deployment's clock. */
  now(): number {
    return nativeDate.now() + this.#ahead
  }

  /** The time by which the clock is ahead of the machine's clock, in milliseconds. */
  get ahead(): number {
    return this.#ahead
  }

  /** Returns whether a timer is due and has not fired yet. */
  get isOverdue(): boolean {
    return [...this.pending].some(({ deadline }) => deadline <= this.now())
  }

  /** Sets the time forward. Timers that are then due fire next, in order. */
  advance(ms: number): void {
    this.#ahead += ms
    for (const timeout of [...this.pending].sort((a, b) => a.deadline - b.deadline))
      timeout.arm()
  }

  /** Runs `body`. Timers that `body` sets fire outside of its async context. */
  detached<Result>(body: () => Result): Result {
    return detached.run(true, body)
  }

  install(): void {
    const now = (): number => this.now()
    globalThis.Date = new Proxy(nativeDate, {
      construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
      apply: target => String(Reflect.construct(target, [now()])),
      get: (target, key) => key === 'now' ? now : Reflect.get(target, key),
    })
    const set = (callback: Callback, delay: unknown, ...args: unknown[]): ClockTimeout => {
      return new ClockTimeout(this, callback, delay, args)
    }
    const sleep = (delay: unknown, value: unknown): Promise<unknown> => {
      return new Promise(resolve => set(resolve, delay, value))
    }
    globalThis.setTimeout = new Proxy(nativeSetTimeout, {
      // Node refuses a callback that is not a function.
      apply: (target, self, args) => Reflect.apply(typeof args[0] === 'function' ? set : target, self, args),
      get: (target, key) => key === promisify.custom ? sleep : Reflect.get(target, key),
    })
    globalThis.clearTimeout = handle => this.#clear(handle, nativeClearTimeout)
    globalThis.clearInterval = handle => this.#clear(handle, nativeClearInterval)
  }

  /** Uses Node's own functions to clear timers that Node has set, such as an interval. */
  #clear<Handle>(handle: Handle, clearNative: (handle: Handle) => void): void {
    const timeout = handle instanceof ClockTimeout ? handle : this.#find(handle)
    if (timeout)
      timeout.close()
    else
      clearNative(handle)
  }

  #find(id: unknown): ClockTimeout | undefined {
    if (typeof id !== 'number' && typeof id !== 'string')
      return undefined
    return [...this.pending].find(timeout => timeout.id === Number(id))
  }
}

/** The clock of this thread's deployment. */
export const clock = new Clock()
