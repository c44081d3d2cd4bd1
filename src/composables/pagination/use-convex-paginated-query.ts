import type { MaybeRefOrGetter, Ref } from 'vue'
import type { PaginatedQueryItem, PaginatedQueryReference, PausablePaginatedQueryArgs } from '../../shared/paginated-query.ts'
import type { QueryDescriptor } from '../../shared/query-descriptor.ts'
import type { QueryStore } from '../../store/query-store.ts'
import type { QueryTarget } from '../query/query-args.ts'
import type { UseConvexQueryOptions } from '../query/use-convex-query.ts'
import type { PageSubscription } from './page-subscription.ts'
import type { PageAnswer, PageRequest, PaginationState, PaginationView } from './pagination-state.ts'
import { computed, getCurrentScope, onScopeDispose, shallowRef, watch } from 'vue'
import { diagnose } from '../../errors/catalogue.ts'
import { hasAuthFailed, isIdentityUnsure } from '../../plugin/auth.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { identityOf, identityScopedComputed } from '../../plugin/identity-scoped.ts'
import { batch } from '../../reactivity/batch.ts'
import { functionName } from '../../shared/function-name.ts'
import { describeQuery } from '../../shared/query-descriptor.ts'
import { shareStructure } from '../../shared/structural-sharing.ts'
import { shareError } from '../../store/share-error.ts'
import { onKeepAliveToggle } from '../lifecycle/on-keep-alive-toggle.ts'
import { whenSettled } from '../lifecycle/when-settled.ts'
import { useQueryTarget } from '../query/query-args.ts'
import { askForPage, subscribeToPage } from './page-subscription.ts'
import { IDLE, LOADING, PAUSED, requestsOf, transition, viewOf } from './pagination-state.ts'

/** Options of {@link useConvexPaginatedQuery}. */
export interface UseConvexPaginatedQueryOptions extends Pick<UseConvexQueryOptions, 'auth' | 'awaitTimeoutMs' | 'ssr'> {
  /** How many rows the first page is asked for: a positive whole number. */
  initialNumItems: number
  /** Under new arguments, shows the former rows (with `isStale`) until the first page is there. @default false */
  keepPreviousData?: boolean
  /** How long the pages stay subscribed while their page rests in a `KeepAlive`, in milliseconds. @default the plugin's */
  lingerMs?: number
}

/** What {@link useConvexPaginatedQuery} returns: read-only refs of the list, and how to load more of it. */
export interface UseConvexPaginatedQueryReturn<Item> {
  /** The rows of all pages that are loaded, in order. Rows that did not change keep their identity; nothing changed: so does the list. */
  results: Readonly<Ref<Item[]>>
  /** `LoadingMore`: rows are missing at the end of `results`. `Error`: `results` ends before the page that failed. */
  status: Readonly<Ref<'LoadingFirstPage' | 'CanLoadMore' | 'LoadingMore' | 'Exhausted' | 'Paused' | 'Error'>>
  /** The first or a further page is on its way. */
  isLoading: Readonly<Ref<boolean>>
  /** Why a page is missing. Goes when the page is there again. */
  error: Readonly<Ref<Error | undefined>>
  /** `results` are not yet, or no longer surely, the live rows of these arguments for this user. */
  isStale: Readonly<Ref<boolean>>
  /**
   * Loads a page of `numItems` rows more. Ignored unless `status` is `CanLoadMore`, so that it may be called as often as a list is scrolled.
   *
   * @throws {ConvueError} `ARGS_INVALID`: `numItems` is no positive whole number
   */
  loadMore: (numItems: number) => void
}

type ReadyTarget = Extract<QueryTarget, { status: 'ready' }>

/** One list: what is asked, for whom, and its pages. */
interface Session { target: QueryTarget, identity: number, state: PaginationState }

/** What is shown, of which list. */
interface SessionView extends PaginationView { key: string }

/**
 * A live list that loads page by page.
 *
 * Every page is a subscription. They grow and shrink with their rows and are split when they grow large, without a gap, a duplicate or a flicker.
 * Cursors that have become invalid restart the list, a few times at most; after that they are an error. Other arguments or another person begin
 * a new list; equal arguments in a new object do not.
 *
 * Awaiting it (or `<Suspense>`) settles at the first page, error, pause or failed sign-in, and never rejects: errors are state.
 *
 * @param query A paginated query of `convex/_generated/api`.
 * @param args Its arguments without `paginationOpts`, as a value, ref or getter; `undefined`, `null` and `'skip'` pause.
 * @param options How many rows to begin with, and as whom.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`, `ARGS_INVALID`
 * @example
 * const { results, status, loadMore } = useConvexPaginatedQuery(
 *   api.messages.page,
 *   () => ({ channel: props.channel }),
 *   { initialNumItems: 20 },
 * )
 * // <button :disabled="status !== 'CanLoadMore'" @click="loadMore(20)">More</button>
 */
export function useConvexPaginatedQuery<Q extends PaginatedQueryReference>(
  query: Q,
  args: MaybeRefOrGetter<PausablePaginatedQueryArgs<Q>>,
  options: UseConvexPaginatedQueryOptions,
): UseConvexPaginatedQueryReturn<PaginatedQueryItem<Q>> & PromiseLike<UseConvexPaginatedQueryReturn<PaginatedQueryItem<Q>>> {
  const { initialNumItems, auth = 'optional', keepPreviousData, awaitTimeoutMs, ssr = true } = options
  assertNumItems(initialNumItems)
  const context = useConvexContext('useConvexPaginatedQuery')
  const { store, isServer } = context
  const target = useQueryTarget(functionName(query), auth, [args])
  const identity = (): number => identityOf(context, auth)

  const session = shallowRef<Session>({ target: { status: 'paused' }, identity: 0, state: IDLE })
  const subscriptions = shallowRef<ReadonlyMap<PageRequest, PageSubscription>>(new Map())
  const read = (request: PageRequest): PageAnswer => subscriptions.value.get(request)?.answer() ?? { status: 'pending' }
  const isActive = shallowRef(true)
  const isOver = shallowRef(isServer && !askOnServer())

  const isCurrent = (): boolean => keyOf(session.value.target) === keyOf(target.value) && session.value.identity === identity()
  /** The pages by the present answers. Computed, so that whoever looks sees them before this composable itself has acted on them. */
  const answered = computed(() => transition(session.value.state, { type: 'answers', read }))

  const view = identityScopedComputed<SessionView>(context, auth, (previous) => {
    const key = keyOf(target.value)
    const same = previous?.key === key ? previous : undefined
    // What rests in a `KeepAlive`, or is over, stays as it is.
    if (same && (!isActive.value || isOver.value))
      return same
    let next = look(same)
    if (keepPreviousData && next.status === 'LoadingFirstPage' && previous && previous.status !== 'Paused')
      next = { ...next, results: previous.results, isStale: previous.results.length > 0 }
    return {
      ...next,
      error: shareError(previous?.error, next.error),
      // Pages share within themselves; a row that comes in another page, such as half of the former one, is shared here.
      results: shareStructure(previous?.results, next.results) as PaginationView['results'],
      isStale: next.isStale || (next.results.length > 0 && isIdentityUnsure(context.callerAuth, auth)),
      key,
    }
  })

  function look(former: PaginationView | undefined): PaginationView {
    const wanted = target.value
    if (wanted.status === 'paused' || (auth === 'required' && context.callerAuth.status.value === 'unauthenticated'))
      return PAUSED
    if (wanted.status === 'error')
      return { status: 'Error', results: [], error: wanted.error, isStale: false }
    return isCurrent() ? viewOf(answered.value, read, former) : LOADING
  }

  if (!isServer) {
    onKeepAliveToggle(isNowActive => isActive.value = isNowActive)
    // Arguments may change several times in one tick: only the last are asked for.
    watch([() => keyOf(target.value), identity], follow, { immediate: true })
    watch(isActive, follow, { flush: 'sync' })
    // What is shown is that already: this changes what is subscribed.
    watch(answered, next => isActive.value && proceed(next), { flush: 'sync' })
    if (getCurrentScope()) {
      onScopeDispose(() => {
        isOver.value = true
        leave(0)
      })
    }
  }

  /** The first page, once, and nothing is held: a server throws the page away. */
  function askOnServer(): boolean {
    const wanted = target.value
    if (!ssr || wanted.status !== 'ready')
      return false
    const state = begin(IDLE)
    const [request] = requestsOf(state)
    const page = askForPage(store, keyOfPage(wanted, request!))
    session.value = { target: wanted, identity: identity(), state }
    subscriptions.value = new Map(page && [[request!, page]])
    return !!page
  }

  /** Begins the list that is wanted now, or goes on with it. */
  function follow(): void {
    if (!isActive.value)
      return leave(options.lingerMs ?? context.lingerMs)
    if (isOver.value)
      return
    batch(() => {
      if (!isCurrent())
        session.value = { target: target.value, identity: identity(), state: target.value.status === 'ready' ? begin(IDLE) : IDLE }
      proceed(answered.value)
    })
  }

  /** Acts on what has come: subscribes to the pages that there are now, and leaves those that are none any more. */
  function proceed(state: PaginationState): void {
    const next = state.status === 'lost' ? begin(state) : state
    if (next !== session.value.state)
      session.value = { ...session.value, state: next }
    const former = subscriptions.value
    const wanted = requestsOf(next)
    if (wanted.length !== former.size || !wanted.every(request => former.has(request))) {
      subscriptions.value = new Map(wanted.map(request => [request, former.get(request) ?? subscribe(request)]))
      for (const [request, subscription] of former) {
        if (!subscriptions.value.has(request))
          subscription.release(0)
      }
    }
    // What was subscribed before a rest may not be there any more.
    const resumed = former.size === 0 ? transition(next, { type: 'resume', read }) : next
    if (resumed !== next)
      proceed(resumed)
  }

  function begin(former: PaginationState): PaginationState {
    return transition(former, { type: 'start', id: nextId(store), numItems: initialNumItems })
  }

  function subscribe(request: PageRequest): PageSubscription {
    return subscribeToPage(store, keyOfPage(session.value.target as ReadyTarget, request))
  }

  function leave(lingerMs: number): void {
    const former = subscriptions.value
    subscriptions.value = new Map()
    for (const subscription of former.values())
      subscription.release(lingerMs)
  }

  const isSettled = (): boolean => isOver.value || view.value.status !== 'LoadingFirstPage' || hasAuthFailed(context.callerAuth, auth)

  const status = computed(() => view.value.status)
  const refs: UseConvexPaginatedQueryReturn<any> = {
    results: computed(() => view.value.results),
    status,
    isLoading: computed(() => status.value === 'LoadingFirstPage' || status.value === 'LoadingMore'),
    error: computed(() => view.value.error),
    isStale: computed(() => view.value.isStale),
    loadMore(numItems) {
      assertNumItems(numItems)
      if (status.value === 'CanLoadMore' && isActive.value && !isOver.value && !isServer)
        batch(() => proceed(transition(answered.value, { type: 'loadMore', numItems, read })))
    },
  }
  return {
    ...refs,
    then: whenSettled(() => refs, isSettled, awaitTimeoutMs),
  }
}

function keyOfPage({ query: { auth, name, args } }: ReadyTarget, paginationOpts: PageRequest): QueryDescriptor {
  return describeQuery(auth, name, { ...args, paginationOpts })
}

/** Equal arguments are the same list. */
function keyOf(target: QueryTarget): string {
  return target.status === 'ready' ? target.query.key : target.status
}

/** The last id that a list of an app had. Small numbers, as in `convex/react`: the deployment caches the first list of everybody once. */
const ids = /* @__PURE__ */ new WeakMap<QueryStore, number>()

function nextId(store: QueryStore): number {
  const id = (ids.get(store) ?? 0) + 1
  ids.set(store, id)
  return id
}

function assertNumItems(numItems: number): void {
  if (!Number.isInteger(numItems) || numItems < 1)
    throw diagnose('ARGS_INVALID', `A page has a positive whole number of items, not ${String(numItems)}.`)
}
