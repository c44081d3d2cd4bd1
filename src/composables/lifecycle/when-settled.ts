/** Makes the return value of a composable awaitable. */
import { getCurrentScope } from 'vue'
import { untilTrue } from '../../reactivity/until-true.ts'
import { isHydrating } from '../../reactivity/vue-internals.ts'

/**
 * The `then` of an awaitable composable, as in `await useConvexQuery(…)`. The promise resolves with
 * `read()` as soon as `isSettled()` returns `true`, the current effect scope ends, or `timeoutMs`
 * milliseconds have passed. It never rejects. The result of `read()` must not have a `then` of its
 * own. The return value of the composable must not have a `catch`, or else Vue would treat it as a
 * promise. A hydrating component does not wait, since the server rendered its pending queries as
 * pending.
 */
export function whenSettled<T>(read: () => T, isSettled: () => boolean, timeoutMs = 5000): PromiseLike<T>['then'] {
  const scope = getCurrentScope()
  const isInstant = isHydrating()
  const isOver = (): boolean => isInstant || scope?.active === false || isSettled()
  return (onFulfilled, onRejected) => untilTrue(isOver, scope, timeoutMs).then(read).then(onFulfilled, onRejected)
}
