/** `useAuthedPaginatedQuery`: a live paginated list that runs only as a confirmed user. */

import type { MaybeRefOrGetter } from 'vue'
import type {
  PaginatedQueryArgs,
  PaginatedQueryReference,
  PausablePaginatedQueryArgs,
} from '../../shared/paginated-query.ts'
import type { ArgsFields } from '../query/query-args.ts'
import type { UseConvexPaginatedQueryOptions } from './use-convex-paginated-query.ts'
import { useConvexPaginatedQuery } from './use-convex-paginated-query.ts'

/**
 * Options of {@link useAuthedPaginatedQuery}: those of `useConvexPaginatedQuery` without `auth`.
 */
export type UseAuthedPaginatedQueryOptions = Omit<UseConvexPaginatedQueryOptions, 'auth'>

/**
 * A live list that loads page by page, only as a confirmed user: {@link useConvexPaginatedQuery}
 * with `auth: 'required'`. Its status is `'LoadingFirstPage'` while the identity is not known yet,
 * and `'Paused'` while the page is signed out.
 *
 * @param query A paginated query of `convex/_generated/api`.
 * @param args Its arguments without `paginationOpts`, as in `useConvexPaginatedQuery`.
 * @param options The size of the first page, and other options.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`, `ARGS_INVALID`
 * @example
 * const { results: tasks, loadMore } = useAuthedPaginatedQuery(
 *   api.tasks.page,
 *   {},
 *   { initialNumItems: 20 },
 * )
 */
export function useAuthedPaginatedQuery<Q extends PaginatedQueryReference>(
  query: Q,
  args: MaybeRefOrGetter<PausablePaginatedQueryArgs<Q>> | ArgsFields<PaginatedQueryArgs<Q>>,
  options: UseAuthedPaginatedQueryOptions,
): ReturnType<typeof useConvexPaginatedQuery<Q>> {
  return useConvexPaginatedQuery(query, args, { ...options, auth: 'required' })
}
