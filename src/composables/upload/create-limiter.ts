/** `createLimiter`: limits how many asynchronous tasks run at the same time. */

/** Runs at most `limit` tasks at a time. The others wait, and start in the order of their calls. */
export function createLimiter(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0

  return async (task) => {
    if (running < limit)
      running++
    else
      await new Promise<void>(start => waiting.push(start))
    try {
      return await task()
    }
    finally {
      // The next task starts in place of this one, so `running` does not change.
      const startNext = waiting.shift()
      if (startNext)
        startNext()
      else
        running--
    }
  }
}
