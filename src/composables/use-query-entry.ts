import type { ComputedRef, EffectScope } from 'vue'
import type { QueryEntry } from '../plugin/query-entry.ts'
import type { QueryTarget } from './query-args.ts'
import { computed, getCurrentInstance, getCurrentScope, onActivated, onDeactivated, onScopeDispose, shallowRef, watch } from 'vue'
import { useConvexContext } from '../plugin/context.ts'

/** The subscribed entry of a changing target: subscribes to the new one before it leaves the former, and rests with a `KeepAlive` page. */
export function useQueryEntry(target: ComputedRef<QueryTarget>, lingerMs: number): ComputedRef<QueryEntry | null> {
  const { store, isServer } = useConvexContext('useConvexQuery')
  const entry = shallowRef<QueryEntry | null>(null)
  if (isServer)
    return computed(() => null)

  const isActive = shallowRef(true)
  // Not in a store that a component happens to be the first to use.
  if (getCurrentScope() && (getCurrentInstance() as { scope?: EffectScope } | null)?.scope === getCurrentScope()) {
    onActivated(() => isActive.value = true)
    onDeactivated(() => isActive.value = false)
  }
  let held: QueryEntry | null = null
  const follow = (): void => {
    const wanted = target.value
    const former = held
    held = isActive.value && wanted.status === 'ready' ? store.acquire(wanted.query) : null
    // What rests with its page shows as long as it lingers: coming back renders nothing anew.
    if (isActive.value)
      entry.value = held
    if (former)
      store.release(former, lingerMs)
  }
  watch([target, isActive], follow, { immediate: true })
  if (getCurrentScope()) {
    onScopeDispose(() => {
      isActive.value = false
      follow()
    })
  }
  return computed(() => entry.value)
}
