/** Reads the claims of JWTs without verifying them. Only `src/testing` does so too, with jose. */

import { Base64 } from 'convex/values'

/** Claims of a JWT (RFC 7519). `exp` and `iat` are in seconds since 1970, by the issuer's clock. */
export interface JwtClaims {
  /** The id of the user. */
  sub: string
  /** The issuer. */
  iss?: unknown
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
    const payload = (token as string).split('.')[1]!
    // A JWT has no base64 padding, but Convex's decoder requires it.
    const padding = '='.repeat((4 - payload.length % 4) % 4)
    const claims = JSON.parse(new TextDecoder().decode(Base64.toByteArray(payload + padding)))
    return claims.sub && typeof claims.sub === 'string' ? claims : null
  }
  catch {
    return null
  }
}
