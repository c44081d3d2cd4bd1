import type { OptimisticUpdate } from 'convex/browser'
import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import type { RestArgs } from '../../shared/rest-args.ts'
import type { UseConvexCallOptions, UseConvexCallReturn } from './use-convex-call.ts'
import { useConvexCall } from './use-convex-call.ts'

/** Options of {@link useConvexMutation}. */
export interface UseConvexMutationOptions<M extends FunctionReference<'mutation'>>
  extends UseConvexCallOptions<FunctionArgs<M>, FunctionReturnType<M>> {
  /**
   * Changes query results on the page in the tick of the call, until the mutation's own effect is there or it has failed. Synchronous. Runs again on
   * top of what the server sends meanwhile: make new values and change none in place.
   *
   * It sees live queries of whoever is there that are on the page; `getQuery` gives `undefined` for others. Setting a query to `undefined` makes it
   * load: its `status` is `'pending'` and `data` is `undefined`, or with `keepPreviousData` what was shown, with `isStale`.
   */
  optimisticUpdate?: OptimisticUpdate<FunctionArgs<M>>
}

/** What {@link useConvexMutation} returns: the mutation, and the state of its latest call. */
export interface UseConvexMutationReturn<M extends FunctionReference<'mutation'>>
  extends UseConvexCallReturn<FunctionReturnType<M>> {
  /**
   * Runs the mutation as whoever is there; offline, it waits for the connection, and one whose connection drops is repeated without running twice.
   * Resolves once the queries on the page reflect it.
   *
   * @throws {IdentityChangedError} the person changed first
   */
  mutate: (...args: RestArgs<M>) => Promise<FunctionReturnType<M>>
}

/**
 * A mutation, and the state of its latest call.
 *
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
