/** The result of one execution of a query, which subscriptions share until a commit changes it. */
import type { Outcome } from './call.ts'

/** The result of one execution of a query, and the facts on which the result depends. */
export interface QueryExecution {
  outcome: Outcome
  /** The end of the page that the query has read; `null` if the query has not read a page. */
  journal: string | null
  /** The timestamp of the data that the query has read. */
  ts: bigint
  /** `true` if the query has read the identity of its caller. */
  readsIdentity: boolean
  /** `true` if the query has read the time. */
  readsTime: boolean
}

/** The result of a query, and the timestamps at which it is valid. */
export class QueryResult {
  readonly outcome: Outcome
  readonly journal: string | null
  readonly readsIdentity: boolean
  readonly readsTime: boolean
  /** The outcome as text. Outcomes that are equal for a client have equal texts. */
  readonly text: string
  readonly #from: bigint
  /** The timestamp of the first commit that changes data that the query has read. */
  #until: bigint | null = null
  readonly #listeners = new Set<() => void>()
  readonly #endListeners: (() => void)[] = []
  #uses = 0
  #onUsage: (isUsed: boolean) => void = () => {}
  /** Stops waiting for commits that change data that the query has read. */
  #stopWatching = (): void => {}

  constructor({ outcome, journal, ts, readsIdentity, readsTime }: QueryExecution) {
    this.outcome = outcome
    this.journal = journal
    this.readsIdentity = readsIdentity
    this.readsTime = readsTime
    this.text = textOf(outcome)
    this.#from = ts
  }

  get isCurrent(): boolean {
    return this.#until === null
  }

  /** Returns whether subscriptions depend on the result. */
  get isUsed(): boolean {
    return this.#uses > 0
  }

  /**
   * @param stop Ends the subscription to commits. Called when the result is invalid or no longer
   * used.
   */
  watch(stop: () => void): void {
    this.#stopWatching = stop
  }

  isValidAt(ts: bigint): boolean {
    return this.#from <= ts && (this.#until === null || ts < this.#until)
  }

  /** Calls `listener` when the first use begins and when the last use ends. */
  onUsage(listener: (isUsed: boolean) => void): void {
    this.#onUsage = listener
  }

  /** Calls `listener` once the result is invalid or no longer used. */
  onEnd(listener: () => void): void {
    this.#endListeners.push(listener)
  }

  /**
   * Uses the result until the returned function is called, and calls `listener` once a commit
   * changes data that the query has read.
   */
  use(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#uses += 1
    if (this.#uses === 1)
      this.#onUsage(true)
    let isReleased = false
    return () => {
      if (isReleased)
        return
      isReleased = true
      this.#listeners.delete(listener)
      this.#uses -= 1
      if (this.#uses === 0)
        this.#onUsage(false)
    }
  }

  /**
   * Frees the result, which is no longer used. Commits that change the result are not noticed
   * afterwards, so the result is only valid at its own timestamp.
   */
  dispose(): void {
    this.#until ??= this.#from + 1n
    this.#end()
    this.#listeners.clear()
  }

  /** @param ts The timestamp of the commit. */
  invalidate(ts: bigint): void {
    if (this.#until !== null)
      return
    this.#until = ts
    this.#end()
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    listeners.forEach(listener => listener())
  }

  #end(): void {
    this.#stopWatching()
    this.#endListeners.splice(0).forEach(listener => listener())
  }
}

/** A text that is equal for outcomes that a client cannot distinguish. */
function textOf(outcome: Outcome): string {
  // The request id is different in each failure, so it must not be compared.
  if (outcome.status === 'error')
    return `error ${JSON.stringify(outcome).replace(/\[Request ID: \w+\]/, '')}`
  const { json, logLines } = outcome
  return logLines.length === 0 ? json : `${json}\n${JSON.stringify(logLines)}`
}
