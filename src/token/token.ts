/** Tokens: the user and the lifetime that a JWT states, and when the token is renewed. */
import { readClaims } from '../shared/jwt.ts'

/** A signed-in user, as a token or the provider describes it. */
export interface SignedInUser {
  id: string
  /** `null` while only a token without a session id has identified the user. */
  sessionId: string | null
  /** The claims of the token, until the provider has described the user. */
  profile: unknown
  /** `null` until the provider has described the session. */
  session: unknown
}

/** A token and what Convue reads from it. Only the deployment verifies a token. */
export interface Token {
  value: string
  /**
   * `id` is the claim `sub`. `sessionId` is the claim that Better Auth on Convex adds, or `null`.
   * `profile` has the other claims that describe the user, such as name and email.
   */
  user: SignedInUser
  /**
   * `exp` − `iat` in milliseconds, which does not depend on a clock. `Infinity` if one of the
   * claims is missing.
   */
  lifetimeMs: number
  /** `exp` in milliseconds since 1970, by the issuer's clock. */
  expiresAt: number
}

/**
 * How long after its receipt a token is renewed, in milliseconds. The margin before it expires is a
 * fifth of its lifetime, but at least 10 s and at most 90 s. With this margin, users do not notice
 * if the token endpoint fails for a minute, or if a hidden tab delays timers by a minute. A token
 * with a lifetime below 20 s is renewed after half of its lifetime.
 *
 * @see docs/contributing/convex-client.md#authentication
 */
export function renewalDelay(lifetimeMs: number): number {
  const leewayMs = Math.max(10_000, Math.min(lifetimeMs * 0.2, 90_000))
  return Math.max(lifetimeMs - leewayMs, lifetimeMs / 2)
}

/** @returns `null` if the value is not a JWT with a `sub`. */
export function readToken(value: unknown): Token | null {
  const claims = readClaims(value)
  if (!claims)
    return null
  const { sub: id, sessionId, exp, iat, iss, aud, ...profile } = claims
  const lifetimeMs = (exp - iat) * 1000
  return {
    value: value as string,
    user: {
      id,
      sessionId: typeof sessionId === 'string' ? sessionId : null,
      profile: { ...profile, id },
      session: null,
    },
    lifetimeMs: lifetimeMs > 0 ? lifetimeMs : Number.POSITIVE_INFINITY,
    expiresAt: exp * 1000,
  }
}
