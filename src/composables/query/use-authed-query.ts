/** `useAuthedQuery`: a live query that runs only as a confirmed user. */

import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { QueryRest } from './query-args.ts'
import type { UseConvexQueryOptions, WithInitialData } from './use-convex-query.ts'
import { withArgs } from './query-args.ts'
import { useConvexQuery } from './use-convex-query.ts'

/** Options of {@link useAuthedQuery}: those of `useConvexQuery` without `auth`. */
export type UseAuthedQueryOptions<Result = any, Data = Result, Initial extends Result | undefined = Result | undefined>
  = Omit<UseConvexQueryOptions<Result, Data, Initial>, 'auth'>

/**
 * A live query that runs only as a confirmed user: {@link useConvexQuery} with `auth: 'required'`.
 * The query is pending while the identity is not known yet, and paused while the page is signed
 * out.
 *
 * @param query A query of `convex/_generated/api`.
 * @param rest Arguments and options, as in `useConvexQuery`.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const { data: tasks } = useAuthedQuery(api.tasks.list, () => ({ filter: filter.value }))
 */
export function useAuthedQuery<
  Q extends FunctionReference<'query'>,
  Data = FunctionReturnType<Q>,
  Initial extends FunctionReturnType<Q> | undefined = undefined,
>(
  query: Q,
  ...rest: QueryRest<Q, WithInitialData<UseAuthedQueryOptions<FunctionReturnType<Q>, Data, Initial>, Initial>>
): ReturnType<typeof useConvexQuery<Q, Data, Initial>> {
  const [args, options] = withArgs(rest) as [args: any, options?: object]
  return useConvexQuery<Q, Data, Initial>(query, ...[args, { ...options, auth: 'required' }] as any)
}
