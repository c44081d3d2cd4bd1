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

/** What everybody who shares a query sees. */
export type QueryState
  = | { status: 'paused' }
    | { status: 'pending' }
  /**
   * `isStale`: another identity's answer, or what a server was answered for this one (`isPreloaded`), which stays until the live answer is there; or
   * a result whose successor is not shown yet (`isWithheld`), see {@link Withholding}.
   */
    | { status: 'success', value: Value, isStale: boolean, isPreloaded?: true, isWithheld?: true | undefined }
    | { status: 'error', error: Error }

export const PAUSED: { status: 'paused' } = { status: 'paused' }
export const PENDING: QueryState = { status: 'pending' }

/** One query with one set of arguments in one auth mode, for whoever is there. A class, since there may be thousands. */
export class QueryEntry implements Receiver {
  readonly query: QueryDescriptor
  readonly state: ShallowRef<QueryState> = shallowRef(PENDING)
  /** How many share it. */
  users = 0
  /** Until when it stays although nobody uses it, in ms of a clock that nobody sets: `performance.now()`. */
  lingersUntil = 0
  #subscription: Subscription | undefined
  /** What goes on showing until `#subscription` has answered. */
  #former: Subscription | undefined
  #refreshes: (() => void)[] = []
  readonly #connection: IdentityClients
  readonly #withhold: Withholding['withhold']
  /** As what the query has run, if it is not live and has its result. Another user resets it. */
  #answeredAs: RunsAs | undefined

  constructor(query: QueryDescriptor, connection: IdentityClients, withhold: Withholding['withhold']) {
    this.query = query
    this.#connection = connection
    this.#withhold = withhold
  }

  /**
   * Goes to the client where it belongs now, waits for one, or pauses. Another person's answer goes at once.
   *
   * @param isOtherPerson Whether the person has changed.
   * @param isHeld Whether its users have yet to say if they want it of whoever is there now.
   */
  bind(isOtherPerson: boolean, isHeld: boolean): void {
    const { auth } = this.query
    const isAnothers = isOtherPerson && auth !== 'public'
    // No client is opened for an answer that is there.
    if (!this.#answeredAs || isAnothers || this.#answeredAs !== this.#connection.runsAs(auth))
      this.#move(this.#connection.clientFor(auth, isHeld && auth !== 'public'), isAnothers)
  }

  /** Leaves the wire for good. */
  close(): void {
    this.#move(UNAVAILABLE, false)
  }

  /** Asks the server again. Resolves with its answer, or as soon as there is nobody to ask. */
  refresh(): Promise<void> {
    return new Promise((resolve) => {
      const subscription = this.#subscription
      if (!subscription)
        return resolve()
      this.#refreshes.push(resolve)
      if (this.query.isLive)
        return subscription.client.rerun(subscription)
      // The one that was asked before may be closed.
      const found = this.#connection.clientFor(this.query.auth)
      if (found.kind !== 'ready')
        return this.#settleRefreshes()
      this.#release(subscription)
      this.#subscribe(found)
    })
  }

  receive(outcome: QueryOutcome, from: Subscription): void {
    const isStale = from === this.#former
    if (!isStale) {
      this.#leaveFormer()
      // What a call hopes for, shown while it is being sent, answers nobody.
      if (outcome.status !== 'pending' && !this.#connection.calls.isSending)
        this.#settleRefreshes()
      if (!this.query.isLive && outcome.status !== 'pending') {
        if (this.#connection.calls.pending.hasOptimisticCalls) {
          // What the server sent already, it does not send again.
          this.#connection.calls.onOptimisticSettled.add(() => from === this.#subscription && this.receive(from.outcome, from))
        }
        else {
          this.#answeredAs = this.#connection.runsAs(this.query.auth)
          this.#release(from)
        }
      }
    }
    if (!isStale && this.#isWithheld(outcome, from))
      return
    this.#show(outcome, isStale)
  }

  /** Whether a user goes on seeing the last result instead of this outcome, which may mean that the user is being signed out. */
  #isWithheld(outcome: QueryOutcome, from: Subscription): boolean {
    const shown = this.state.value
    if (shown.status !== 'success' || this.#connection.runsAs(this.query.auth) !== 'user')
      return false
    const reveal = (): unknown => from === this.#subscription && this.#show(from.outcome, false)
    if (!this.#withhold(outcome, reveal))
      return false
    this.state.value = { status: 'success', value: shown.value, isStale: true, isWithheld: true }
    return true
  }

  #show(outcome: QueryOutcome, isStale: boolean): void {
    const { value: state } = this.state
    if (outcome.status !== 'success') {
      // A failure that repeats renders nothing.
      if (outcome.status !== 'error' || state.status !== 'error' || shareError(state.error, outcome.error) !== state.error)
        this.state.value = outcome
      return
    }
    const shown = state.status === 'success' ? state : undefined
    const value = shareStructure(shown?.value, outcome.value)
    // An answer that says nothing new renders nothing.
    if (!shown || !Object.is(value, shown.value) || shown.isStale !== isStale)
      this.state.value = isStale || value !== outcome.value ? { status: 'success', value, isStale } : outcome
  }

  #move(next: ClientLookup, isAnothers: boolean): void {
    const { state } = this
    if (next.kind === 'unavailable' || isAnothers) {
      this.#leaveFormer()
      this.#release(this.#subscription)
      this.#subscription = undefined
      this.#answeredAs = undefined
      this.#settleRefreshes()
      state.value = next.kind === 'unavailable' ? PAUSED : PENDING
    }
    else if (state.value.status === 'paused') {
      state.value = PENDING
    }
    if (next.kind === 'ready' && next !== this.#subscription?.client) {
      this.#leaveFormer()
      this.#former = this.#subscription
      if (state.value.status === 'success')
        state.value = { ...state.value, isStale: true, isWithheld: undefined }
      this.#subscribe(next)
    }
  }

  #subscribe(client: IdentityClient): void {
    this.#answeredAs = undefined
    const subscription = this.#subscription = client.subscribe(this.query, this)
    if (subscription.outcome.status !== 'pending')
      this.receive(subscription.outcome, subscription)
  }

  #release(from: Subscription | undefined): void {
    from?.client.release(from, this)
  }

  #leaveFormer(): void {
    this.#release(this.#former)
    this.#former = undefined
  }

  #settleRefreshes(): void {
    for (const resolve of this.#refreshes.splice(0))
      resolve()
  }
}
