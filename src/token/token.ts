import { readClaims } from '../jwt.ts'

/** A known person. */
export interface Person {
  userId: string
  /** `null` while only a token without a session id has spoken. */
  sessionId: string | null
  /** What the token says, until the provider has described the session. */
  user: unknown
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
  person: Person
  /** `exp` − `iat` in milliseconds: needs no clock. `Infinity` if the token does not say. */
  lifetimeMs: number
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
    person: { userId: sub, sessionId: typeof sessionId === 'string' ? sessionId : null, user: { ...profile, id: sub }, session: null },
    lifetimeMs: lifetimeMs > 0 ? lifetimeMs : Number.POSITIVE_INFINITY,
  }
}
