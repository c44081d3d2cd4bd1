/** Waits for a reactive condition, and afterwards leaves nothing in the effect scope. */
import type { EffectScope } from 'vue'
import { effectScope, onScopeDispose, watch } from 'vue'
import { schedule } from '../shared/schedule.ts'

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
      if (timeoutMs !== undefined)
        onScopeDispose(schedule(end, timeoutMs))
      onScopeDispose(resolve)
      watch(condition, end, { flush: 'sync' })
    })
  })
}
