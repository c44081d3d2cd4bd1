/** The messages with which a connection to a deployment is checked. */

/** The reason for which a socket is closed that claims to be open but receives nothing. */
export const STALLED = 'StalledSocket'

/** A message that is on its way when the token expires is refused. */
const TOKEN_MARGIN_MS = 10_000

/**
 * Whether the deployment answers a probe. If the token has expired, it answers any message with a
 * refusal and closes the connection. A page that has slept renews its token first.
 *
 * @param expiresAt When the token expires, in seconds since 1970.
 * @param now The time in ms since 1970.
 */
export function isProbeAccepted(expiresAt: number, now: number): boolean {
  return expiresAt * 1000 > now + TOKEN_MARGIN_MS
}

/**
 * The probe: a change of the query set that changes nothing. The deployment answers each change
 * with a transition, without running a query whose result is current.
 *
 * @see https://github.com/get-convex/convex-backend/blob/main/crates/sync/src/worker.rs
 */
export function emptyChange(baseVersion: number): object {
  return { type: 'ModifyQuerySet', baseVersion, newVersion: baseVersion + 1, modifications: [] }
}

/** The messages of a connection without an identity and queries, which are answered at once. */
export function comparisonMessages(sessionId: string, connectionCount: number): string[] {
  const connect = { type: 'Connect', sessionId, connectionCount, lastCloseReason: STALLED }
  return [connect, emptyChange(0)].map(message => JSON.stringify(message))
}
