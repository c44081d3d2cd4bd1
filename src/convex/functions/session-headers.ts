/** Headers with which Better Auth's API acts as the caller of a Convex function. */
import { setupError } from '../setup-error.ts'

/** The part of a Better Auth instance that the headers need; all supported versions have it. */
export interface AuthWithContext {
  $context: PromiseLike<{
    secret: string
    authCookies: Record<'sessionToken' | 'dontRememberToken', { name: string }>
  }>
}

type SessionDocument = Record<string, any>

/**
 * The headers of a request of this session: its cookie, and the address and the browser with which
 * it began, so that Better Auth records them for a session that it creates.
 *
 * The cookie `dont_remember` keeps Better Auth from extending the session, since a query cannot
 * write the new expiry. Requests of the page extend the session.
 * @see https://github.com/better-auth/better-auth/blob/main/packages/better-auth/src/api/routes/session.ts
 */
export async function sessionHeaders(auth: AuthWithContext, session: SessionDocument): Promise<Headers> {
  if (typeof auth?.$context?.then !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', '`createAuth` does not return the result of `betterAuth`')
  const { secret, authCookies } = await auth.$context
  const cookies = [
    await signedCookie(authCookies.sessionToken.name, String(session.token), secret),
    await signedCookie(authCookies.dontRememberToken.name, 'true', secret),
  ]
  const headers = new Headers({ cookie: cookies.join('; ') })
  if (session.ipAddress)
    headers.set('x-forwarded-for', String(session.ipAddress))
  if (session.userAgent)
    headers.set('user-agent', String(session.userAgent))
  return headers
}

/**
 * A cookie in the form in which Better Auth signs its cookies: the value and its HMAC in base64,
 * separated by a dot.
 * @see https://github.com/better-auth/better-call/blob/main/packages/better-call/src/crypto.ts
 */
async function signedCookie(name: string, value: string, secret: string): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, key, encoder.encode(value)))
  return `${name}=${encodeURIComponent(`${value}.${btoa(String.fromCharCode(...signature))}`)}`
}
