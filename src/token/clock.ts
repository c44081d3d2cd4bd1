/** Time and timers of the auth engine, and effects that run for as long as a key stays the same. */
import type { Cancel } from '../shared/schedule.ts'
import { schedule } from '../shared/schedule.ts'

/** The time need not be correct, since only differences between two times are used. */
export interface Clock {
  /** Milliseconds since any fixed moment. The time while the computer is asleep counts, too. */
  now: () => number
  /** Runs `task` after `delayMs` milliseconds, unless the returned function is called first. */
  schedule: (task: () => void, delayMs: number) => Cancel
}

export const systemClock: Clock = { now: () => Date.now(), schedule }

/**
 * An effect that depends on a key. The returned function ends the effect of the previous key and
 * starts the effect for another key. If it is called with `null`, it only ends the effect of the
 * previous key.
 */
export function keyedEffect<Key extends object | true>(start: (key: Key) => Cancel): (key: Key | null) => void {
  let current: Key | null = null
  let end: Cancel | undefined
  return (key) => {
    if (key === current)
      return
    end?.()
    current = key
    end = key ? start(key) : undefined
  }
}
