import { effectScope, watch } from 'vue'

/** Resolves with the first value of `read` that is not `undefined`, in the tick in which it appears. Belongs to no component. */
export function until<T>(read: () => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const scope = effectScope(true)
    scope.run(() => watch(read, (value) => {
      if (value !== undefined) {
        resolve(value)
        scope.stop()
      }
    }, { immediate: true, flush: 'sync' }))
  })
}
