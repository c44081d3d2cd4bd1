/** Groups writes to refs so that no watcher sees half of a transition. */
import { runUserCallback } from './run-user-callback.ts'
import { vueBatch } from './vue-internals.ts'

/**
 * Makes all writes in `write` visible at once. Calls may nest. Errors of `write` and watchers are
 * reported.
 */
export function batch(write: () => void): void {
  runUserCallback(() => vueBatch.push(write))
}
