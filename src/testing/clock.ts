import { AsyncLocalStorage } from 'node:async_hooks'

/** Node fires at once what is set further ahead than this. */
const LONGEST_DELAY = 2 ** 31 - 1

/** The context that nothing has run in yet: work that a transaction sets off, but that is no part of it, runs here. */
export const inCleanContext = AsyncLocalStorage.snapshot()

const detached = new AsyncLocalStorage<boolean>()

/** What `setTimeout` gives back while the clock is installed. */
interface Timer {
  deadline: number
  fire: () => void
  real: NodeJS.Timeout
  ref: () => Timer
  unref: () => Timer
  hasRef: () => boolean
}

const nativeDate = Date
const nativeSetTimeout = globalThis.setTimeout
const nativeClearTimeout = globalThis.clearTimeout

/**
 * The time of one deployment, which a test can set forward. `install` makes it the time of everything in this thread: `Date` and
 * `setTimeout` of the functions, of the scheduler, of the pings. The thread is the deployment's own, so nothing else is touched.
 */
class Clock {
  #ahead = 0
  readonly #timers = new Set<Timer>()

  /** Milliseconds since 1970 as the deployment believes. */
  now(): number {
    return nativeDate.now() + this.#ahead
  }

  /** Whether a timer is due and has not fired yet. */
  get isOverdue(): boolean {
    return [...this.#timers].some(({ deadline }) => deadline <= this.now())
  }

  /** Sets the time forward. What becomes due by it fires next, in order. */
  advance(ms: number): void {
    this.#ahead += ms
    for (const timer of [...this.#timers].sort((a, b) => a.deadline - b.deadline)) {
      nativeClearTimeout(timer.real)
      this.#arm(timer)
    }
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
    globalThis.setTimeout = this.#setTimeout as unknown as typeof setTimeout
    globalThis.clearTimeout = this.#clearTimeout as typeof clearTimeout
  }

  readonly #setTimeout = (callback: (...args: unknown[]) => void, delay = 0, ...args: unknown[]): Timer => {
    const call = (): void => callback(...args)
    const timer: Timer = {
      deadline: this.now() + Math.max(0, Number(delay) || 0),
      fire: detached.getStore() ? () => inCleanContext(call) : AsyncLocalStorage.bind(call),
      real: undefined!,
      ref: () => {
        timer.real.ref()
        return timer
      },
      unref: () => {
        timer.real.unref()
        return timer
      },
      hasRef: () => timer.real.hasRef(),
    }
    this.#timers.add(timer)
    this.#arm(timer)
    return timer
  }

  readonly #clearTimeout = (timer: Timer | NodeJS.Timeout | undefined): void => {
    if (this.#timers.delete(timer as Timer))
      nativeClearTimeout((timer as Timer).real)
    else
      nativeClearTimeout(timer as NodeJS.Timeout)
  }

  #arm(timer: Timer): void {
    const onTime = (): void => {
      if (timer.deadline > this.now())
        return this.#arm(timer)
      this.#timers.delete(timer)
      timer.fire()
    }
    timer.real = nativeSetTimeout(onTime, Math.min(timer.deadline - this.now(), LONGEST_DELAY))
  }
}

/** The clock of this thread's deployment. */
export const clock = new Clock()
