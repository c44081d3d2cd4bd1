/** Makes what a composable returns awaitable. */
import { getCurrentScope } from 'vue'
import { untilTrue } from '../../reactivity/until-true.ts'
import { isHydrating } from '../../reactivity/vue-internals.ts'

/**
 * The `then` of an awaitable composable, as in `await useConvexQuery(…)`. The promise resolves with
 * `read()` as soon as `isSettled()`, when the current effect scope ends, or after `timeoutMs`, and
 * never rejects. The result of `read()` must not have a `then` of its own. There is no `catch`:
 * with one, Vue would take the composable's return value for a promise. A hydrating component does
 * not wait: the server rendered its pending queries as pending.
 */
export function whenSettled<T>(read: () => T, isSettled: () => boolean, timeoutMs = 5000): PromiseLike<T>['then'] {
  const scope = getCurrentScope()
  const isInstant = isHydrating()
  const isOver = (): boolean => isInstant || scope?.active === false || isSettled()
  return (onFulfilled, onRejected) => untilTrue(isOver, scope, timeoutMs).then(read).then(onFulfilled, onRejected)
}
