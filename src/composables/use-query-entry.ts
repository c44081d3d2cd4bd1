import type { ShallowRef } from 'vue'
import type { QueryEntry } from '../plugin/query-entry.ts'
import type { QueryTargetRef } from './query-args.ts'
import { getCurrentInstance, getCurrentScope, isRef, onActivated, onDeactivated, onScopeDispose, shallowRef, watch } from 'vue'
import { useConvexContext } from '../plugin/context.ts'

/** The subscribed entry of a target: subscribes to a new one before it leaves the former, and rests with a `KeepAlive` page. */
export function useQueryEntry(target: QueryTargetRef, lingerMs: number): Readonly<ShallowRef<QueryEntry | null>> {
  const { store, isServer } = useConvexContext('useConvexQuery')
  const entry = shallowRef<QueryEntry | null>(null)
  if (isServer)
    return entry

  let isActive = true
  let held: QueryEntry | null = null
  const follow = (): void => {
    const wanted = target.value
    const former = held
    held = isActive && wanted.status === 'ready' ? store.acquire(wanted.query) : null
    // What rests with its page shows as long as it lingers: coming back renders nothing anew.
    if (isActive)
      entry.value = held
    if (former)
      store.release(former, lingerMs)
  }
  const setActive = (next: boolean): void => {
    isActive = next
    follow()
  }
  follow()
  if (isRef(target))
    watch(target, follow)

  const scope = getCurrentScope()
  // Not in a store that a component happens to be the first to use.
  if (scope && (getCurrentInstance() as { scope?: unknown } | null)?.scope === scope) {
    onActivated(() => setActive(true))
    onDeactivated(() => setActive(false))
  }
  if (scope)
    onScopeDispose(() => setActive(false))
  return entry
}
