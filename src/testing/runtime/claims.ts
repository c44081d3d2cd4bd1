/** Converts the claims of a token to the identity that functions receive. */
import type { JWTPayload } from 'jose'
import type { Identity } from '../identity.ts'

type ClaimedIdentity = NonNullable<Identity>

/** The standard claims of OpenID Connect that have another name in `UserIdentity`. */
const ATTRIBUTES: Record<string, string> = {
  given_name: 'givenName',
  family_name: 'familyName',
  preferred_username: 'preferredUsername',
  profile: 'profileUrl',
  picture: 'pictureUrl',
  website: 'websiteUrl',
  email_verified: 'emailVerified',
  birthdate: 'birthday',
  zoneinfo: 'timezone',
  locale: 'language',
  phone_number: 'phoneNumber',
  phone_number_verified: 'phoneNumberVerified',
}

/** The claims about the token itself. */
const REGISTERED = new Set(['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti'])

/**
 * Clerk's claim for the age of the authentication. Its value differs in each token, so Convex omits
 * it. Otherwise, each renewal of the token would run all queries again.
 */
const FACTOR_AGE = 'fva'

/**
 * The identity in a token of a `customJwt` provider. The claims keep their names. A claim `b` that
 * is nested in a claim `a` is named `a.b`.
 */
export function customIdentity(claims: JWTPayload): ClaimedIdentity {
  const attributes = Object.entries(claims).filter(([name]) => !REGISTERED.has(name) && name !== FACTOR_AGE)
  return { ...flatten(Object.fromEntries(attributes)) as Partial<ClaimedIdentity>, ...subjectOf(claims) }
}

/**
 * The identity in a token of an OpenID Connect provider. The standard claims get the names that
 * they have in `UserIdentity` of Convex.
 */
export function openIdIdentity({ address, updated_at: updatedAt, ...claims }: JWTPayload): ClaimedIdentity {
  const formatted = (address as { formatted?: unknown } | undefined)?.formatted
  const attributes = Object.entries(claims)
    .filter(([name]) => !REGISTERED.has(name) && name !== FACTOR_AGE)
    .map(([name, value]) => [ATTRIBUTES[name] ?? name, value])
  return {
    ...Object.fromEntries(attributes),
    ...typeof formatted === 'string' && { address: formatted },
    ...typeof updatedAt === 'number' && { updatedAt: toRfc3339(updatedAt) },
    ...subjectOf(claims),
  }
}

function subjectOf({ iss, sub }: JWTPayload): ClaimedIdentity {
  return { issuer: iss!, subject: sub!, tokenIdentifier: `${iss}|${sub}` }
}

/** Lists are values, and are not flattened. */
function flatten(claims: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).flatMap(([name, value]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return [[name, value]]
    const inner = Object.entries(flatten(value as Record<string, unknown>))
    return inner.map(([nested, claim]) => [`${name}.${nested}`, claim])
  }))
}

function toRfc3339(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, '+00:00')
}
