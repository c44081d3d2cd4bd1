/** `usePreloadedQuery`: a live query that begins with a result that a server has fetched. */

import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { Preloaded } from '../../ssr/preloaded.ts'
import type { UseConvexQueryOptions, UseConvexQueryReturn } from './use-convex-query.ts'
import { makeFunctionReference } from 'convex/server'
import { jsonToConvex } from 'convex/values'
import { computed, watch } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { identityOf } from '../../plugin/identity-scoped.ts'
import { useConvexQuery } from './use-convex-query.ts'

/**
 * Options of {@link usePreloadedQuery}: see those of `useConvexQuery`. With `keepDataOnError`, the
 * preloaded value counts as a result.
 */
export type UsePreloadedQueryOptions
  = Pick<UseConvexQueryOptions, 'auth' | 'keepDataOnError' | 'live' | 'lingerMs' | 'awaitTimeoutMs'>

/** The return value of {@link usePreloadedQuery}: that of `useConvexQuery`. */
export type UsePreloadedQueryReturn<Q extends FunctionReference<'query'>>
  = UseConvexQueryReturn<FunctionReturnType<Q> | undefined>

/**
 * A live query that begins with a preloaded value: it shows this value, with `isStale`, until the
 * live result arrives.
 *
 * The preloaded value is shown while the current identity is the one that it was fetched for, or is
 * not known yet. If it was fetched for a user, the query does not run anonymously before the user's
 * token has arrived. `data` is `undefined` if the identity is another one, such as after a
 * sign-out, if the query has failed, or if the query is paused.
 *
 * @param preloaded The return value of `preloadAuthQuery` on the server.
 * @param options A subset of the options of `useConvexQuery`.
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const { data: tasks } = usePreloadedQuery(props.preloadedTasks)
 */
export function usePreloadedQuery<Q extends FunctionReference<'query'>>(
  preloaded: Preloaded<Q>,
  options: UsePreloadedQueryOptions = {},
): UsePreloadedQueryReturn<Q> & PromiseLike<UsePreloadedQueryReturn<Q>> {
  const context = useConvexContext('usePreloadedQuery')
  const { auth = context.queryAuth, keepDataOnError } = options
  const { authState, clients, isServer } = context
  const { userId } = preloaded
  // The query below is paused until the user is known, so it does not request the user itself.
  if (userId !== null)
    clients.needUser()
  const args = jsonToConvex(preloaded.args)
  const value = jsonToConvex(preloaded.value)
  const initialIdentity = identityOf(context)

  const isForCurrentIdentity = (): boolean => {
    if (auth === 'public')
      return userId === null
    if (identityOf(context) !== initialIdentity)
      return false
    const { user } = authState.value
    return user === undefined || (user?.id ?? null) === userId
  }
  /**
   * Whether the value was fetched for a user whose token has not arrived yet. The query must then
   * wait, and must not run anonymously.
   */
  const isAwaitingUser = (): boolean =>
    userId !== null && authState.value.status === 'loading' && isForCurrentIdentity()

  // `keepPreviousData`: if an optimistic update makes the live query load again, the live result
  // remains. The preloaded value, which is older, must not appear again. `hidesStored`: a result
  // that is stored from the last visit is older than the preloaded value.
  const { then, ...live } = useConvexQuery(
    makeFunctionReference<'query'>(preloaded.name),
    (() => isAwaitingUser() ? undefined : args) as any,
    { ...options, keepPreviousData: true, ssr: false, hidesStored: true } as object,
  )
  const hasNoResult = (): boolean => {
    if (isAwaitingUser() || live.status.value === 'pending')
      return true
    return !!keepDataOnError && live.status.value === 'error'
  }
  let hadResult = false
  const isPreloadedShown = computed(() => !hadResult && hasNoResult() && isForCurrentIdentity())
  // After the first live result, the preloaded value never appears again.
  if (!isServer) {
    watch(live.status, () => {
      hadResult ||= !hasNoResult()
    }, { immediate: true, flush: 'sync' })
  }

  const status = computed(() => {
    if (isPreloadedShown.value && live.status.value !== 'error')
      return 'success'
    return live.status.value
  })
  const refs: UseConvexQueryReturn<any> = {
    ...live,
    data: computed(() => isPreloadedShown.value ? value : live.data.value),
    status,
    isPaused: computed(() => status.value === 'paused'),
    pausedBy: computed(() => status.value === 'paused' ? live.pausedBy.value : undefined),
    isPending: computed(() => status.value === 'pending'),
    isStale: computed(() => isPreloadedShown.value || live.isStale.value),
  }
  return {
    ...refs,
    then(onFulfilled, onRejected) {
      const settled = status.value === 'pending' ? then(() => refs) : Promise.resolve(refs)
      return settled.then(onFulfilled, onRejected)
    },
  }
}
