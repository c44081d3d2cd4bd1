import type { Value } from 'convex/values'
import type { ShallowRef } from 'vue'
import type { OpenClient, QueryOutcome, Subscription } from './open-client.ts'
import type { QueryKey } from './query-key.ts'
import { shallowRef } from 'vue'
import { shareStructure } from './structural-sharing.ts'

/** What everybody who shares a query sees. */
export type QueryState
  = | { status: 'paused' }
    | { status: 'pending' }
  /** `isStale`: another identity's answer, which stays until this identity's is there. */
    | { status: 'success', value: Value, isStale: boolean }
    | { status: 'error', error: Error }

/** One query with one set of arguments in one auth mode, for whoever is there. */
export interface QueryEntry {
  readonly query: QueryKey
  readonly state: ShallowRef<QueryState>
  /** How many share it. */
  users: number
  /** Until when it stays although nobody uses it, in ms since 1970. */
  lingersUntil: number
  /** Goes to a client; or waits (`null`) or pauses (`undefined`) without one. Another person's answer goes at once. */
  bind: (client: OpenClient | null | undefined, isOtherPerson: boolean) => void
  /** Asks the server again. Resolves with its answer, or as soon as there is nobody to ask. */
  refresh: () => Promise<void>
}

export const PAUSED: QueryState = { status: 'paused' }
export const PENDING: QueryState = { status: 'pending' }

export function createQueryEntry(query: QueryKey): QueryEntry {
  const state = shallowRef<QueryState>(PENDING)
  let subscription: Subscription | undefined
  /** What goes on showing until `subscription` has answered. */
  let former: Subscription | undefined
  let refreshes: (() => void)[] = []

  return {
    query,
    state,
    users: 0,
    lingersUntil: 0,
    bind(client, isOtherPerson) {
      if (client === undefined || (isOtherPerson && query.auth !== 'public')) {
        leaveFormer()
        release(subscription)
        subscription = undefined
        settleRefreshes()
        state.value = PENDING
      }
      if (client === undefined)
        state.value = PAUSED
      else if (state.value.status === 'paused')
        state.value = PENDING
      if (client && client !== subscription?.client) {
        leaveFormer()
        former = subscription
        if (state.value.status === 'success')
          state.value = { ...state.value, isStale: true }
        subscribe(client)
      }
    },
    refresh: () => new Promise((resolve) => {
      if (!subscription)
        return resolve()
      refreshes.push(resolve)
      const { client } = subscription
      if (query.isLive)
        return client.rerun(subscription)
      release(subscription)
      subscribe(client)
    }),
  }

  function subscribe(client: OpenClient): void {
    subscription = client.subscribe(query, receive)
    if (subscription.outcome.status !== 'pending')
      receive(subscription.outcome, subscription)
  }

  function receive(outcome: QueryOutcome, from: Subscription): void {
    const isStale = from === former
    if (!isStale) {
      leaveFormer()
      settleRefreshes()
      // It stays who was asked, so that the same client is not asked again.
      if (!query.isLive && outcome.status !== 'pending')
        release(from)
    }
    if (outcome.status !== 'success') {
      state.value = outcome
      return
    }
    const shown = state.value.status === 'success' ? state.value : undefined
    const value = shareStructure(shown?.value, outcome.value)
    // An answer that says nothing new renders nothing.
    if (!shown || !Object.is(value, shown.value) || shown.isStale !== isStale)
      state.value = { status: 'success', value, isStale }
  }

  function release(from: Subscription | undefined): void {
    from?.client.release(from, receive)
  }

  function leaveFormer(): void {
    release(former)
    former = undefined
  }

  function settleRefreshes(): void {
    for (const settle of refreshes)
      settle()
    refreshes = []
  }
}
