/** What Convue reads in a token. The deployment verifies it; here it only tells whose it is and how long it lives. */
export interface TokenClaims {
  /** `sub`: the person's id. */
  userId: string
  /** `sessionId`, which Better Auth on Convex puts into its tokens; `null` if there is none. */
  sessionId: string | null
  /** What else it says of them (Better Auth on Convex: name, email and so on), with `sub` as `id`. */
  user: Record<string, unknown>
  /** `exp` − `iat` in milliseconds: needs no clock. `Infinity` if the token does not say. */
  lifetimeMs: number
}

/**
 * Reads the claims of a JWT (RFC 7519) without verifying it.
 *
 * @returns `null` if this is no JWT with a `sub`.
 */
export function readClaims(token: unknown): TokenClaims | null {
  try {
    const payload = (token as string).split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(payload), character => character.charCodeAt(0))
    const { sub, sessionId, exp, iat, iss, aud, ...profile } = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof sub !== 'string' || !sub)
      return null
    return {
      userId: sub,
      sessionId: typeof sessionId === 'string' ? sessionId : null,
      user: { ...profile, id: sub },
      lifetimeMs: exp > iat ? (exp - iat) * 1000 : Number.POSITIVE_INFINITY,
    }
  }
  catch {
    return null
  }
}
