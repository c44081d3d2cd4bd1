/** Identifies the sender of a request: a user, an anonymous client, or a developer with the key. */
import type { IncomingMessage } from 'node:http'
import type { Caller } from '../runtime/admin-key.ts'
import type { Authenticator } from '../runtime/auth.ts'
import { Buffer } from 'node:buffer'
import { HttpError } from '../http-error.ts'
import { identifyAdmin, secretOf, toIdentity, wrongKey } from '../runtime/admin-key.ts'
import { parseJson } from './request-body.ts'

/** The parts of a deployment that verify a sender. */
export interface CallerHost {
  authenticator: () => Promise<Authenticator>
  adminKey: string
}

const ANONYMOUS: Caller = { identity: null, isAdmin: false }
const SCHEME_LENGTH = 'convex '.length

/**
 * Verifies the header `Authorization`: `Bearer` with the token of a user, or `Convex` with the
 * admin key. The key may also be the parameter `adminKey` of the URL.
 *
 * @throws {HttpError} for a malformed header or another key.
 * @throws {AuthenticationError} for a token that is not valid.
 */
export async function identify(host: CallerHost, request: IncomingMessage): Promise<Caller> {
  const { authorization } = request.headers
  if (authorization === undefined) {
    const adminKey = new URL(`http://localhost${request.url}`).searchParams.get('adminKey')
    if (adminKey === null)
      return ANONYMOUS
    return identifyAdmin(host, adminKey, null)
  }
  if (authorization.length < SCHEME_LENGTH)
    throw new HttpError(400, 'InvalidHeaderFailure', 'Invalid authentication header')
  const scheme = authorization.slice(0, SCHEME_LENGTH).toLowerCase()
  const credentials = authorization.slice(SCHEME_LENGTH).trim()
  switch (scheme) {
    case 'convex ':
      return identifyAdminHeader(host, credentials)
    case 'bearer ':
      return await identifyUser(host, credentials)
    default:
      throw new HttpError(400, 'InvalidAdminKey', 'Invalid admin key')
  }
}

async function identifyUser(host: CallerHost, token: string): Promise<Caller> {
  const authenticator = await host.authenticator()
  const { identity } = await authenticator.verify(token)
  return { identity, isAdmin: false, authToken: token }
}

/** Refuses a request without the admin key. */
export async function requireAdmin(host: CallerHost, request: IncomingMessage): Promise<void> {
  const { isAdmin } = await identify(host, request)
  if (!isAdmin)
    throw wrongKey()
}

/** Verifies the admin key. The attributes of a user may follow after a `:`, as JSON in base64. */
function identifyAdminHeader(host: CallerHost, credentials: string): Caller {
  const [key = '', actingAs] = secretOf(credentials).split(':')
  if (actingAs === undefined)
    return identifyAdmin(host, key, null)
  const attributes = Buffer.from(actingAs, 'base64').toString()
  const user = parseJson(attributes, 'HeaderParseFailure', 'the user of the header `Authorization`')
  return identifyAdmin(host, key, toIdentity(user))
}
