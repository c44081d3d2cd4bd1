/** `prefetchConvexQuery`: runs a query before the page that shows it is mounted. */

import type { FunctionReference } from 'convex/server'
import type { ConvexContext } from '../../plugin/context.ts'
import type { QueryRest } from './query-args.ts'
import type { UseConvexQueryOptions } from './use-convex-query.ts'
import { effectScope } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { withArgs } from './query-args.ts'
import { useConvexQuery } from './use-convex-query.ts'

/**
 * Options of {@link prefetchConvexQuery}. `auth` and `live` must be the same as in the component
 * that shows the query. `lingerMs`: how long the result is kept after it has arrived, in
 * milliseconds (10,000 by default). `awaitTimeoutMs`: the longest time for which the promise waits
 * for the result, in milliseconds (5,000 by default).
 */
export type PrefetchConvexQueryOptions = Pick<UseConvexQueryOptions, 'auth' | 'live' | 'lingerMs' | 'awaitTimeoutMs'>

/** Runs a query before a page shows it: see {@link prefetchConvexQuery}. */
export type PrefetchConvexQuery = <Q extends FunctionReference<'query'>>(
  query: Q,
  ...rest: QueryRest<Q, PrefetchConvexQueryOptions>
) => Promise<void>

/**
 * Long enough for the rest of a navigation, or for the time between hovering over a link and
 * clicking it.
 */
const LINGER_MS = 10_000

/**
 * Runs a query before a page shows it. If the page mounts within `lingerMs` after the result has
 * arrived, it shows the result at once and sends no further request. To be called in router guards
 * (`beforeEnter`, `beforeResolve`) and in `setup`, before any `await`. Event handlers use {@link
 * usePrefetchConvexQuery} instead.
 *
 * @param query A query of `convex/_generated/api`.
 * @param rest Arguments and options, as in `useConvexQuery`.
 * @returns Resolves at the first result, an error, a pause or the time-out; on a server at once.
 * It never rejects: the page shows the error.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const route = {
 *   path: '/tasks/:id',
 *   component: Task,
 *   beforeEnter: to => prefetchConvexQuery(api.tasks.get, { id: to.params.id }),
 * }
 */
export const prefetchConvexQuery: PrefetchConvexQuery = (query, ...rest) =>
  prefetch(useConvexContext('prefetchConvexQuery'), query, rest)

/**
 * Returns a {@link prefetchConvexQuery} for event handlers, such as one that runs when the pointer
 * hovers over a link.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`
 * @example
 * const prefetch = usePrefetchConvexQuery()
 * const onMouseenter = (id: string) => prefetch(api.tasks.get, { id })
 */
export function usePrefetchConvexQuery(): PrefetchConvexQuery {
  const context = useConvexContext('usePrefetchConvexQuery')
  return (query, ...rest) => prefetch(context, query, rest)
}

function prefetch({ app }: ConvexContext, query: FunctionReference<'query'>, rest: readonly unknown[]): Promise<void> {
  const [args, options] = withArgs(rest) as [args: any, options?: PrefetchConvexQueryOptions]
  // Detached: a component that prefetches for a page and unmounts must not end the subscription.
  const scope = effectScope(true)
  const useQuery = (): PromiseLike<unknown> => useConvexQuery(query, args, { lingerMs: LINGER_MS, ...options })
  const prefetched = app.runWithContext(() => scope.run(useQuery)!)
  return Promise.resolve(prefetched.then(() => scope.stop()))
}
