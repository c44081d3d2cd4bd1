/** The deployment's clock, timers included, which tests can move forward. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { promisify } from 'node:util'

/** Node fires at once what is set further ahead than this. */
const LONGEST_DELAY = 2 ** 31 - 1

/**
 * The context that nothing has run in yet: work that a transaction sets off, but that is not part
 * of it, runs here.
 */
export const inCleanContext = AsyncLocalStorage.snapshot()

const detached = new AsyncLocalStorage<boolean>()

const nativeDate = Date
const nativeSetTimeout = globalThis.setTimeout
const nativeClearTimeout = globalThis.clearTimeout
const nativeClearInterval = globalThis.clearInterval

type Callback = (...args: unknown[]) => void

/**
 * What the clock's `setTimeout` returns. It has all methods of Node's own `Timeout`: libraries use
 * them, as `fetch` uses `refresh`.
 */
class ClockTimeout implements Disposable {
  /** When it fires next, by the clock. */
  deadline!: number
  /** The number that stands for it, once one was read. */
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

  /** Starts the delay again, also after the timeout has fired. */
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
   * A number that `clearTimeout` accepts in the place of this object. Node's own numbers are never
   * used twice.
   */
  [Symbol.toPrimitive](): number {
    return this.id ??= Number(this.#native)
  }

  /** Waits for the time that is left. */
  arm(): void {
    nativeClearTimeout(this.#native)
    const onTime = (): void => {
      if (this.deadline > this.#clock.now())
        return this.arm()
      this.#clock.pending.delete(this)
      this.#fire()
    }
    this.#native = nativeSetTimeout(onTime, Math.min(this.deadline - this.#clock.now(), LONGEST_DELAY))
    if (!this.#isReferenced)
      this.#native.unref()
  }
}

/**
 * The time of one deployment, which a test can set forward. `install` makes it the time of
 * everything in this thread: `Date` and `setTimeout` of the functions, of the scheduler, of the
 * pings. The thread is the deployment's own, so nothing else is touched.
 */
class Clock {
  /** The timeouts that have yet to fire. */
  readonly pending = new Set<ClockTimeout>()
  #ahead = 0

  /** Milliseconds since 1970 as the deployment believes. */
  now(): number {
    return nativeDate.now() + this.#ahead
  }

  /** Whether a timer is due and has not fired yet. */
  get isOverdue(): boolean {
    return [...this.pending].some(({ deadline }) => deadline <= this.now())
  }

  /** Sets the time forward. What becomes due by it fires next, in order. */
  advance(ms: number): void {
    this.#ahead += ms
    for (const timeout of [...this.pending].sort((a, b) => a.deadline - b.deadline))
      timeout.arm()
  }

  /** Runs `body` so that the timers it sets fire outside of its async context. */
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
    const set = (callback: Callback, delay: unknown, ...args: unknown[]): ClockTimeout => new ClockTimeout(this, callback, delay, args)
    const sleep = (delay: unknown, value: unknown): Promise<unknown> => new Promise(resolve => set(resolve, delay, value))
    globalThis.setTimeout = new Proxy(nativeSetTimeout, {
      // Node refuses a callback that is not a function.
      apply: (target, self, args) => Reflect.apply(typeof args[0] === 'function' ? set : target, self, args),
      get: (target, key) => key === promisify.custom ? sleep : Reflect.get(target, key),
    })
    globalThis.clearTimeout = handle => this.#clear(handle, nativeClearTimeout)
    globalThis.clearInterval = handle => this.#clear(handle, nativeClearInterval)
  }

  /** Node's own functions clear what Node set, such as an interval. */
  #clear<Handle>(handle: Handle, clearNative: (handle: Handle) => void): void {
    const timeout = handle instanceof ClockTimeout ? handle : this.#find(handle)
    if (timeout)
      timeout.close()
    else
      clearNative(handle)
  }

  #find(id: unknown): ClockTimeout | undefined {
    return typeof id === 'number' || typeof id === 'string'
      ? [...this.pending].find(timeout => timeout.id === Number(id))
      : undefined
  }
}

/** The clock of this thread's deployment. */
export const clock = new Clock()
