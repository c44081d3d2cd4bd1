/** One subscribed query, and the state that its components share. */
import type { Value } from 'convex/values'
import type { ShallowRef } from 'vue'
import type { ClientLookup, IdentityClient, QueryOutcome, Receiver, Subscription } from '../client/identity-client.ts'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { RunsAs } from '../client/identity-for.ts'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { StoredResults } from './result-store.ts'
import type { Withholding } from './withhold-outcomes.ts'
import { shallowRef } from 'vue'
import { shareStructure } from '../shared/structural-sharing.ts'
import { isSameFailure } from './share-error.ts'

/** The fields of a state without a result and without an error. */
interface Empty { value?: undefined, error?: undefined, isStale?: undefined, isStored?: undefined }

/** The state of a query, shared by all components that use it. */
export type QueryState
  = | { status: 'paused' } & Empty
    | { status: 'pending' } & Empty
  /**
   * `isStale`: the value is not the live result, but the result of the previous client, or one of
   * the following. `isPreloaded`: a server fetched the result, or it is stored from the last visit
   * (then `isStored` is set, too). `isWithheld`: a newer outcome is withheld, see {@link
   * Withholding}.
   */
    | {
      status: 'success'
      value: Value
      error?: undefined
      isStale: boolean
      isPreloaded?: true
      isStored?: true
      isWithheld?: true | undefined
    }
    | { status: 'error', value?: undefined, error: Error, isStale?: undefined, isStored?: undefined }

export const PAUSED: { status: 'paused' } = { status: 'paused' }
export const PENDING: QueryState = { status: 'pending' }

/**
 * One query with one set of arguments in one auth mode, for the current identity. A class keeps
 * each entry small, since a page may have thousands.
 */
export class QueryEntry implements Receiver {
  readonly query: QueryDescriptor
  readonly state: ShallowRef<QueryState> = shallowRef(PENDING)
  /** How many components use the entry. */
  users = 0
  /**
   * The time at which an unused entry is removed, in milliseconds of `performance.now()`. Unlike
   * `Date`, this clock is not affected when the system time is changed.
   */
  lingersUntil = 0
  #subscription: Subscription | undefined
  /** The subscription whose result is shown until `#subscription` has a result. */
  #previous: Subscription | undefined
  #refreshes: (() => void)[] = []
  readonly #connection: IdentityClients
  readonly #withhold: Withholding['withhold']
  readonly #stored: StoredResults | undefined
  /** The identity of `#subscription`: the value of `runsAs` when it began. */
  #runsAs: RunsAs | undefined
  /** Whether a query that is not live has received its result for this identity. */
  #isFetched = false

  constructor(
    query: QueryDescriptor,
    connection: IdentityClients,
    withhold: Withholding['withhold'],
    stored?: StoredResults,
  ) {
    this.query = query
    this.#connection = connection
    this.#withhold = withhold
    this.#stored = stored
  }

  /**
   * Subscribes to the client of the current identity, waits for that client, or pauses. Removes the
   * result of the previous identity at once.
   *
   * @param isIdentityChange Whether the identity has just changed.
   * @param isHeld Whether the query must not use a client yet, since its components may still
   * change or release the query.
   */
  bind(isIdentityChange: boolean, isHeld: boolean): void {
    const { auth } = this.query
    const mustForget = isIdentityChange && auth !== 'public'
    const identity = this.#connection.runsAs(auth)
    // A query that is not live and has its result needs no client.
    if (mustForget || !this.#isFetched || this.#runsAs !== identity)
      this.#move(this.#connection.clientFor(auth, isHeld && auth !== 'public'), mustForget)
    // A held query continues to show an anonymous result, although the user has a token by now.
    if (identity === 'user' && this.#runsAs === 'anonymous')
      this.#markStale()
  }

  /** Shows the stored result, unless there is a result or an error already. */
  restore(): void {
    if (this.state.value !== PENDING)
      return
    const value = this.#stored?.take(this.query)
    if (value !== undefined)
      this.state.value = { status: 'success', value, isStale: true, isPreloaded: true, isStored: true }
  }

  /** Unsubscribes permanently. */
  close(): void {
    this.#move('unavailable', false)
  }

  /**
   * Fetches the result again. Resolves when the result has arrived, or at once if there is no
   * client.
   */
  refresh(): Promise<void> {
    return new Promise((resolve) => {
      const subscription = this.#subscription
      if (!subscription)
        return resolve()
      this.#refreshes.push(resolve)
      if (this.query.isLive)
        return subscription.client.rerun(subscription)
      // The client of the previous request may be closed.
      const found = this.#connection.clientFor(this.query.auth)
      if (typeof found !== 'object')
        return this.#settleRefreshes()
      this.#release(subscription)
      this.#subscribe(found)
    })
  }

  receive(from: Subscription): void {
    const { outcome } = from
    if (from === this.#previous)
      return this.#show(outcome, true)
    this.#releasePrevious()
    const { calls } = this.#connection
    const hasArrived = outcome.status !== 'pending'
    // An optimistic update, shown while its call is being sent, is not the result of a refresh.
    if (hasArrived && !calls.isSending)
      this.#settleRefreshes()
    if (hasArrived && !this.query.isLive) {
      if (calls.hasOptimisticCalls) {
        // The server does not send the same result again once the optimistic update has been
        // removed.
        calls.onOptimisticSettled.add(() => {
          if (from === this.#subscription)
            this.receive(from)
        })
      }
      else {
        this.#isFetched = true
        this.#release(from)
      }
    }
    if (!this.#isWithheld(outcome, from))
      this.#show(outcome, false)
  }

  /**
   * Whether the last result remains visible instead of this outcome, because the outcome may only
   * mean that the user is being signed out.
   */
  #isWithheld(outcome: QueryOutcome, from: Subscription): boolean {
    const shown = this.state.value
    if (shown.status !== 'success' || this.#connection.runsAs(this.query.auth) !== 'user')
      return false
    const reveal = (): void => {
      if (from === this.#subscription)
        this.#show(from.outcome, false)
    }
    if (!this.#withhold(outcome, reveal))
      return false
    this.state.value = { status: 'success', value: shown.value, isStale: true, isWithheld: true }
    return true
  }

  #show(outcome: QueryOutcome, isStale: boolean): void {
    const shown = this.state.value
    // An optimistic update, or the result of a previous client, is not the result of the server.
    if (!isStale && outcome.status !== 'pending' && !this.#connection.calls.hasOptimisticCalls)
      this.#stored?.put(this.query, outcome.value, this.#runsAs === 'anonymous')
    if (outcome.status !== 'success') {
      // A repetition of the same failure does not notify watchers.
      if (!isSameFailure(shown.error, outcome.error))
        this.state.value = outcome
      return
    }
    const value = shareStructure(shown.value, outcome.value)
    // An equal result does not notify watchers.
    if (!Object.is(value, shown.value) || shown.isStale !== isStale)
      this.state.value = isStale || value !== outcome.value ? { status: 'success', value, isStale } : outcome
  }

  #move(next: ClientLookup, mustForget: boolean): void {
    const { state } = this
    if (next === 'unavailable' || mustForget) {
      this.#releasePrevious()
      this.#release(this.#subscription)
      this.#subscription = undefined
      this.#isFetched = false
      this.#settleRefreshes()
      state.value = next === 'unavailable' ? PAUSED : PENDING
    }
    else if (state.value.status === 'paused') {
      state.value = PENDING
    }
    if (typeof next === 'object' && next !== this.#subscription?.client) {
      this.#releasePrevious()
      this.#previous = this.#subscription
      this.#markStale()
      this.#subscribe(next)
    }
  }

  #subscribe(client: IdentityClient): void {
    this.#runsAs = this.#connection.runsAs(this.query.auth)
    this.#isFetched = false
    const subscription = client.subscribe(this.query, this)
    this.#subscription = subscription
    if (subscription.outcome.status !== 'pending')
      this.receive(subscription)
  }

  #markStale(): void {
    const { state } = this
    if (state.value.status === 'success')
      state.value = { ...state.value, isStale: true, isWithheld: undefined }
  }

  #release(from: Subscription | undefined): void {
    from?.client.release(from, this)
  }

  #releasePrevious(): void {
    this.#release(this.#previous)
    this.#previous = undefined
  }

  #settleRefreshes(): void {
    for (const resolve of this.#refreshes.splice(0))
      resolve()
  }
}
