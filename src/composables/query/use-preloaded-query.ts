import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { Preloaded } from '../../ssr/preloaded.ts'
import type { UseConvexQueryOptions, UseConvexQueryReturn } from './use-convex-query.ts'
import { makeFunctionReference } from 'convex/server'
import { jsonToConvex } from 'convex/values'
import { computed, watch } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { identityOf } from '../../plugin/identity-scoped.ts'
import { useConvexQuery } from './use-convex-query.ts'

/** Options of {@link usePreloadedQuery}: see those of `useConvexQuery`. With `keepDataOnError`, what was preloaded counts as a result. */
export type UsePreloadedQueryOptions = Pick<UseConvexQueryOptions, 'auth' | 'keepDataOnError' | 'live' | 'lingerMs' | 'awaitTimeoutMs'>

/** What {@link usePreloadedQuery} returns. */
export type UsePreloadedQueryReturn<Q extends FunctionReference<'query'>> = UseConvexQueryReturn<FunctionReturnType<Q>>

/**
 * A live query that starts with what a server has preloaded: shown at once, with `isStale`, until the live result takes over.
 *
 * What was preloaded is shown to whom it was made for, and while it is not known yet who is there: the query is not asked as nobody meanwhile, if it
 * was made for somebody. Under anybody else, on an error and while paused, `data` is `undefined` in spite of its type, as with `initialData`.
 *
 * @param preloaded What the server gave.
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const { data: tasks } = usePreloadedQuery(props.preloadedTasks)
 */
export function usePreloadedQuery<Q extends FunctionReference<'query'>>(
  preloaded: Preloaded<Q>,
  options: UsePreloadedQueryOptions = {},
): UsePreloadedQueryReturn<Q> & PromiseLike<UsePreloadedQueryReturn<Q>> {
  const { auth, keepDataOnError } = options
  const context = useConvexContext('usePreloadedQuery')
  const { authState, isServer } = context
  const { userId } = preloaded
  const [args, value] = [jsonToConvex(preloaded.args), jsonToConvex(preloaded.value)]
  const initialIdentity = identityOf(context)

  const isTheirs = (): boolean => {
    if (auth === 'public')
      return userId === null
    const somebody = authState.value.user
    return identityOf(context) === initialIdentity && (somebody === undefined || (somebody?.id ?? null) === userId)
  }
  /** While somebody's token takes long, nobody is asked in their place. */
  const isAwaited = (): boolean => userId !== null && authState.value.status === 'loading' && isTheirs()

  // Kept, so that an optimistic update that makes the query load again does not bring the older value back.
  const { then, ...live } = useConvexQuery(
    makeFunctionReference<'query'>(preloaded.name),
    (() => isAwaited() ? undefined : args) as any,
    { ...options, keepPreviousData: true, ssr: false },
  )
  const isWaiting = (): boolean => isAwaited() || live.status.value === 'pending' || (!!keepDataOnError && live.status.value === 'error')
  let isOver = false
  const isShown = computed(() => !isOver && isWaiting() && isTheirs())
  // The first answer ends it for good.
  if (!isServer)
    watch(live.status, () => isOver ||= !isWaiting(), { immediate: true, flush: 'sync' })

  const status = computed(() => isShown.value && live.status.value !== 'error' ? 'success' : live.status.value)
  const refs: UseConvexQueryReturn<any> = {
    ...live,
    data: computed(() => isShown.value ? value : live.data.value),
    status,
    isPaused: computed(() => status.value === 'paused'),
    isPending: computed(() => status.value === 'pending'),
    isStale: computed(() => isShown.value || live.isStale.value),
  }
  return {
    ...refs,
    then: (onFulfilled, onRejected) => (status.value === 'pending' ? then(() => refs) : Promise.resolve(refs)).then(onFulfilled, onRejected),
  }
}
