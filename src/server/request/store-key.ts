/** Sets and deletes the companion cookie, which has the key of the session's stored results. */
import type { CookieNames } from './auth-cookies.ts'
import { sessionTokenOf } from '../../shared/session-cookie.ts'
import { STORE_KEY_COOKIE, storeKey } from '../../shared/store-key.ts'
import { attributesOf, deletionLike, isDeletion, kindOf, nameOf, valueOf } from './auth-cookies.ts'

/**
 * The `Set-Cookie`s of a response, in which the companion cookie is set, renewed and deleted
 * together with the session cookie. Unlike the session cookie, scripts can read it: see
 * `convue/persist`.
 */
export async function addStoreKey(setCookies: string[], names: CookieNames): Promise<string[]> {
  const session = setCookies.findLast(setCookie => kindOf(nameOf(setCookie), names) === 'session_token')
  if (!session)
    return setCookies
  // The plugin `convex()` may have set the companion cookie before another plugin replaced or
  // deleted the session.
  const others = setCookies.filter(setCookie => kindOf(nameOf(setCookie), names) !== STORE_KEY_COOKIE)
  const name = nameOf(session).replace(/session_token$/, STORE_KEY_COOKIE)
  const token = isDeletion(session) ? null : sessionTokenOf(valueOf(session))
  if (!token)
    return [...others, readable(deletionLike(session, name))]
  return [...others, readable([`${name}=${await storeKey(token)}`, ...attributesOf(session)].join('; '))]
}

/** A `Set-Cookie` whose cookie scripts can read. */
function readable(setCookie: string): string {
  return setCookie.replace(/;\s*HttpOnly/i, '')
}
