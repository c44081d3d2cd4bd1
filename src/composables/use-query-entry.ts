import type { ConvexContext } from '../plugin/context.ts'
import type { QueryEntry } from '../plugin/query-entry.ts'
import type { QueryTargetRef } from './query-args.ts'
import { getCurrentInstance, getCurrentScope, isRef, onActivated, onDeactivated, onScopeDispose, shallowRef, watch } from 'vue'

/** The subscribed entry of a target: subscribes to a new one before it leaves the former, and rests with a `KeepAlive` page. */
export function useQueryEntry(
  { store, isServer }: ConvexContext,
  target: QueryTargetRef,
  lingerMs: number,
  isAskedOnServer = true,
): { readonly value: QueryEntry | null } {
  const scope = getCurrentScope()
  const mayRest = isKeptAlive(scope)
  // A ref only where it can change: each component that shows the query would follow it.
  const entry: { value: QueryEntry | null } = isRef(target) || mayRest ? shallowRef(null) : { value: null }
  if (isServer) {
    // Once, and nothing is held: a server throws the page away.
    if (isAskedOnServer && target.value.status === 'ready')
      entry.value = store.ask(target.value.query)
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
  const follow = (): void => {
    const wanted = target.value
    if (isActive)
      hold(entry.value = wanted.status === 'ready' ? store.acquire(wanted.query) : null)
  }
  // What rests with its page shows as long as it lingers: coming back renders nothing anew. This reads no ref, which would become one of the
  // page's that a component is leaving.
  const rest = (): void => {
    isActive = false
    hold(null)
  }
  follow()
  if (isRef(target))
    watch(target, follow)

  if (mayRest) {
    onActivated(() => {
      isActive = true
      follow()
    })
    onDeactivated(rest)
  }
  if (scope)
    onScopeDispose(rest)
  return entry
}

/** Not in a store that a component happens to be the first to use; and Vue's hooks cost more than all of the rest, so only where they are ever called. */
function isKeptAlive(scope: unknown): boolean {
  let instance = getCurrentInstance()
  if ((instance as { scope?: unknown } | null)?.scope !== scope)
    return false
  while (instance && !(instance.vnode.type as { __isKeepAlive?: boolean }).__isKeepAlive)
    instance = instance.parent
  return !!instance
}
