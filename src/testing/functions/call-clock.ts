/** `Date`, `Math.random` and `performance.now` as functions see them. */
import { currentFrame } from './call-frame.ts'
import { installUtc, parseUtc, utcArguments } from './utc.ts'

const nativeDate = Date
const nativeRandom = Math.random
const nativePerformance = performance

/** The deployment's time in a thread of functions. */
export class ThreadClock {
  #aheadMs = 0

  /** Milliseconds since 1970, on the deployment's clock. */
  now(): number {
    return nativeDate.now() + this.#aheadMs
  }

  advance(ms: number): void {
    this.#aheadMs += ms
  }
}

/**
 * Replaces `Date`, `Math.random` and `performance.now`. In queries and mutations they return the
 * same values in each run of the call. In actions, `Date` follows the deployment's clock.
 */
export function installClock(clock: ThreadClock): void {
  const now = (): number => {
    const frame = currentFrame()
    if (!frame?.isDeterministic)
      return clock.now()
    frame.readsTime = true
    return frame.now
  }
  installUtc()
  const statics = new Map<unknown, unknown>([['now', now], ['parse', (text: unknown) => parseUtc(String(text))]])
  globalThis.Date = new Proxy(nativeDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : utcArguments(args), newTarget),
    apply: target => String(Reflect.construct(target, [now()])),
    get: (target, key) => statics.get(key) ?? Reflect.get(target, key),
  })
  // `constructor` of a date is the class that the functions see, as everywhere in JavaScript. All
  // calls share the prototype: a call that replaces `Date` may not change it for other calls.
  const constructor = { get: () => globalThis.Date, set: () => {}, configurable: true }
  Object.defineProperty(nativeDate.prototype, 'constructor', constructor)
  Math.random = () => {
    const frame = currentFrame()
    if (!frame?.isDeterministic)
      return nativeRandom()
    frame.readsTime = true
    return frame.random()
  }
  const nativeNow = nativePerformance.now.bind(nativePerformance)
  Object.defineProperty(nativePerformance, 'now', {
    value: () => currentFrame()?.isDeterministic ? 0 : nativeNow(),
    configurable: true,
    writable: true,
  })
}
