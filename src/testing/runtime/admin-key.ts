/** The admin key of a deployment, and the identity as which its owner runs functions. */
import type { Identity } from '../identity.ts'
import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import { HttpError } from '../http-error.ts'

/** The sender of a request. */
export interface Caller {
  identity: Identity
  /**
   * `true` if the request has the admin key, which allows internal functions and the CLI's routes.
   */
  isAdmin: boolean
  /** The token with which a user has authenticated. */
  authToken?: string
}

/**
 * Verifies the admin key. The functions run as the user `actingAs`; `null` for an anonymous call.
 */
export function identifyAdmin({ adminKey }: { adminKey: string }, key: string, actingAs: Identity): Caller {
  if (!isEqual(secretOf(key), secretOf(adminKey)))
    throw wrongKey()
  return { identity: actingAs, isAdmin: true }
}

/** Converts the attributes of a user, as whom a developer wants to act, to an identity. */
export function toIdentity(attributes: unknown): Identity {
  const { subject, tokenIdentifier, ...others } = (attributes ?? {}) as Record<string, unknown>
  if (typeof subject === 'string')
    return { ...others, subject, ...typeof tokenIdentifier === 'string' && { tokenIdentifier } }
  if (typeof tokenIdentifier === 'string')
    return { ...others, subject: tokenIdentifier.slice(tokenIdentifier.lastIndexOf('|') + 1), tokenIdentifier }
  throw new HttpError(400, 'HeaderParseFailure', 'Either "tokenIdentifier" or "issuer" and "subject" must be set')
}

/** The part of a key after the name of the deployment: `0123` of `convue|0123`. */
export function secretOf(key: string): string {
  return key.slice(key.indexOf('|') + 1)
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

export function wrongKey(): HttpError {
  return new HttpError(403, 'BadDeployKey', 'The provided deploy key was invalid for this deployment. '
    + 'Double check that the environment this key was generated for matches the desired deployment.')
}
