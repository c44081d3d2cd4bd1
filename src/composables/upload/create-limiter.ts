/** Lets at most `limit` tasks run at a time; the others wait for their turn, in order. */
export function createLimiter(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0

  return async (task) => {
    if (running < limit)
      running++
    else
      await new Promise<void>(takeTurn => waiting.push(takeTurn))
    try {
      return await task()
    }
    finally {
      // A turn is handed on, or else nobody needs it.
      const takeTurn = waiting.shift()
      if (takeTurn)
        takeTurn()
      else
        running--
    }
  }
}
