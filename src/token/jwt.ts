import type { Person } from './auth-state.ts'

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

/**
 * Reads a JWT (RFC 7519) without verifying it.
 *
 * @returns `null` if this is no JWT with a `sub`.
 */
export function readToken(value: unknown): Token | null {
  try {
    const payload = (value as string).split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(payload), character => character.charCodeAt(0))
    const { sub, sessionId, exp, iat, iss, aud, ...profile } = JSON.parse(new TextDecoder().decode(bytes))
    return sub && typeof sub === 'string'
      ? {
          value: value as string,
          person: { userId: sub, sessionId: typeof sessionId === 'string' ? sessionId : null, user: { ...profile, id: sub }, session: null },
          lifetimeMs: exp > iat ? (exp - iat) * 1000 : Number.POSITIVE_INFINITY,
        }
      : null
  }
  catch {
    return null
  }
}
