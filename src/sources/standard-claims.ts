/** The claims of OpenID Connect that describe a user. */

/**
 * Custom claims are left out: Convue requests another token when the user changes, and a claim that
 * differs in each token would cause a request after each token. `useConvexClaims` has all claims.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
 */
const STANDARD_CLAIMS = [
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'profile',
  'picture',
  'website',
  'email',
  'email_verified',
  'gender',
  'birthdate',
  'zoneinfo',
  'locale',
  'phone_number',
  'phone_number_verified',
] as const

/** The user of a page, with the id that the claim `sub` contains. */
export function describeUser(claims: { sub: string, [claim: string]: unknown }): Record<string, unknown> {
  const known = STANDARD_CLAIMS.filter(claim => claims[claim] !== undefined)
  return { id: claims.sub, ...Object.fromEntries(known.map(claim => [claim, claims[claim]])) }
}
