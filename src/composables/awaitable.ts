import { getCurrentScope, onScopeDispose, shallowRef } from 'vue'
import { until } from '../plugin/until.ts'

/**
 * Lets a composable's return value be awaited, as in `await useConvexQuery(…)`. It settles with `value` as soon as `isSettled`, when the scope
 * that it was made in ends, or after `timeoutMs`; it never rejects. There is no `catch`, or Vue would take the composable's own value for a promise.
 */
export function awaitable<T>(value: T, isSettled: () => boolean, timeoutMs = 5000): PromiseLike<T> {
  const scope = getCurrentScope()
  return {
    then(onFulfilled, onRejected) {
      const isOver = shallowRef(scope?.active === false || isSettled())
      const end = (): boolean => isOver.value = true
      const timer = isOver.value ? undefined : setTimeout(end, timeoutMs)
      if (scope?.active)
        scope.run(() => onScopeDispose(end))
      return until(() => isOver.value || isSettled() ? value : undefined)
        .finally(() => clearTimeout(timer))
        .then(onFulfilled, onRejected)
    },
  }
}
