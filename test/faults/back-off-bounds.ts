/** The most attempts that fit into `outageMs`, the first included, if the wait after each is the shortest that chance allows, and each attempt takes `attemptMs`. */
function mostAttempts(outageMs: number, attemptMs: number, shortestWaitMs: (failures: number) => number): number {
  let attempts = 0
  for (let at = 0; at <= outageMs; at += attemptMs + shortestWaitMs(attempts))
    attempts++
  return attempts
}

/** Of requests for a token: Convue waits 1 s, doubled at each failure up to a minute, of which chance takes up to a half. */
export function mostTokenRequests(outageMs: number, attemptMs = 0): number {
  return mostAttempts(outageMs, attemptMs, failures => Math.min(1000 * 2 ** (failures - 1), 60_000) * 0.5)
}

/** After what is well again, the next request for a token comes within this: the longest wait that the outage led to. */
export function longestTokenWait(outageMs: number): number {
  return Math.min(1000 * 2 ** (mostTokenRequests(outageMs) - 1), 60_000)
}

/** Of connections: the Convex client waits 1 s, doubled at each failure up to 16 s, and chance makes that longer or shorter by up to a half. */
export function mostConnections(outageMs: number): number {
  return mostAttempts(outageMs, 0, failures => Math.min(1000 * 2 ** (failures - 1), 16_000) * 0.5)
}

export function longestConnectionWait(outageMs: number): number {
  return Math.min(1000 * 2 ** (mostConnections(outageMs) - 1), 16_000) * 1.5
}
