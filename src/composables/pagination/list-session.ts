/** The current list of a paginated query: its state, and the subscriptions of its pages. */

import type { ComputedRef } from 'vue'
import type { ConvexContext } from '../../plugin/context.ts'
import type { QueryAuth, QueryDescriptor } from '../../shared/query-descriptor.ts'
import type { QueryStore } from '../../store/query-store.ts'
import type { QueryTarget, QueryTargetRef } from '../query/query-args.ts'
import type { PageSubscription } from './page-subscription.ts'
import type { PageRequest, PageState, PaginationState } from './pagination-state.ts'
import { computed, shallowRef } from 'vue'
import { identityOf } from '../../plugin/identity-scoped.ts'
import { batch } from '../../reactivity/batch.ts'
import { describeQuery } from '../../shared/query-descriptor.ts'
import { fetchPageOnServer, subscribeToPage } from './page-subscription.ts'
import { IDLE, requestsOf, transition } from './pagination-state.ts'

/** A list: its query, its identity, and the state of its pages. */
interface List {
  target: QueryTarget
  identity: number
  state: PaginationState
}

export interface ListSession {
  /**
   * The pages with their current states. Computed, so that a change is visible before the session
   * has subscribed to the pages of the next state.
   */
  readonly current: ComputedRef<PaginationState>
  /** The state of a page. Reactive. */
  read: (request: PageRequest) => PageState
  /** Whether the list was started for the current query and the current identity. */
  isCurrent: () => boolean
  /**
   * On a server: fetches the first page once. Returns `false` if the server does not fetch this
   * query.
   */
  fetchOnServer: () => boolean
  /**
   * Starts a new list, unless the list was started for the current query and the current identity.
   */
  sync: () => void
  /** Subscribes to the pages of a state, and releases all other pages. */
  apply: (state: PaginationState) => void
  /** Loads one more page. */
  loadMore: (numItems: number) => void
  /** Releases all pages, after `lingerMs` milliseconds. */
  release: (lingerMs: number) => void
}

export function createListSession(
  context: ConvexContext,
  target: QueryTargetRef,
  auth: QueryAuth,
  initialNumItems: number,
): ListSession {
  const { store } = context
  const list = shallowRef<List>({ target: { status: 'paused' }, identity: 0, state: IDLE })
  const subscriptions = shallowRef<ReadonlyMap<PageRequest, PageSubscription>>(new Map())
  const current = computed(() => transition(list.value.state, { type: 'pagesChanged', read }))

  function read(request: PageRequest): PageState {
    return subscriptions.value.get(request)?.state() ?? { status: 'pending' }
  }

  function isCurrent(): boolean {
    const { target: listTarget, identity } = list.value
    return listKeyOf(listTarget) === listKeyOf(target.value) && identity === identityOf(context, auth)
  }

  function start(previous: PaginationState): PaginationState {
    return transition(previous, { type: 'start', id: nextId(store), numItems: initialNumItems })
  }

  function fetchOnServer(): boolean {
    const { value } = target
    if (value.status !== 'ready')
      return false
    const state = start(IDLE)
    const [request] = requestsOf(state)
    const page = fetchPageOnServer(store, pageQueryOf(value.query, request!))
    list.value = { target: value, identity: identityOf(context, auth), state }
    subscriptions.value = new Map(page && [[request!, page]])
    return !!page
  }

  function sync(): void {
    batch(() => {
      if (!isCurrent()) {
        const { value } = target
        let state = IDLE
        if (value.status === 'ready')
          state = start(IDLE)
        list.value = { target: value, identity: identityOf(context, auth), state }
      }
      apply(current.value)
    })
  }

  function apply(state: PaginationState): void {
    let next = state
    if (state.status === 'lost')
      next = start(state)
    if (next !== list.value.state)
      list.value = { ...list.value, state: next }
    const previous = subscriptions.value
    const requests = requestsOf(next)
    if (requests.length !== previous.size || !requests.every(request => previous.has(request))) {
      subscriptions.value = new Map(requests.map(request => [request, previous.get(request) ?? subscribe(request)]))
      for (const [request, subscription] of previous) {
        if (!subscriptions.value.has(request))
          subscription.release(0)
      }
    }
    // While the component was deactivated in a `KeepAlive`, the list had released its pages, so
    // they may have been unsubscribed.
    if (previous.size === 0) {
      const resumed = transition(next, { type: 'resume', read })
      if (resumed !== next)
        apply(resumed)
    }
  }

  function subscribe(request: PageRequest): PageSubscription {
    const { query } = list.value.target as Extract<QueryTarget, { status: 'ready' }>
    return subscribeToPage(store, pageQueryOf(query, request))
  }

  return {
    current,
    read,
    isCurrent,
    fetchOnServer,
    sync,
    apply,
    loadMore: numItems => batch(() => apply(transition(current.value, { type: 'loadMore', numItems, read }))),
    release(lingerMs) {
      const previous = subscriptions.value
      subscriptions.value = new Map()
      for (const subscription of previous.values())
        subscription.release(lingerMs)
    },
  }
}

/**
 * The key of a list: the key of its query, or the reason why no query runs. Equal keys mean the
 * same list.
 */
export function listKeyOf(target: QueryTarget): string {
  return target.status === 'ready' ? target.query.key : target.status
}

/** The query whose result is the page. */
export function pageQueryOf({ auth, name, args }: QueryDescriptor, paginationOpts: PageRequest): QueryDescriptor {
  return describeQuery(auth, name, { ...args, paginationOpts })
}

/**
 * The last list id of each app. The ids count from 1, as in `convex/react`: if all users have the
 * same ids, the deployment can cache the first list for all of them.
 */
const lastIds = /* @__PURE__ */ new WeakMap<QueryStore, number>()

function nextId(store: QueryStore): number {
  const id = (lastIds.get(store) ?? 0) + 1
  lastIds.set(store, id)
  return id
}
