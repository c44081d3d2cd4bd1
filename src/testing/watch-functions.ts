/** Reloads the functions of a deployment whenever a file of their folder changes. */
import { watch } from 'node:fs'
import { codegen } from './codegen.ts'

/**
 * Folders in which a change is never a change of the functions: the generated types, and the
 * bundles, which are written into `node_modules`.
 */
const UNWATCHED = /(?:^|[\\/])(?:_generated|node_modules)(?:[\\/]|$)/

/**
 * Writes the types and reloads the functions after each change, until the returned function is
 * called. Editors write a file in several steps, so the functions are reloaded once after several
 * changes in sequence.
 */
export function watchFunctions(functions: string, reload: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined
  let update = Promise.resolve()
  const watcher = watch(functions, { recursive: true }, (_, file) => {
    if (file && UNWATCHED.test(file))
      return
    clearTimeout(timer)
    timer = setTimeout(() => {
      // New types help to correct functions that cannot be loaded, so `reload` and `codegen` do not
      // depend on each other.
      update = update.then(() => codegen({ functions })).catch(report).then(reload).catch(report)
    }, 50)
  })
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}

function report(error: unknown): void {
  console.error(String(error))
}
