import type { OptimisticUpdate } from 'convex/browser'
import type { FunctionArgs, FunctionReference, FunctionReturnType, OptionalRestArgs } from 'convex/server'
import type { UseConvexCallOptions, UseConvexCallReturn } from './use-convex-call.ts'
import { attempt } from '../plugin/batch.ts'
import { useConvexCall } from './use-convex-call.ts'

export interface UseConvexMutationOptions<M extends FunctionReference<'mutation'>>
  extends UseConvexCallOptions<FunctionArgs<M>, FunctionReturnType<M>> {
  /** Changes query results on the page until the mutation's own effect is there. Synchronous. */
  optimisticUpdate?: OptimisticUpdate<FunctionArgs<M>>
}

export interface UseConvexMutationReturn<M extends FunctionReference<'mutation'>>
  extends UseConvexCallReturn<FunctionReturnType<M>> {
  /**
   * Runs the mutation as whoever is there; offline, it waits for the connection. Resolves once the queries on the page reflect it.
   *
   * @throws {IdentityChangedError} the person changed first
   */
  mutate: (...args: OptionalRestArgs<M>) => Promise<FunctionReturnType<M>>
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
  const { optimisticUpdate } = options
  const { call, ...state } = useConvexCall('useConvexMutation', 'mutation', mutation, options, {
    // The client runs it again at every transition until the mutation is through: an error would stop them all.
    optimisticUpdate: optimisticUpdate && ((queries, args) => attempt(() => optimisticUpdate(queries, args))),
  })
  return { ...state, mutate: (...args) => call(args[0]) }
}
