/** One-time tokens, with which a page gets the session that a redirect has started. */
import { generateRandomString } from 'better-auth/crypto'

const PREFIX = 'cross-domain:'
const LIFETIME_MS = 3 * 60 * 1000

/** The session that a page receives for a one-time token. */
interface Grant {
  /** The token of the session. */
  session: string
  /** The hash of the cookie that the redeeming browser must have; `null` for any browser. */
  flow: string | null
}

/** Stores a grant, and returns the token that redeems it. Only a hash of the token is stored. */
export async function createOneTimeToken(context: any, grant: Grant): Promise<string> {
  const token = generateRandomString(32)
  await context.internalAdapter.createVerificationValue({
    identifier: PREFIX + await hash(token),
    value: JSON.stringify(grant),
    expiresAt: new Date(Date.now() + LIFETIME_MS),
  })
  return token
}

/** Returns the grant of a token, and makes the token invalid; `null` if none exists. */
export async function takeGrant(context: any, token: string): Promise<Grant | null> {
  const found = await context.internalAdapter.consumeVerificationValue(PREFIX + await hash(token))
  if (!found || new Date(found.expiresAt).getTime() <= Date.now())
    return null
  return JSON.parse(found.value)
}

/** A hash as hexadecimal digits. */
export async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
