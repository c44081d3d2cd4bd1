import { reactive } from 'vue'
import { runUserCallback } from './run-user-callback.ts'

/**
 * Vue runs the mutating methods of a reactive array as one batch: effects, `flush: 'sync'` watchers included, run once after all writes, and no
 * computed answers from before them in between. It exports no other way to say so, hence an array whose `push` runs a function.
 */
class BatchQueue extends Array<() => void> {
  override push(write: () => void): number {
    // An error that left this method would leave the batch open for good.
    runUserCallback(write)
    return 0
  }
}

const writes = /* @__PURE__ */ reactive(/* @__PURE__ */ new BatchQueue())

/** Makes all writes in `write` visible at once: no watcher sees half of them. Calls nest. An error of a watcher harms nobody else. */
export function batch(write: () => void): void {
  runUserCallback(() => writes.push(write))
}
