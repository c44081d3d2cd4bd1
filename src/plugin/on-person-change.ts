import type { ConvexContext } from './context.ts'
import { effectScope, watch } from 'vue'

/** Calls `leave` in the tick in which another person comes, until the returned function is called. Belongs to no component. */
export function onPersonChange({ person }: ConvexContext, leave: () => void): () => void {
  const scope = effectScope(true)
  scope.run(() => watch(person, leave, { flush: 'sync' }))
  return () => scope.stop()
}
