/** The longest time for which a provider is left alone because it said so. A page that waits for a day would be signed out for a day. */
const LONGEST_RETRY_AFTER_MS = 5 * 60_000

/**
 * How long to wait before the next attempt, in milliseconds: doubling from 1 s to 60 s, of which the upper half is left to chance, so that
 * many pages that failed together do not come back together.
 *
 * @param failures How many attempts in a row have failed, from 1.
 * @param retryAfterMs How long the other side wants to be left alone: five minutes at the most.
 */
export function backOffDelay(failures: number, retryAfterMs?: number): number {
  const ceiling = Math.min(1000 * 2 ** (failures - 1), 60_000)
  return Math.max(ceiling * (0.5 + Math.random() / 2), Math.min(retryAfterMs || 0, LONGEST_RETRY_AFTER_MS))
}
