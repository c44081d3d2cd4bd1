/** Finds the call whose code is running in a thread of functions. */
import type { CallKind } from './kinds.ts'
import type { UnawaitedWork } from './messages.ts'
import { AsyncLocalStorage } from 'node:async_hooks'

/** The inputs of a call that its frame keeps. */
export interface FrameInputs {
  callId: number
  kind: CallKind
  component: string
  now: number
  seed: number
}

/** One call of a function, or the evaluation of a component's modules. */
export class CallFrame {
  readonly callId: number
  /** `import` while the modules of the component are evaluated. */
  readonly kind: CallKind | 'import'
  readonly component: string
  /** The time that `Date.now()` returns in queries and mutations. */
  readonly now: number
  readonly random: () => number
  /** For each label of `console.time`, the time at which it was started. */
  readonly consoleTimers = new Map<string, number>()
  /** One function for each timer of the call, which removes the timer. */
  readonly timers = new Set<() => void>()
  /** The time at which the call has to end, in ms since 1970 on the deployment's clock. */
  endsAt = Infinity
  /** `true` if the call has been answered or has failed. Then its code has no further effect. */
  isEnded = false
  /**
   * `true` if the call has read the time or a random value, so that a later run may have another
   * result.
   */
  readsTime = false
  /** Called when the last operation that the call has started ends. */
  onQuiet: (() => void) | undefined
  /** Called when the code of the call is about to continue, because an operation has ended. */
  onContinue: (() => void) | undefined
  readonly #operations = new Map<string, number>()

  constructor({ callId, kind, component, now, seed }: Omit<FrameInputs, 'kind'> & { kind: CallFrame['kind'] }) {
    this.callId = callId
    this.kind = kind
    this.component = component
    this.now = now
    this.random = seededRandom(seed)
  }

  /** `true` if `Date.now()`, `Math.random()` and all other results are the same in each run. */
  get isDeterministic(): boolean {
    return this.kind === 'query' || this.kind === 'mutation' || this.kind === 'import'
  }

  get isQuiet(): boolean {
    return this.#operations.size === 0
  }

  /** Counts an operation that the code of the call may be waiting for. */
  startOperation(name: string): void {
    this.#operations.set(name, (this.#operations.get(name) ?? 0) + 1)
  }

  endOperation(name: string): void {
    const count = (this.#operations.get(name) ?? 1) - 1
    if (count > 0) {
      this.#operations.set(name, count)
      return
    }
    this.#operations.delete(name)
    if (this.#operations.size === 0)
      this.onQuiet?.()
  }

  /** Counts a promise of Node as an operation of this call. */
  async track<Result>(name: string, promise: Promise<Result>): Promise<Result> {
    this.startOperation(name)
    try {
      return await promise
    }
    finally {
      this.onContinue?.()
      this.endOperation(name)
    }
  }

  /** The operations that have been started and have not ended. */
  get unawaited(): UnawaitedWork | null {
    if (this.#operations.size === 0)
      return null
    const counts = [...this.#operations.values()]
    return { count: counts.reduce((sum, count) => sum + count), operations: [...this.#operations.keys()] }
  }

  /** Ends the call. Its code may still run, but its timers no longer fire. */
  end(): void {
    this.isEnded = true
    this.timers.forEach(clear => clear())
    this.timers.clear()
  }
}

/** The frame of the running code, `undefined` for the code of Convue. */
export const frames = new AsyncLocalStorage<CallFrame | undefined>()

/** Set while Node's own `fetch` runs, which needs timers of Node. */
const platform = new AsyncLocalStorage<boolean>()

export function currentFrame(): CallFrame | undefined {
  return frames.getStore()
}

/**
 * Runs a function of Node for a call. Timers that this function sets are not timers of the call.
 */
export function asPlatform<Result>(body: () => Result): Result {
  return platform.run(true, body)
}

export function isPlatform(): boolean {
  return platform.getStore() === true
}

/** Random numbers from 0 to 1, the same for the same seed (the algorithm is Mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
