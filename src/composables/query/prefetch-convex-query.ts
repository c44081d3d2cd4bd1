import type { FunctionReference } from 'convex/server'
import type { ConvexContext } from '../../plugin/context.ts'
import type { QueryRest } from './query-args.ts'
import type { UseConvexQueryOptions } from './use-convex-query.ts'
import { effectScope } from 'vue'
import { useConvexContext } from '../../plugin/context.ts'
import { useConvexQuery } from './use-convex-query.ts'

/**
 * Options of {@link prefetchConvexQuery}. `auth` and `live` are to be the same as where the query is shown; `lingerMs` is how long the answer is
 * held ready, in milliseconds (10,000 by default), and `awaitTimeoutMs` how long the promise waits for it (5,000 by default).
 */
export type PrefetchConvexQueryOptions = Pick<UseConvexQueryOptions, 'auth' | 'live' | 'lingerMs' | 'awaitTimeoutMs'>

/** Warms up a query: see {@link prefetchConvexQuery}. */
export type PrefetchConvexQuery = <Q extends FunctionReference<'query'>>(query: Q, ...rest: QueryRest<Q, PrefetchConvexQueryOptions>) => Promise<void>

/** Time for the rest of a navigation, or from hovering over a link to clicking it. */
const LINGER_MS = 10_000

/**
 * Asks a query before a page shows it: the page that mounts within `lingerMs` after the answer shows it at once, and nothing more goes over the
 * wire. For router guards (`beforeEnter`, `beforeResolve`) and `setup`, before any `await`; event handlers use {@link usePrefetchConvexQuery}.
 *
 * @returns Resolves at the first answer, an error, a pause or the time-out; on a server at once. It never rejects: the page shows the error.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const route = { path: '/tasks/:id', component: Task, beforeEnter: to => prefetchConvexQuery(api.tasks.get, { id: to.params.id }) }
 */
export const prefetchConvexQuery: PrefetchConvexQuery = (query, ...rest) =>
  prefetch(useConvexContext('prefetchConvexQuery'), query, rest)

/**
 * Gives {@link prefetchConvexQuery} to event handlers, as for a link that is hovered over.
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
  const [args = rest.length > 0 ? undefined : {}, options] = rest as [args?: any, options?: PrefetchConvexQueryOptions]
  // Of no component: one that prefetches for a page and leaves for it must not take the subscription along.
  const scope = effectScope(true)
  const asked = app.runWithContext(() => scope.run(() => useConvexQuery(query, args, { lingerMs: LINGER_MS, ...options }))!)
  return Promise.resolve(asked.then(() => scope.stop()))
}
