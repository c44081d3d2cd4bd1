/** Groups writes to refs so that no watcher sees only a part of a transition. */
import { runUserCallback } from './run-user-callback.ts'
import { vueBatch } from './vue-internals.ts'

/**
 * Makes all writes in `write` visible at once. Calls may be nested. If `write` or a watcher throws,
 * the error is reported.
 */
export function batch(write: () => void): void {
  runUserCallback(() => vueBatch.push(write))
}
