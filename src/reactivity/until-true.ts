import type { EffectScope } from 'vue'
import { effectScope, onScopeDispose, watch } from 'vue'

/**
 * Resolves in the tick in which `condition` becomes true; when `owner` ends, if it belongs to one; and after `timeoutMs`. It leaves nothing in `owner`,
 * which may live long and see many of them.
 */
export function untilTrue(condition: () => boolean, owner?: EffectScope, timeoutMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (condition())
      return resolve()
    const waiting = owner?.run(effectScope) ?? effectScope(true)
    const end = (): void => waiting.stop()
    waiting.run(() => {
      // A timer that is set for longer fires at once.
      const timer = timeoutMs === undefined ? undefined : setTimeout(end, Math.min(timeoutMs, 2 ** 31 - 1))
      onScopeDispose(() => {
        clearTimeout(timer)
        resolve()
      })
      watch(condition, end, { flush: 'sync' })
    })
  })
}
