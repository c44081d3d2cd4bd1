import type { AuthCookies, CookieNames } from './auth-cookies.ts'
import {
  applySetCookies,
  isDeletion,
  isSessionCache,
  isSessionCookie,
  kindOf,
  nameOf,
  securityPrefixOf,
  valueOf,
} from './auth-cookies.ts'

// Better Auth keeps the token in a cookie of its own, which outlives the session's cookie and may be
// written by a late response of a previous session. So whenever it sets a token, this module sets a
// second cookie, the binding: a hash of the session's cookie and the token. A token counts only
// beside the session that it was made for.

/** The token of a request's cookies; `null` unless it is bound to their session. */
export async function readBoundToken({ session, token, binding }: AuthCookies): Promise<string | null> {
  if (session.kind !== 'one' || !token || !binding)
    return null
  return await bindingOf(session.cookies, token) === binding ? token : null
}

/**
 * The `Set-Cookie`s of a response of Better Auth, and those that keep the binding up to date: a token
 * is bound, and what belonged to a previous session is deleted.
 *
 * @param setCookies those of the response.
 * @param before the cookies of the request.
 * @param namesSession whether another header of the request than `Cookie` names a session.
 * @param names how the app names its cookies.
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
  const result = [...setCookies]

  if (token) {
    const owner = namesSession ? null : ownerOf(before, after)
    const name = `${nameOf(token)}_binding`
    result.push(owner && !isDeletion(token)
      ? likeCookie(token, name, await bindingOf(owner, valueOf(token)))
      : deletion(token, name))
  }
  if (session && !isSameSession(before, after)) {
    const prefix = `${securityPrefixOf(nameOf(session))}${names.cookiePrefix}`
    const caches = before.pairs.map(nameOf).filter(name => isSessionCache(kindOf(name, names)))
    for (const name of [`${prefix}.convex_jwt`, `${prefix}.convex_jwt_binding`, ...caches]) {
      if (!result.some(setCookie => nameOf(setCookie) === name))
        result.push(deletion(session, name))
    }
  }
  return result
}

/**
 * The `Set-Cookie`s without the one that deletes the session's cookie, for the answer to a request that
 * only reads. By the time it arrives, another tab may have signed in, and it would delete that session.
 * The cookie of a session that has ended may stay: Better Auth finds no session by it, and its token goes.
 */
export function keepSessionCookie(setCookies: string[], names: CookieNames): string[] {
  return setCookies.filter(it => kindOf(nameOf(it), names) !== 'session_token' || !isDeletion(it))
}

/**
 * The session that Better Auth made a token for. Where a response replaces the session, nothing says
 * which one it is: the token is the previous session's if some hook has loaded that one.
 *
 * @see https://github.com/get-convex/better-auth/blob/main/src/plugins/convex/index.ts
 */
function ownerOf(before: AuthCookies, after: AuthCookies): string | null {
  const isCertain = before.session.kind === 'none' || isSameSession(before, after)
  return isCertain && after.session.kind === 'one' ? after.session.cookies : null
}

function isSameSession({ session: before }: AuthCookies, { session: after }: AuthCookies): boolean {
  return before.kind === 'one' && after.kind === 'one' && before.cookies === after.cookies
}

/** Base64url of a SHA-256. It needs no key: only those who know the session's cookie can make it. */
async function bindingOf(session: string, token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${session}; ${token}`))
  const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)))
  return base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** A `Set-Cookie` with the attributes of another. */
function likeCookie(setCookie: string, name: string, value: string): string {
  return [`${name}=${value}`, ...attributesOf(setCookie)].join('; ')
}

/** A `Set-Cookie` that deletes a cookie with the attributes of another. */
function deletion(setCookie: string, name: string): string {
  const kept = attributesOf(setCookie).filter(attribute => !/^(?:max-age|expires)\s*=/i.test(attribute))
  return [`${name}=`, 'Max-Age=0', ...kept].join('; ')
}

function attributesOf(setCookie: string): string[] {
  return setCookie.split(';').slice(1).map(attribute => attribute.trim())
}
