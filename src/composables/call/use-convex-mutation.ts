/** `useConvexMutation`: a Convex mutation and the state of its latest call. */

import type { OptimisticUpdate } from 'convex/browser'
import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import type { RestArgs } from '../../shared/rest-args.ts'
import type { UseConvexCallOptions, UseConvexCallReturn } from './use-convex-call.ts'
import { useConvexCall } from './use-convex-call.ts'

/** Options of {@link useConvexMutation}. */
export interface UseConvexMutationOptions<M extends FunctionReference<'mutation'>>
  extends UseConvexCallOptions<FunctionArgs<M>, FunctionReturnType<M>> {
  /**
   * Changes query results on the page in the tick of the call. The changes last until the page has
   * received the results of the mutation, or the mutation has failed. The function must be
   * synchronous. It runs again on each transition until then, so it must create new values and
   * never change a value in place.
   *
   * It can read the live queries of the current identity that are on the page; `getQuery` returns
   * `undefined` for all other queries. Setting a query to `undefined` puts it into the loading
   * state: its `status` is `'pending'`. Its `data` is then `undefined`, or the previous data (with
   * `isStale`) if the query has `keepPreviousData`.
   *
   * @default undefined: no optimistic update
   */
  optimisticUpdate?: OptimisticUpdate<FunctionArgs<M>>
  /**
   * Stores each call in the outbox of the plugin before it is sent. The call then survives a reload
   * and a closed tab, runs once, in the order of the user's calls, and only as the user who made
   * it. The mutation must be defined with `defineOfflineMutation` of `convue/convex`.
   *
   * @default false
   */
  offline?: 'offlineKey' extends keyof FunctionArgs<M> ? boolean : false
}

/**
 * The return value of {@link useConvexMutation}: the mutation, and the state of its latest call.
 */
export interface UseConvexMutationReturn<M extends FunctionReference<'mutation'>>
  extends UseConvexCallReturn<FunctionReturnType<M>> {
  /**
   * Runs the mutation as the current identity. Offline, the call waits for the connection. If the
   * connection drops during the call, Convex sends the mutation again and still runs it only once.
   * Resolves once the queries on the page reflect the mutation.
   *
   * @throws {IdentityChangedError} The identity changed before the result arrived.
   */
  mutate: (...args: RestArgs<M>) => Promise<FunctionReturnType<M>>
}

/**
 * Calls a mutation and exposes the state of the latest call.
 *
 * @param mutation A mutation of `convex/_generated/api`.
 * @param options Callbacks for the result and the error of each call, and an optimistic update.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const { mutate: addTask, isPending } = useConvexMutation(api.tasks.add)
 */
export function useConvexMutation<M extends FunctionReference<'mutation'>>(
  mutation: M,
  options: UseConvexMutationOptions<M> = {},
): UseConvexMutationReturn<M> {
  const { call, ...state } = useConvexCall('useConvexMutation', 'mutation', mutation, options)
  return { ...state, mutate: call }
}
