/** The hash that binds a token to the session cookie for which it was issued. */
import { sha256 } from './sha256.ts'

/**
 * A SHA-256 hash as base64url: the value of the cookie `convex_jwt_binding`. It needs no key, since
 * only a client with the session cookie can compute it.
 *
 * @param session `name=value` of the session cookie, as browsers send it; several cookies are
 * sorted and separated by `; `.
 * @param token the token that was issued for this session.
 */
export async function tokenBinding(session: string, token: string): Promise<string> {
  const base64 = btoa(String.fromCharCode(...await sha256(`${session}; ${token}`)))
  return base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
