/** The public exports of `convue/tanstack-query`: Convex queries in the cache of TanStack Query. */

import type { Query, QueryClient, QueryFunctionContext } from '@tanstack/vue-query'
import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { ComputedRef, InjectionKey } from 'vue'
import type { BridgedRest, ConvexQueryKey } from '../bridges/bridged-query.ts'
import type { LiveEntries } from '../bridges/live-entries.ts'
import type { ConvexContext } from '../plugin/context.ts'
import { inject } from 'vue'
import { KEY_PREFIX, useBridgedQuery } from '../bridges/bridged-query.ts'
import { createLiveEntries } from '../bridges/live-entries.ts'

export type { BridgedRest, ConvexQueryKey, ConvexQueryOptionsOptions } from '../bridges/bridged-query.ts'

/** The return value of {@link convexQueryOptions}: options of `useQuery`. */
export interface ConvexQueryOptions<Data> {
  /** Contains the identity, so no user reads the entry of another. */
  queryKey: ComputedRef<ConvexQueryKey>
  /** Subscribes the entry of the cache. */
  queryFn: (context: QueryFunctionContext<any>) => Promise<Data>
  /** `false` while the arguments pause the query, the identity is unknown, or a user is missing. */
  enabled: ComputedRef<boolean>
  /** The deployment sends each new result, so a result never becomes stale. */
  staleTime: number
  /** Convex repeats a failed query itself when its data changes. */
  retry: false
  /** The Convex client waits for the network itself. */
  networkMode: 'always'
}

type Entries = LiveEntries<Query<any, any, any, any>>

/** The subscriptions of each cache that an app uses. */
type Caches = Map<QueryClient, Entries>

const cachesKey: InjectionKey<Caches> = Symbol('convue/tanstack-query')

/**
 * Options of TanStack Query's `useQuery` for a Convex query. The entry of the cache is subscribed
 * until the cache removes it, `gcTime` after the last component has stopped using it. An identity
 * change removes the entries of the previous identity in the same tick.
 *
 * @param query A query of `convex/_generated/api`.
 * @param rest Arguments and options, as in `useConvexQuery`. `undefined`, `null` and `'skip'` pause
 * the query.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const { data } = useQuery(convexQueryOptions(api.tasks.list, () => ({ filter: filter.value })))
 */
export function convexQueryOptions<Q extends FunctionReference<'query'>>(
  query: Q,
  ...rest: BridgedRest<Q>
): ConvexQueryOptions<FunctionReturnType<Q>> {
  const { context, key, isEnabled } = useBridgedQuery(query, rest)
  const caches = cachesOf(context)
  return {
    queryKey: key,
    queryFn({ client, queryKey }) {
      const entry = client.getQueryCache().find({ queryKey, exact: true })!
      return entriesOf(context, caches, client).fetch(entry, queryKey, {
        onResult: value => void client.setQueryData(queryKey, value),
        onError: error => entry.setState({ status: 'error', error, errorUpdatedAt: Date.now(), fetchStatus: 'idle' }),
      })
    },
    enabled: isEnabled,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    networkMode: 'always',
  }
}

function cachesOf({ app }: ConvexContext): Caches {
  const known = app.runWithContext(() => inject(cachesKey, null))
  const caches: Caches = known ?? new Map()
  if (!known)
    app.provide(cachesKey, caches)
  return caches
}

function entriesOf(context: ConvexContext, caches: Caches, client: QueryClient): Entries {
  const known = caches.get(client)
  if (known)
    return known
  const cache = client.getQueryCache()
  const entries = createLiveEntries<Query<any, any, any, any>>(context, (isForeign) => {
    for (const query of cache.findAll({ queryKey: KEY_PREFIX })) {
      if (!isForeign(query.queryKey))
        continue
      // An observer may keep the entry and show its data as a placeholder: empty the entry first.
      query.reset()
      cache.remove(query)
    }
  })
  const unsubscribe = cache.subscribe(({ type, query }) => {
    if (type === 'removed')
      entries.stop(query)
  })
  context.app.onUnmount(unsubscribe)
  caches.set(client, entries)
  return entries
}
