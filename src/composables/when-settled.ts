import { effectScope, getCurrentInstance, getCurrentScope, onScopeDispose, watch } from 'vue'

/**
 * The `then` of what can be awaited, as in `await useConvexQuery(…)`: it settles as soon as `isSettled`, when the scope that it was made in
 * ends, or after `timeoutMs`, with `read()`, which must have no `then`; it never rejects. There is no `catch` to go with it, or Vue would take
 * what a composable returns for a promise. A component that is being hydrated waits for nothing: what the server left open, it has rendered so.
 */
export function whenSettled<T>(read: () => T, isSettled: () => boolean, timeoutMs = 5000): PromiseLike<T>['then'] {
  const scope = getCurrentScope()
  const isHydrating = !!getCurrentInstance()?.vnode.el
  return (onFulfilled, onRejected) => new Promise<T>((resolve) => {
    if (isHydrating || scope?.active === false || isSettled())
      return resolve(read())
    // One of its own, since the other may live long and be awaited in again and again. Whatever ends the waiting stops it.
    const waiting = scope?.run(effectScope) ?? effectScope(true)
    const end = (): void => waiting.stop()
    waiting.run(() => {
      // A timer that is set for longer fires at once.
      const timer = setTimeout(end, Math.min(timeoutMs, 2 ** 31 - 1))
      onScopeDispose(() => {
        clearTimeout(timer)
        resolve(read())
      })
      watch(isSettled, end, { flush: 'sync' })
    })
  }).then(onFulfilled, onRejected)
}
