/** The delay before a failed request is repeated. */

/**
 * How long to wait before the next attempt, in milliseconds. The delay doubles from 1 s to 60 s.
 * The actual delay is a random value between half of this delay and all of it, so that pages whose
 * requests failed at the same time do not repeat them at the same time.
 *
 * @param failures How many attempts in a row have failed, from 1.
 * @param retryAfterMs The delay that the server asked for. Delays of more than five minutes are
 * shortened to five minutes.
 */
export function backOffDelay(failures: number, retryAfterMs?: number): number {
  // A server may ask for a longer delay. A page could then be signed out for a day.
  const MAX_RETRY_AFTER_MS = 5 * 60_000
  const ceilingMs = Math.min(1000 * 2 ** (failures - 1), 60_000)
  return Math.max(ceilingMs * (0.5 + Math.random() / 2), Math.min(retryAfterMs || 0, MAX_RETRY_AFTER_MS))
}
