/** Calls a function when a `KeepAlive` deactivates or activates the component of a composable. */
import { onActivated, onDeactivated } from 'vue'
import { isInKeepAlive } from '../../reactivity/vue-internals.ts'

/**
 * Calls `follow` with `false` when a `KeepAlive` deactivates the component that is being set up,
 * and with `true` when the component is activated again.
 *
 * @returns Whether the component is inside of a `KeepAlive`. Only then are Vue's two hooks
 * registered, since they cost more than the rest of a query.
 */
export function onKeepAliveToggle(follow: (isActive: boolean) => void): boolean {
  if (!isInKeepAlive())
    return false
  onActivated(() => follow(true))
  onDeactivated(() => follow(false))
  return true
}
