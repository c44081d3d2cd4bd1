import { getCurrentScope, onScopeDispose, shallowRef } from 'vue'
import { until } from '../plugin/until.ts'

/**
 * Lets `value` be awaited, as in `await useConvexQuery(…)`. That settles as soon as `isSettled`, when the scope that it was made in ends, or
 * after `timeoutMs`, with the same fields and no `then`; it never rejects. There is no `catch`, or Vue would take the value itself for a promise.
 */
export function awaitable<T extends object>(value: T, isSettled: () => boolean, timeoutMs = 5000): T & PromiseLike<T> {
  const scope = getCurrentScope()
  const thenable = value as T & PromiseLike<T>
  thenable.then = (onFulfilled, onRejected) => {
    const { then: _, ...awaited } = thenable
    const isOver = shallowRef(scope?.active === false || isSettled())
    const end = (): boolean => isOver.value = true
    const timer = isOver.value ? undefined : setTimeout(end, timeoutMs)
    if (scope?.active)
      scope.run(() => onScopeDispose(end))
    return until(() => isOver.value || isSettled() ? awaited as T : undefined)
      .finally(() => clearTimeout(timer))
      .then(onFulfilled, onRejected)
  }
  return thenable
}
