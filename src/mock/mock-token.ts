/** Tokens without a signature, which only a mock deployment accepts. */
import type { MockUser } from './answers.ts'
import { Base64 } from 'convex/values'

/**
 * A page renews its token before it expires, which would disturb a test, so tokens are valid for a
 * year.
 */
const LIFETIME_SECONDS = 365 * 24 * 60 * 60

/** Makes each token different from all tokens before, as with a real provider. */
let serial = 0

export function writeToken({ id, ...profile }: MockUser, sessionId: string): string {
  const iat = Math.floor(Date.now() / 1000)
  serial++
  const claims = { ...profile, sub: id, sessionId, iat, exp: iat + LIFETIME_SECONDS, serial }
  return `${encode({ alg: 'none' })}.${encode(claims)}.`
}

function encode(part: object): string {
  const text = Base64.fromByteArray(new TextEncoder().encode(JSON.stringify(part)))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
