/**
 * The largest number of attempts during an outage of `outageMs`, including the first attempt. Each
 * attempt takes `attemptMs`, and each delay after an attempt is the shortest possible random delay.
 */
function mostAttempts(outageMs: number, attemptMs: number, shortestWaitMs: (failures: number) => number): number {
  let attempts = 0
  for (let at = 0; at <= outageMs; at += attemptMs + shortestWaitMs(attempts))
    attempts++
  return attempts
}

/**
 * The largest number of token requests during an outage. After the first failure, Convue waits
 * 0.5–1 s. The delay doubles with each failure up to 30–60 s.
 */
export function mostTokenRequests(outageMs: number, attemptMs = 0): number {
  return mostAttempts(outageMs, attemptMs, failures => Math.min(1000 * 2 ** (failures - 1), 60_000) * 0.5)
}

/**
 * The longest time from the end of an outage to the next token request: the longest delay that the
 * outage can have caused.
 */
export function longestTokenWait(outageMs: number): number {
  return Math.min(1000 * 2 ** (mostTokenRequests(outageMs) - 1), 60_000)
}

/**
 * The largest number of connection attempts during an outage. After the first failure, the Convex
 * client waits 0.5–1.5 s. The delay doubles with each failure up to 8–24 s.
 */
export function mostConnections(outageMs: number): number {
  return mostAttempts(outageMs, 0, failures => Math.min(1000 * 2 ** (failures - 1), 16_000) * 0.5)
}

/** The longest time from the end of an outage to the next connection attempt. */
export function longestConnectionWait(outageMs: number): number {
  return Math.min(1000 * 2 ** (mostConnections(outageMs) - 1), 16_000) * 1.5
}
