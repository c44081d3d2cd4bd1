import { getCurrentInstance, getCurrentScope, onScopeDispose, shallowRef } from 'vue'
import { until } from '../plugin/until.ts'

/**
 * The `then` of what can be awaited, as in `await useConvexQuery(…)`: it settles as soon as `isSettled`, when the scope that it was made in
 * ends, or after `timeoutMs`, with `read()`, which must have no `then`; it never rejects. There is no `catch` to go with it, or Vue would take
 * what a composable returns for a promise. A component that is being hydrated waits for nothing: what the server left open, it has rendered so.
 */
export function whenSettled<T>(read: () => T, isSettled: () => boolean, timeoutMs = 5000): PromiseLike<T>['then'] {
  const scope = getCurrentScope()
  const isHydrating = !!getCurrentInstance()?.vnode.el
  return (onFulfilled, onRejected) => {
    const isOver = shallowRef(isHydrating || scope?.active === false || isSettled())
    const end = (): boolean => isOver.value = true
    // A timer that is set for longer fires at once.
    const timer = isOver.value ? undefined : setTimeout(end, Math.min(timeoutMs, 2 ** 31 - 1))
    if (scope?.active)
      scope.run(() => onScopeDispose(end))
    return until(() => isOver.value || isSettled() ? read() : undefined)
      .finally(() => clearTimeout(timer))
      .then(onFulfilled as (value: T | undefined) => any, onRejected)
  }
}
