import type { MaybeRefOrGetter } from 'vue'
import type { PaginatedQueryReference, PausablePaginatedQueryArgs } from '../../shared/paginated-query.ts'
import type { UseConvexPaginatedQueryOptions } from './use-convex-paginated-query.ts'
import { useConvexPaginatedQuery } from './use-convex-paginated-query.ts'

/** Options of {@link useAuthedPaginatedQuery}: those of `useConvexPaginatedQuery` without `auth`. */
export type UseAuthedPaginatedQueryOptions = Omit<UseConvexPaginatedQueryOptions, 'auth'>

/**
 * A live list that loads page by page, only as a confirmed user: {@link useConvexPaginatedQuery} with `auth: 'required'`. It is loading while it
 * is not known who is there, and paused while nobody is signed in.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`, `ARGS_INVALID`
 * @example
 * const { results: tasks, loadMore } = useAuthedPaginatedQuery(api.tasks.page, {}, { initialNumItems: 20 })
 */
export function useAuthedPaginatedQuery<Q extends PaginatedQueryReference>(
  query: Q,
  args: MaybeRefOrGetter<PausablePaginatedQueryArgs<Q>>,
  options: UseAuthedPaginatedQueryOptions,
): ReturnType<typeof useConvexPaginatedQuery<Q>> {
  return useConvexPaginatedQuery(query, args, { ...options, auth: 'required' })
}
