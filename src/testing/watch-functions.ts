/** Reloads the functions of a deployment whenever a file of their folder changes. */
import { watch } from 'node:fs'
import { codegen } from './codegen.ts'

/** The functions that are called after a reload. */
export interface ReloadReporter {
  /**
   * Called if the functions cannot be loaded, or their types cannot be written. The previous
   * functions and types remain.
   */
  failed: (error: Error) => void
  /** Called when the functions are loaded and their types are written. */
  loaded: () => void
}

/**
 * Folders in which a change is never a change of the functions: the generated types, and the
 * bundles, which are written into `node_modules`.
 */
const UNWATCHED = /(?:^|[\\/])(?:_generated|node_modules)(?:[\\/]|$)/

/** Editors write a file in several steps, so several changes in sequence are one change. */
const PAUSE_MS = 50

/**
 * Writes the types and reloads the functions after each change, until the returned function is
 * called.
 */
export function watchFunctions(functions: string, reload: () => Promise<void>, reporter: ReloadReporter): () => void {
  let timer: NodeJS.Timeout | undefined
  let last = Promise.resolve()
  async function update(): Promise<void> {
    // New types help to correct functions that cannot be loaded, so the two steps are independent.
    const [types, code] = await Promise.allSettled([codegen({ functions }), reload()])
    const failure = [code, types].find(result => result.status === 'rejected')
    if (failure)
      reporter.failed(failure.reason as Error)
    else
      reporter.loaded()
  }
  const watcher = watch(functions, { recursive: true }, (_, file) => {
    if (file && UNWATCHED.test(file))
      return
    clearTimeout(timer)
    timer = setTimeout(() => {
      last = last.then(update)
    }, PAUSE_MS)
  })
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}
