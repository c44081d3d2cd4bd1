/** Runs the writes of one function one after another. */
import type { UntypedTriggers } from './triggers.ts'

/** The triggers to run with the writes, and the function that runs a write. */
export interface WriteQueue {
  triggers: UntypedTriggers
  run: <T>(write: () => Promise<T>) => Promise<T>
}

/**
 * Each write reads before it writes: without a queue, two writes that a mutation starts at the same
 * time could both find that a unique value is free. Convex detects this only between transactions.
 *
 * A write that starts while a trigger runs does not wait: the queue waits for the trigger, which
 * may wait for its own writes.
 */
export function createWriteQueue(triggers: UntypedTriggers): WriteQueue {
  let last: Promise<unknown> = Promise.resolve()
  let runningTriggers = 0

  type Trigger = (...args: any[]) => any
  const counted = (trigger: Trigger): Trigger => async (...args) => {
    runningTriggers++
    try {
      return await trigger(...args)
    }
    finally {
      runningTriggers--
    }
  }
  const countedOf = (table: object): object =>
    Object.fromEntries(Object.entries(table).map(([name, trigger]) => [name, trigger && counted(trigger)]))

  return {
    triggers: Object.fromEntries(Object.entries(triggers).map(([table, own]) => [table, own && countedOf(own)])),
    run: async (write) => {
      if (runningTriggers > 0)
        return await write()
      const result = last.then(write)
      last = result.catch(() => {})
      return await result
    },
  }
}
