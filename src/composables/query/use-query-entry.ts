import type { ConvexContext } from '../../plugin/context.ts'
import type { QueryEntry } from '../../store/query-entry.ts'
import type { QueryTargetRef } from './query-args.ts'
import { isRef, onScopeDispose, shallowRef, watch } from 'vue'
import { onKeepAliveToggle } from '../lifecycle/on-keep-alive-toggle.ts'

/** The subscribed entry of a target: subscribes to a new one before it leaves the former, and rests with a `KeepAlive` page. */
export function useQueryEntry(
  { store, isServer }: ConvexContext,
  target: QueryTargetRef,
  lingerMs: number,
  isAskedOnServer = true,
): { readonly value: QueryEntry | null } {
  const mayRest = onKeepAliveToggle(follow)
  // A ref only where it can change: each component that shows the query would follow it.
  const entry: { value: QueryEntry | null } = isRef(target) || mayRest ? shallowRef(null) : { value: null }
  if (isServer) {
    // Once, and nothing is held: a server throws the page away.
    if (isAskedOnServer && target.value.status === 'ready')
      entry.value = store.fetchOnServer(target.value.query)
    return entry
  }

  let isActive = true
  let held: QueryEntry | null = null
  /** What was held before that. */
  let left: QueryEntry | null = null
  const hold = (next: QueryEntry | null): void => {
    if (held) {
      store.release(held, lingerMs)
      // Of arguments that change and change again, as in a search field, only the latest linger.
      if (left !== held)
        store.drop(left)
      left = held
    }
    held = next
  }
  follow(true)
  if (isRef(target))
    watch(target, () => follow(isActive))
  onScopeDispose(() => follow(false), true)
  return entry

  function follow(isNowActive: boolean): void {
    isActive = isNowActive
    // What rests with its page shows as long as it lingers: coming back renders nothing anew. This reads no ref, which would become one of the
    // page's that a component is leaving.
    if (!isActive)
      return hold(null)
    const wanted = target.value
    hold(entry.value = wanted.status === 'ready' ? store.acquire(wanted.query) : null)
  }
}
