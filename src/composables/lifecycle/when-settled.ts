import { getCurrentInstance, getCurrentScope } from 'vue'
import { untilTrue } from '../../reactivity/until-true.ts'

/**
 * The `then` of what can be awaited, as in `await useConvexQuery(…)`: it settles as soon as `isSettled`, when the scope that it was made in
 * ends, or after `timeoutMs`, with `read()`, which must have no `then`; it never rejects. There is no `catch` to go with it, or Vue would take
 * what a composable returns for a promise. A component that is being hydrated waits for nothing: what the server left open, it has rendered so.
 */
export function whenSettled<T>(read: () => T, isSettled: () => boolean, timeoutMs = 5000): PromiseLike<T>['then'] {
  const scope = getCurrentScope()
  const isHydrating = !!getCurrentInstance()?.vnode.el
  const isOver = (): boolean => isHydrating || scope?.active === false || isSettled()
  return (onFulfilled, onRejected) => untilTrue(isOver, scope, timeoutMs).then(read).then(onFulfilled, onRejected)
}
