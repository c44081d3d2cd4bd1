/** Timers of any length. */

/** Cancels a timer, or ends an effect. */
export type Cancel = () => void

/** Runs `task` after `delayMs` milliseconds, unless the returned function is called first. */
export function schedule(task: () => void, delayMs: number): Cancel {
  // `setTimeout` fires at once for a longer delay.
  const MAX_TIMER_MS = 2 ** 31 - 1
  const timer = setTimeout(task, Math.min(delayMs, MAX_TIMER_MS))
  return () => clearTimeout(timer)
}
