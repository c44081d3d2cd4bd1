/** Follows whether a `KeepAlive` has deactivated the component that uses a composable. */
import { onActivated, onDeactivated } from 'vue'
import { isInKeepAlive } from '../../reactivity/vue-internals.ts'

/**
 * Calls `follow` with `false` when a `KeepAlive` deactivates the component that is being set up,
 * and with `true` when the component is activated again.
 *
 * @returns Whether that may happen at all. Vue's two hooks cost more than the rest of a query, so
 * they are registered inside of a `KeepAlive` only.
 */
export function onKeepAliveToggle(follow: (isActive: boolean) => void): boolean {
  if (!isInKeepAlive())
    return false
  onActivated(() => follow(true))
  onDeactivated(() => follow(false))
  return true
}
