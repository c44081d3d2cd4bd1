import { readClaims } from '../shared/jwt.ts'

/** A known person. */
export interface SignedInUser {
  id: string
  /** `null` while only a token without a session id has spoken. */
  sessionId: string | null
  /** What the token says, until the provider has described the session. */
  profile: unknown
  /** `null` until the provider has described it. */
  session: unknown
}

/** A token, and what Convue reads in it. The deployment verifies it; here it only tells whose it is and how long it lives. */
export interface Token {
  value: string
  /**
   * `sub`: their id. `sessionId`, which Better Auth on Convex puts into its tokens; `null` if there is none. What else it says of them (Better Auth
   * on Convex: name, email and so on) is `user`, with `sub` as `id`.
   */
  user: SignedInUser
  /** `exp` − `iat` in milliseconds: needs no clock. `Infinity` if the token does not say. */
  lifetimeMs: number
  /** `exp` in milliseconds since 1970, by the issuer's clock. */
  expiresAt: number
}

/**
 * How long after its receipt a token is renewed, in milliseconds: a fifth of its lifetime before the end, 10 s at the least and 90 s at the most, so
 * that a minute in which the token endpoint fails or the timers of a hidden tab rest is never noticed. A token that lives for seconds is renewed after
 * half of them.
 */
export function renewalDelay(lifetimeMs: number): number {
  const leewayMs = Math.max(10_000, Math.min(lifetimeMs * 0.2, 90_000))
  return Math.max(lifetimeMs - leewayMs, lifetimeMs / 2)
}

/** @returns `null` if this is no JWT with a `sub`. */
export function readToken(value: unknown): Token | null {
  const claims = readClaims(value)
  if (!claims)
    return null
  const { sub, sessionId, exp, iat, iss, aud, ...profile } = claims
  const lifetimeMs = (exp - iat) * 1000
  return {
    value: value as string,
    user: { id: sub, sessionId: typeof sessionId === 'string' ? sessionId : null, profile: { ...profile, id: sub }, session: null },
    lifetimeMs: lifetimeMs > 0 ? lifetimeMs : Number.POSITIVE_INFINITY,
    expiresAt: exp * 1000,
  }
}
