/** Reads the claims of JWTs. The only decoder of JWTs in `src`. */

/** Claims of a JWT (RFC 7519). `exp` and `iat` are in seconds since 1970, by the issuer's clock. */
export interface JwtClaims {
  /** The id of the user. */
  sub: string
  [claim: string]: any
}

/**
 * Reads the claims of a JWT without verifying it. The deployment verifies each token that it
 * receives.
 *
 * @returns `null` if the value is not a JWT with a `sub`.
 */
export function readClaims(token: unknown): JwtClaims | null {
  try {
    const payload = (token as string).split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(payload), character => character.charCodeAt(0))
    const claims = JSON.parse(new TextDecoder().decode(bytes))
    return claims.sub && typeof claims.sub === 'string' ? claims : null
  }
  catch {
    return null
  }
}
