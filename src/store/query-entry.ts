/** One subscribed query, and the state that its components share. */
import type { Value } from 'convex/values'
import type { ShallowRef } from 'vue'
import type { ClientLookup, IdentityClient, QueryOutcome, Receiver, Subscription } from '../client/identity-client.ts'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { RunsAs } from '../client/identity-for.ts'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { Withholding } from './withhold-outcomes.ts'
import { shallowRef } from 'vue'
import { UNAVAILABLE } from '../client/identity-client.ts'
import { shareStructure } from '../shared/structural-sharing.ts'
import { shareError } from './share-error.ts'

/** The state of a query, shared by all components that use it. */
export type QueryState
  = | { status: 'paused' }
    | { status: 'pending' }
  /**
   * `isStale`: the result of the previous client, or the result that a server fetched
   * (`isPreloaded`), until the live result arrives; or the last result while a newer outcome is
   * withheld (`isWithheld`), see {@link Withholding}.
   */
    | { status: 'success', value: Value, isStale: boolean, isPreloaded?: true, isWithheld?: true | undefined }
    | { status: 'error', error: Error }

export const PAUSED: { status: 'paused' } = { status: 'paused' }
export const PENDING: QueryState = { status: 'pending' }

/**
 * One query with one set of arguments in one auth mode, for the current identity. A class, since
 * there may be thousands.
 */
export class QueryEntry implements Receiver {
  readonly query: QueryDescriptor
  readonly state: ShallowRef<QueryState> = shallowRef(PENDING)
  /** How many components use the entry. */
  users = 0
  /**
   * The time until which an unused entry remains, in ms of `performance.now()`: unlike `Date`, this
   * clock does not change when the user sets the time.
   */
  lingersUntil = 0
  #subscription: Subscription | undefined
  /** The subscription whose result is shown until `#subscription` has a result. */
  #previous: Subscription | undefined
  #refreshes: (() => void)[] = []
  readonly #connection: IdentityClients
  readonly #withhold: Withholding['withhold']
  /**
   * The value of `runsAs` with which a query that is not live has received its one result. Reset by
   * an identity change from one user to another.
   */
  #fetchedAs: RunsAs | undefined

  constructor(query: QueryDescriptor, connection: IdentityClients, withhold: Withholding['withhold']) {
    this.query = query
    this.#connection = connection
    this.#withhold = withhold
  }

  /**
   * Moves to the client of the current identity, waits for one, or pauses. Removes the result of a
   * previous identity at once.
   *
   * @param isIdentityChange Whether the identity has just changed.
   * @param isHeld Whether the query must wait before it uses a client, since its components can
   * still change or release the query.
   */
  bind(isIdentityChange: boolean, isHeld: boolean): void {
    const { auth } = this.query
    const mustForget = isIdentityChange && auth !== 'public'
    // A query that is not live and has its result needs no client.
    if (!this.#fetchedAs || mustForget || this.#fetchedAs !== this.#connection.runsAs(auth))
      this.#move(this.#connection.clientFor(auth, isHeld && auth !== 'public'), mustForget)
  }

  /** Unsubscribes permanently. */
  close(): void {
    this.#move(UNAVAILABLE, false)
  }

  /** Requests the result again. Resolves when the result arrives, or at once without a client. */
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
      if (found.kind !== 'ready')
        return this.#settleRefreshes()
      this.#release(subscription)
      this.#subscribe(found)
    })
  }

  receive(outcome: QueryOutcome, from: Subscription): void {
    const isStale = from === this.#previous
    if (!isStale) {
      this.#releasePrevious()
      // An optimistic update, shown while its call is being sent, is not the result of a refresh.
      if (outcome.status !== 'pending' && !this.#connection.calls.isSending)
        this.#settleRefreshes()
      if (!this.query.isLive && outcome.status !== 'pending') {
        if (this.#connection.calls.hasOptimisticCalls) {
          // The server does not send the same result again once the optimistic update has been
          // removed.
          this.#connection.calls.onOptimisticSettled.add(() => {
            if (from === this.#subscription)
              this.receive(from.outcome, from)
          })
        }
        else {
          this.#fetchedAs = this.#connection.runsAs(this.query.auth)
          this.#release(from)
        }
      }
    }
    if (!isStale && this.#isWithheld(outcome, from))
      return
    this.#show(outcome, isStale)
  }

  /**
   * Whether the last result remains visible instead of this outcome. The reason for the outcome may
   * be that the user is being signed out.
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
    const { value: state } = this.state
    if (outcome.status !== 'success') {
      // A repetition of the same failure does not notify watchers.
      const isRepeated = outcome.status === 'error'
        && state.status === 'error'
        && shareError(state.error, outcome.error) === state.error
      if (!isRepeated)
        this.state.value = outcome
      return
    }
    const shown = state.status === 'success' ? state : undefined
    const value = shareStructure(shown?.value, outcome.value)
    // An equal result does not notify watchers.
    if (!shown || !Object.is(value, shown.value) || shown.isStale !== isStale)
      this.state.value = isStale || value !== outcome.value ? { status: 'success', value, isStale } : outcome
  }

  #move(next: ClientLookup, mustForget: boolean): void {
    const { state } = this
    if (next.kind === 'unavailable' || mustForget) {
      this.#releasePrevious()
      this.#release(this.#subscription)
      this.#subscription = undefined
      this.#fetchedAs = undefined
      this.#settleRefreshes()
      state.value = next.kind === 'unavailable' ? PAUSED : PENDING
    }
    else if (state.value.status === 'paused') {
      state.value = PENDING
    }
    if (next.kind === 'ready' && next !== this.#subscription?.client) {
      this.#releasePrevious()
      this.#previous = this.#subscription
      if (state.value.status === 'success')
        state.value = { ...state.value, isStale: true, isWithheld: undefined }
      this.#subscribe(next)
    }
  }

  #subscribe(client: IdentityClient): void {
    this.#fetchedAs = undefined
    const subscription = client.subscribe(this.query, this)
    this.#subscription = subscription
    if (subscription.outcome.status !== 'pending')
      this.receive(subscription.outcome, subscription)
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
