/** Waits for a reactive condition, and afterwards leaves nothing in the effect scope. */
import type { EffectScope } from 'vue'
import { effectScope, onScopeDispose, watch } from 'vue'

/**
 * Resolves in the tick in which `condition` becomes true, when `owner` is disposed, or after
 * `timeoutMs`. Afterwards the watcher and the timer are removed from `owner`; otherwise they would
 * accumulate in a long-lived scope.
 */
export function untilTrue(condition: () => boolean, owner?: EffectScope, timeoutMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (condition())
      return resolve()
    const scope = owner?.run(effectScope) ?? effectScope(true)
    const end = (): void => scope.stop()
    scope.run(() => {
      if (timeoutMs !== undefined) {
        // `setTimeout` fires at once for a longer delay.
        const MAX_TIMEOUT_MS = 2 ** 31 - 1
        const timer = setTimeout(end, Math.min(timeoutMs, MAX_TIMEOUT_MS))
        onScopeDispose(() => clearTimeout(timer))
      }
      onScopeDispose(resolve)
      watch(condition, end, { flush: 'sync' })
    })
  })
}
