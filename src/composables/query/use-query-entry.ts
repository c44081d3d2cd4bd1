/** Acquires the store's entry of a query for a component, and releases it again. */

import type { ConvexContext } from '../../plugin/context.ts'
import type { QueryEntry } from '../../store/query-entry.ts'
import type { QueryTargetRef } from './query-args.ts'
import { isRef, onScopeDispose, shallowRef, watch } from 'vue'
import { onKeepAliveToggle } from '../lifecycle/on-keep-alive-toggle.ts'

/**
 * The subscribed entry of the query to run. When the arguments change, the new entry is acquired
 * before the previous entry is released. While a `KeepAlive` page is deactivated, its entry is
 * released.
 */
export function useQueryEntry(
  { store, isServer }: ConvexContext,
  target: QueryTargetRef,
  lingerMs: number,
  isFetchedOnServer = true,
): { readonly value: QueryEntry | null } {
  const isInKeepAlive = onKeepAliveToggle(syncEntry)
  // A ref only if the entry can change, since every component that shows the query would track the
  // ref.
  const canChange = isRef(target) || isInKeepAlive
  const entry: { value: QueryEntry | null } = canChange ? shallowRef(null) : { value: null }
  if (isServer) {
    // Fetched once and never released: a server discards the app after the response.
    if (isFetchedOnServer && target.value.query)
      entry.value = store.fetchOnServer(target.value.query)
    return entry
  }

  let isActive = true
  let held: QueryEntry | null = null
  let previouslyHeld: QueryEntry | null = null
  const hold = (next: QueryEntry | null): void => {
    if (held) {
      store.release(held, lingerMs)
      // When arguments change repeatedly, for example in a search field, only the latest of the
      // released entries lingers.
      if (previouslyHeld !== held)
        store.drop(previouslyHeld)
      previouslyHeld = held
    }
    held = next
  }
  syncEntry(true)
  if (isRef(target))
    watch(target, () => syncEntry(isActive))
  onScopeDispose(() => syncEntry(false), true)
  return entry

  function syncEntry(isNowActive: boolean): void {
    isActive = isNowActive
    if (!isActive) {
      // `entry` keeps the released entry while it lingers. If the page is activated again in that
      // time, `entry` does not change, and the page does not render again. No ref may be read here,
      // since the component that is being deactivated would track it.
      hold(null)
      return
    }
    const { query } = target.value
    const next = query ? store.acquire(query) : null
    entry.value = next
    hold(next)
  }
}
