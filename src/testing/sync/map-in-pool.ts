/** Runs a task for each item of a list, but not for all items at the same time. */

/**
 * Runs at most `limit` tasks at the same time, and returns their results in the order of the items.
 * If a task fails, the promise is rejected once all tasks have ended.
 */
export async function mapInPool<Item, Result>(
  items: readonly Item[],
  limit: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const remaining = items.entries()
  const work = async (): Promise<void> => {
    for (const [index, item] of remaining)
      results[index] = await run(item)
  }
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, work))
  for (const worker of workers) {
    if (worker.status === 'rejected')
      throw worker.reason
  }
  return results
}
