/** The most attempts that fit into `outageMs`, the first included, if the wait after each is the shortest that chance allows, and each attempt takes `attemptMs`. */
function mostAttempts(outageMs: number, attemptMs: number, shortestWaitMs: (failures: number) => number): number {
  let attempts = 0
  for (let at = 0; at <= outageMs; at += attemptMs + shortestWaitMs(attempts))
    attempts++
  return attempts
}

/**
 * For token requests: Convue waits 1 s, doubled at each failure up to a minute. Up to half of the
 * delay is random.
 */
export function mostTokenRequests(outageMs: number, attemptMs = 0): number {
  return mostAttempts(outageMs, attemptMs, failures => Math.min(1000 * 2 ** (failures - 1), 60_000) * 0.5)
}

/**
 * The next token request after a recovery follows within this time: the longest delay that the
 * outage caused.
 */
export function longestTokenWait(outageMs: number): number {
  return Math.min(1000 * 2 ** (mostTokenRequests(outageMs) - 1), 60_000)
}

/**
 * For connections: the Convex client waits 1 s, doubled at each failure up to 16 s, and randomly up
 * to half longer or shorter.
 */
export function mostConnections(outageMs: number): number {
  return mostAttempts(outageMs, 0, failures => Math.min(1000 * 2 ** (failures - 1), 16_000) * 0.5)
}

export function longestConnectionWait(outageMs: number): number {
  return Math.min(1000 * 2 ** (mostConnections(outageMs) - 1), 16_000) * 1.5
}
