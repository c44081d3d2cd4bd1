import { getCurrentInstance, getCurrentScope, onActivated, onDeactivated } from 'vue'

/**
 * Tells `follow` whether the page that is being set up is active: `false` when it goes to rest in a `KeepAlive`, `true` when it is come back to. Not in
 * a store that a component happens to be the first to use.
 *
 * @returns Whether it ever may rest. Vue's hooks cost more than all the rest of a query, so they are there only if they are ever called.
 */
export function onKeepAliveToggle(follow: (isActive: boolean) => void): boolean {
  let instance = getCurrentInstance()
  if ((instance as { scope?: unknown } | null)?.scope !== getCurrentScope())
    return false
  while (instance && !(instance.vnode.type as { __isKeepAlive?: boolean }).__isKeepAlive)
    instance = instance.parent
  if (instance) {
    onActivated(() => follow(true))
    onDeactivated(() => follow(false))
  }
  return !!instance
}
