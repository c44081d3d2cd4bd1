/** The public exports of `convue/pinia-colada`: Convex queries in the cache of Pinia Colada. */

import type { UseQueryEntry } from '@pinia/colada'
import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { ComputedRef, InjectionKey } from 'vue'
import type { BridgedRest, ConvexQueryKey } from '../bridges/bridged-query.ts'
import type { LiveEntries } from '../bridges/live-entries.ts'
import type { ConvexContext } from '../plugin/context.ts'
import { useQueryCache } from '@pinia/colada'
import { inject } from 'vue'
import { KEY_PREFIX, useBridgedQuery } from '../bridges/bridged-query.ts'
import { createLiveEntries } from '../bridges/live-entries.ts'

export type { BridgedRest, ConvexQueryKey, ConvexQueryOptionsOptions } from '../bridges/bridged-query.ts'

/** The return value of {@link convexQueryOptions}: options of `useQuery`. */
export interface ConvexQueryOptions<Data> {
  /** Contains the identity, so no user reads the entry of another. */
  key: ComputedRef<ConvexQueryKey>
  // Not the whole entry: `useQuery` would infer the type of its data from the entry's parameters.
  /** Subscribes the entry of the cache. */
  query: (context: { entry: Pick<UseQueryEntry, 'key'> }) => Promise<Data>
  /** `false` while the arguments pause the query, the identity is unknown, or a user is missing. */
  enabled: ComputedRef<boolean>
  /** The deployment sends each new result, so a result never becomes stale. */
  staleTime: number
}

type Entry = UseQueryEntry<any, any, any>

const entriesKey: InjectionKey<LiveEntries<Entry>> = Symbol('convue/pinia-colada')

/**
 * Options of Pinia Colada's `useQuery` for a Convex query. The entry of the cache is subscribed
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
  const cache = useQueryCache()
  const entries = entriesOf(context, cache)
  return {
    key,
    query(context) {
      const entry = context.entry as Entry
      return entries.fetch(entry, entry.key as unknown as ConvexQueryKey, {
        onResult: data => cache.setEntryState(entry, { status: 'success', data, error: null }),
        onError: error => cache.setEntryState(entry, { status: 'error', data: entry.state.value.data, error }),
      })
    },
    enabled: isEnabled,
    staleTime: Number.POSITIVE_INFINITY,
  }
}

function entriesOf(context: ConvexContext, cache: ReturnType<typeof useQueryCache>): LiveEntries<Entry> {
  const { app } = context
  const known = app.runWithContext(() => inject(entriesKey, null))
  if (known)
    return known
  const entries = createLiveEntries<Entry>(context, (isForeign) => {
    for (const entry of cache.getEntries({ key: KEY_PREFIX })) {
      if (!isForeign(entry.key))
        continue
      // A component may keep the entry and show its data as a placeholder: empty the entry first.
      cache.cancel(entry)
      cache.setEntryState(entry, { status: 'pending', data: undefined, error: null })
      cache.remove(entry)
    }
  })
  app.onUnmount(cache.$onAction(({ name, args }) => {
    if (name === 'remove')
      entries.stop(args[0] as Entry)
  }, true))
  app.provide(entriesKey, entries)
  return entries
}
