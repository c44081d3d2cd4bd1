/** `useConvexPaginatedQuery`: a live list that loads page by page. */

import type { MaybeRefOrGetter, Ref } from 'vue'
import type { ShownPage, ShownState } from '../../devtools/record.ts'
import type {
  PaginatedQueryArgs,
  PaginatedQueryItem,
  PaginatedQueryReference,
  PausablePaginatedQueryArgs,
} from '../../shared/paginated-query.ts'
import type { PauseReason } from '../query/pause-reason.ts'
import type { ArgsFields } from '../query/query-args.ts'
import type { UseConvexQueryOptions } from '../query/use-convex-query.ts'
import type { PageRequest, PageState, PaginationView } from './pagination-state.ts'
import { tryOnScopeDispose } from '@vueuse/core'
import { computed, shallowRef, watch } from 'vue'
import { diagnose } from '../../errors/diagnose.ts'
import { hasAuthFailed, isIdentityUnsure, isUserMissing } from '../../plugin/auth.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { identityOf, identityScopedComputed } from '../../plugin/identity-scoped.ts'
import { functionName } from '../../shared/function-name.ts'
import { shareStructure } from '../../shared/structural-sharing.ts'
import { shareError } from '../../store/share-error.ts'
import { onKeepAliveToggle } from '../lifecycle/on-keep-alive-toggle.ts'
import { whenSettled } from '../lifecycle/when-settled.ts'
import { pauseReason } from '../query/pause-reason.ts'
import { useQueryTarget } from '../query/query-args.ts'
import { createListSession, listKeyOf, pageQueryOf } from './list-session.ts'
import { LOADING, PAUSED, requestsOf, viewOf } from './pagination-state.ts'

/** Options of {@link useConvexPaginatedQuery}. */
export interface UseConvexPaginatedQueryOptions extends Pick<UseConvexQueryOptions, 'auth' | 'awaitTimeoutMs' | 'ssr'> {
  /** The number of rows to request for the first page: a positive integer. */
  initialNumItems: number
  /**
   * When the arguments change, shows the previous rows (with `isStale`) until the first page
   * arrives.
   *
   * @default the plugin's `keepPreviousData`, or else false
   */
  keepPreviousData?: boolean
  /**
   * How long the pages remain subscribed while the component is deactivated in a `KeepAlive`, in
   * milliseconds.
   *
   * @default the plugin's `lingerMs`
   */
  lingerMs?: number
}

/**
 * The return value of {@link useConvexPaginatedQuery}: read-only refs of the list, and `loadMore`.
 */
export interface UseConvexPaginatedQueryReturn<Item> {
  /**
   * The rows of all loaded pages, in order. A row that does not change remains the same object. If
   * no row changes, the array remains the same object too.
   */
  results: Readonly<Ref<Item[]>>
  /**
   * `LoadingMore`: rows at the end of `results` are still missing and are being loaded. `Error`: a
   * page has failed, and `results` ends before it.
   */
  status: Readonly<Ref<'LoadingFirstPage' | 'CanLoadMore' | 'LoadingMore' | 'Exhausted' | 'Paused' | 'Error'>>
  /** Why the list is paused; `undefined` unless `status` is `Paused`. */
  pausedBy: Readonly<Ref<PauseReason | undefined>>
  /** `status` is `LoadingFirstPage` or `LoadingMore`. */
  isLoading: Readonly<Ref<boolean>>
  /** The error of the page that failed; `undefined` again once the page has a result. */
  error: Readonly<Ref<Error | undefined>>
  /** `results` may differ from the live rows of these arguments for the current identity. */
  isStale: Readonly<Ref<boolean>>
  /**
   * Loads one more page of `numItems` rows. Has no effect unless `status` is `CanLoadMore`, so a
   * scroll listener may call it at any time.
   *
   * @throws {ConvueError} `ARGS_INVALID`: `numItems` is not a positive integer
   */
  loadMore: (numItems: number) => void
}

type AwaitableList<Item> = UseConvexPaginatedQueryReturn<Item> & PromiseLike<UseConvexPaginatedQueryReturn<Item>>

/** The view of a list, with the key of the list. */
interface ListView extends PaginationView { key: string }

/**
 * A live list that loads page by page.
 *
 * Every page is a subscription. Pages grow and shrink when rows are added and removed. Large pages
 * are split, without gaps, duplicates or flicker. An invalid cursor restarts the list. After three
 * restarts in a row, it is an error. A change of the arguments and an identity change start a new
 * list. A new object with equal arguments does not.
 *
 * The list can be awaited, also by `<Suspense>`. The promise resolves at the first page, error,
 * pause or authentication failure. It never rejects: errors are part of the state.
 *
 * @param query A paginated query of `convex/_generated/api`.
 * @param args Its arguments without `paginationOpts`, as in `useConvexQuery`: `undefined`, `null`
 * and `'skip'` pause the list.
 * @param options The size of the first page, the identity to run as, and other options.
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
  args: MaybeRefOrGetter<PausablePaginatedQueryArgs<Q>> | ArgsFields<PaginatedQueryArgs<Q>>,
  options: UseConvexPaginatedQueryOptions,
): AwaitableList<PaginatedQueryItem<Q>> {
  const { initialNumItems, awaitTimeoutMs, ssr = true } = options
  assertNumItems(initialNumItems)
  const context = useConvexContext('useConvexPaginatedQuery')
  const { auth = context.queryAuth, keepPreviousData = context.keepPreviousData } = options
  const { callerAuth, isServer } = context
  const target = useQueryTarget(functionName(query), auth, [args])
  const session = createListSession(context, target, auth, initialNumItems)
  const isActive = shallowRef(true)
  /** Whether the list no longer changes: its scope has ended, or a server does not fetch it. */
  const isEnded = shallowRef(isServer && !(ssr && session.fetchOnServer()))

  const view = identityScopedComputed<ListView>(context, auth, (previous) => {
    const key = listKeyOf(target.value)
    const previousOfList = previous?.key === key ? previous : undefined
    // A list whose component is deactivated or unmounted continues to show its last rows.
    if (previousOfList && (!isActive.value || isEnded.value))
      return previousOfList
    let next = currentView(previousOfList)
    if (keepPreviousData && next.status === 'LoadingFirstPage' && previous && previous.status !== 'Paused')
      next = { ...next, results: previous.results, isStale: previous.results.length > 0 }
    return {
      ...next,
      error: shareError(previous?.error, next.error),
      // The store reuses the objects of unchanged rows within a page. This also reuses the objects
      // of rows that have moved to another page, for example because their page was split.
      results: shareStructure(previous?.results, next.results) as PaginationView['results'],
      isStale: next.isStale || (hasRows(next) && isIdentityUnsure(callerAuth, auth)),
      key,
    }
  })

  function currentView(previous: PaginationView | undefined): PaginationView {
    const { value } = target
    if (value.status === 'paused' || isUserMissing(callerAuth, auth))
      return PAUSED
    if (value.status === 'error')
      return { status: 'Error', results: [], error: value.error, isStale: false }
    if (!session.isCurrent())
      return LOADING
    return viewOf(session.current.value, session.read, previous)
  }

  function syncSession(): void {
    if (!isActive.value)
      session.release(options.lingerMs ?? context.lingerMs)
    else if (!isEnded.value)
      session.sync()
  }

  if (!isServer) {
    onKeepAliveToggle((isNowActive) => {
      isActive.value = isNowActive
    })
    // Runs before the next render. If the arguments change several times in a tick, only the last
    // arguments are used.
    watch([() => listKeyOf(target.value), () => identityOf(context, auth)], syncSession, { immediate: true })
    watch(isActive, syncSession, { flush: 'sync' })
    watch(session.current, (state) => {
      if (isActive.value)
        session.apply(state)
    }, { flush: 'sync' })
    tryOnScopeDispose(() => {
      isEnded.value = true
      session.release(0)
    })
  }

  const isSettled = (): boolean =>
    isEnded.value || view.value.status !== 'LoadingFirstPage' || hasAuthFailed(callerAuth, auth)

  const status = computed(() => view.value.status)
  const refs: UseConvexPaginatedQueryReturn<any> = {
    results: computed(() => view.value.results),
    status,
    pausedBy: computed(() => status.value === 'Paused' ? pauseReason(target.value, callerAuth, auth) : undefined),
    isLoading: computed(() => status.value === 'LoadingFirstPage' || status.value === 'LoadingMore'),
    error: computed(() => view.value.error),
    isStale: computed(() => view.value.isStale),
    loadMore(numItems) {
      assertNumItems(numItems)
      if (status.value === 'CanLoadMore' && isActive.value && !isEnded.value && !isServer)
        session.loadMore(numItems)
    },
  }
  if (process.env.NODE_ENV !== 'production' && context.record) {
    const read = (): ShownState => {
      const { query } = target.value
      const requests = requestsOf(session.current.value)
      return {
        status: status.value,
        pausedBy: refs.pausedBy.value,
        args: query?.args,
        rows: refs.results.value.length,
        pages: requests.map(request => describePage(request, session.read(request))),
        queryKeys: query && requests.map(request => pageQueryOf(query, request).key),
      }
    }
    context.record.show({ kind: 'list', name: functionName(query), auth, read })
  }
  return {
    ...refs,
    then: whenSettled(() => refs, isSettled, awaitTimeoutMs),
  }
}

/** A page, as DevTools show it. */
function describePage({ numItems, cursor }: PageRequest, { status, value }: PageState): ShownPage {
  return { numItems, cursor, status, rows: value?.page.length }
}

/** Whether the rows of a list are known. The list may be empty. */
function hasRows({ status, results }: PaginationView): boolean {
  return results.length > 0 || status === 'CanLoadMore' || status === 'Exhausted'
}

function assertNumItems(numItems: number): void {
  if (!Number.isInteger(numItems) || numItems < 1)
    throw diagnose('ARGS_INVALID', `A page has a positive whole number of items, not ${String(numItems)}.`)
}
