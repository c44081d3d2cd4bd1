/** Binds the token in a request's cookies to the session that it was issued for. */
import type { AuthCookies, CookieNames } from './auth-cookies.ts'
import { STORE_KEY_COOKIE } from '../../shared/store-key.ts'
import { tokenBinding } from '../../shared/token-binding.ts'
import {
  applySetCookies,
  attributesOf,
  deletionLike,
  isDeletion,
  isSessionCache,
  isSessionCookie,
  kindOf,
  nameOf,
  securityPrefixOf,
  valueOf,
} from './auth-cookies.ts'

// Better Auth stores the token in its own cookie. This cookie may outlive the session cookie, and a
// late response of a previous session may set it. So whenever Better Auth sets a token, this file
// sets a second cookie, the binding: a hash of the session cookie and the token. A token is used
// only together with the session that it was issued for. The plugin `convex()` of Convue sets the
// binding itself, so that it is also set where a response does not pass through this server.

/**
 * The token of a request's cookies; `null` unless the token is bound to the session of the cookies.
 */
export async function readBoundToken({ session, token, binding }: AuthCookies): Promise<string | null> {
  if (session.kind !== 'one' || !token || !binding)
    return null
  if (await tokenBinding(session.cookies, token) !== binding)
    return null
  return token
}

/**
 * The `Set-Cookie`s of a response of Better Auth, and further `Set-Cookie`s that keep the binding
 * up to date: they bind a new token, and delete the token and the caches of a previous session.
 *
 * @param setCookies those of the response.
 * @param before the cookies of the request.
 * @param namesSession whether a header of the request other than `Cookie` names a session.
 * @param names the options for the names of the app's cookies.
 */
export async function bindToken(
  setCookies: string[],
  before: AuthCookies,
  namesSession: boolean,
  names: CookieNames,
): Promise<string[]> {
  const token = setCookies.findLast(setCookie => kindOf(nameOf(setCookie), names) === 'convex_jwt')
  const session = setCookies.findLast(setCookie => isSessionCookie(nameOf(setCookie), names))
  const after = applySetCookies(before, setCookies, names)
  // The binding of `convex()` covers the session cookie only, and no `forwardedCookies`.
  const result = setCookies.filter(setCookie => kindOf(nameOf(setCookie), names) !== 'convex_jwt_binding')

  if (token) {
    const ownerCookies = ownerOf(before, after)
    const name = `${nameOf(token)}_binding`
    if (ownerCookies && !namesSession && !isDeletion(token))
      result.push(copyAttributes(token, name, await tokenBinding(ownerCookies, valueOf(token))))
    else
      result.push(deletionLike(token, name))
  }
  if (session && !isSameSession(before, after)) {
    const prefix = `${securityPrefixOf(nameOf(session))}${names.cookiePrefix}`
    const caches = before.pairs.map(nameOf).filter(name => isSessionCache(kindOf(name, names)))
    for (const name of [`${prefix}.convex_jwt`, `${prefix}.convex_jwt_binding`, ...caches]) {
      if (!result.some(setCookie => nameOf(setCookie) === name))
        result.push(deletionLike(session, name))
    }
  }
  return result
}

/**
 * Removes the deletion of the session's cookie from the `Set-Cookie`s of an answer. Used if the
 * request only reads: when the answer arrives, another tab may have signed in, and the deletion
 * would remove the cookie of that new session. Keeping the cookie of an ended session is safe,
 * since Better Auth finds no session for this cookie. The token of the ended session is deleted. If
 * the session cookie is kept, the companion cookie is kept too.
 */
export function keepSessionCookie(setCookies: string[], names: CookieNames): string[] {
  const isKept = (kind: string | null): boolean => kind === 'session_token' || kind === STORE_KEY_COOKIE
  return setCookies.filter(setCookie => !isKept(kindOf(nameOf(setCookie), names)) || !isDeletion(setCookie))
}

/**
 * The session for which Better Auth has issued a token; `null` if it is unknown. If a response
 * replaces the session, its token may belong to either session: to the previous one if a hook of
 * Better Auth has loaded it, or else to the new one. The response does not name that session.
 *
 * @see https://github.com/get-convex/better-auth/blob/main/src/plugins/convex/index.ts
 */
function ownerOf(before: AuthCookies, after: AuthCookies): string | null {
  const isCertain = before.session.kind === 'none' || isSameSession(before, after)
  if (isCertain && after.session.kind === 'one')
    return after.session.cookies
  return null
}

function isSameSession({ session: before }: AuthCookies, { session: after }: AuthCookies): boolean {
  return before.kind === 'one' && after.kind === 'one' && before.cookies === after.cookies
}

/** A `Set-Cookie` with the attributes of another `Set-Cookie`. */
function copyAttributes(setCookie: string, name: string, value: string): string {
  return [`${name}=${value}`, ...attributesOf(setCookie)].join('; ')
}
