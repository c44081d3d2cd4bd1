import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { QueryRest } from './query-args.ts'
import type { UseConvexQueryOptions, WithInitialData } from './use-convex-query.ts'
import { useConvexQuery } from './use-convex-query.ts'

/** Options of {@link useAuthedQuery}: those of `useConvexQuery` without `auth`. */
export type UseAuthedQueryOptions<Result = any, Data = Result, Initial extends Result | undefined = Result | undefined>
  = Omit<UseConvexQueryOptions<Result, Data, Initial>, 'auth'>

/**
 * A live query that runs only as a confirmed user: {@link useConvexQuery} with `auth: 'required'`. It is pending while it is not known who is
 * there, and paused while nobody is signed in.
 *
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
  // What was left out stays left out: an `undefined` in its place would pause.
  const [args, options] = rest
  const asRequired = rest.length === 0
    ? [
        {},
        { auth: 'required' },
      ]
    : [
        args,
        { ...options, auth: 'required' },
      ]
  return useConvexQuery<Q, Data, Initial>(query, ...asRequired as any)
}
