/** Finds Better Auth's cookies in a request, and the session and token that they hold. */
import type { ServerConfig } from '../config/server-config.ts'
import { STORE_KEY_COOKIE } from '../../shared/store-key.ts'

/** The options that determine the names of an app's auth cookies. */
export type CookieNames = Pick<ServerConfig, 'cookiePrefix' | 'forwardedCookies'>

/** The session that a request's cookies name. `several`: the cookies name different sessions. */
export type SessionCookie = { kind: 'none' } | { kind: 'one', cookies: string } | { kind: 'several' }

/** The auth cookies of a request. Their names and values are unchanged from the header. */
export interface AuthCookies {
  /** `name=value` of each cookie, without repetitions. */
  pairs: string[]
  /** The cookies that Better Auth may receive, as a `Cookie` header; `null` for none. */
  header: string | null
  /** `true` if Better Auth may find a session in `header`. Otherwise, no request is necessary. */
  hasSession: boolean
  /**
   * `cookies` changes with the session: it contains the session cookie and all `forwardedCookies`.
   */
  session: SessionCookie
  /** A Convex JWT that is not verified; `null` if there is no token, or if there are several. */
  token: string | null
  /**
   * Proves that session and token belong together, see `token-binding.ts`; `null` if there is no
   * binding, or if there are several.
   */
  binding: string | null
}

/**
 * Finds the auth cookies among all cookies of an app. The other cookies never leave the app's
 * server.
 */
export function readAuthCookies(header: string | null, names: CookieNames): AuthCookies {
  return describeCookies(splitCookies(header).filter(pair => isAuthCookie(nameOf(pair), names)), names)
}

/** The auth cookies that a browser has after it has applied the `Set-Cookie`s of a response. */
export function applySetCookies({ pairs }: AuthCookies, setCookies: string[], names: CookieNames): AuthCookies {
  const cookies = new Map(pairs.map(pair => [nameOf(pair), pair]))
  for (const setCookie of setCookies.filter(setCookie => isAuthCookie(nameOf(setCookie), names))) {
    cookies.delete(nameOf(setCookie))
    if (!isDeletion(setCookie))
      cookies.set(nameOf(setCookie), pairOf(setCookie))
  }
  return describeCookies([...cookies.values()], names)
}

function describeCookies(pairs: string[], names: CookieNames): AuthCookies {
  const counts = new Map<string, number>()
  for (const pair of pairs)
    counts.set(nameOf(pair), (counts.get(nameOf(pair)) ?? 0) + 1)
  const isUnique = (pair: string): boolean => counts.get(nameOf(pair)) === 1
  const ofKind = (kind: string): string[] => pairs.filter(pair => kindOf(nameOf(pair), names) === kind)
  const onlyValue = (kind: string): string | null => {
    const found = ofKind(kind)
    if (found.length !== 1)
      return null
    return valueOf(found[0]!)
  }

  // Any page of the same site can set a cookie for all hosts of the site, in addition to the app's
  // own cookies. If two cookies have the same name, Better Auth would read the first one, which the
  // other page may have set. So neither of them is sent to Better Auth. Cookies that differ only in
  // their security prefix are all sent, since Better Auth's configuration determines which of them
  // it reads.
  const forUpstream = pairs.filter(pair => isUnique(pair) && !isForAppOnly(kindOf(nameOf(pair), names)))
  const sessionTokens = ofKind('session_token')
  const candidates = pairs.filter(pair => isSessionCookie(nameOf(pair), names))
  return {
    pairs,
    header: forUpstream.join('; ') || null,
    hasSession: candidates.some(isUnique),
    session: sessionOf(candidates, sessionTokens.length < 2 && candidates.every(isUnique)),
    token: parseJwt(onlyValue('convex_jwt')),
    binding: onlyValue('convex_jwt_binding'),
  }
}

function sessionOf(candidates: string[], isUnambiguous: boolean): SessionCookie {
  if (candidates.length === 0)
    return { kind: 'none' }
  if (!isUnambiguous)
    return { kind: 'several' }
  return { kind: 'one', cookies: candidates.toSorted().join('; ') }
}

/**
 * Better Auth uses neither the binding of the token nor the companion cookie. Better Auth's cookie
 * cache of the session must not be sent to Better Auth, which trusts the cache without checking
 * that the cache belongs to the session cookie of the same request. The only exception is in
 * `session-cache.ts`.
 *
 * @see docs/contributing/convex-client.md#better-auth-on-convex
 */
function isForAppOnly(kind: string | null): boolean {
  return kind === 'convex_jwt_binding' || kind === STORE_KEY_COOKIE || isSessionCache(kind)
}

/** Better Auth splits a long cache into `session_data.0`, `session_data.1` and so on. */
export function isSessionCache(kind: string | null): boolean {
  return kind === 'session_data' || !!kind?.startsWith('session_data.')
}

/** Returns whether a cookie may name the session of a request. */
export function isSessionCookie(name: string, names: CookieNames): boolean {
  const kind = kindOf(name, names)
  return kind === 'session_token' || (kind === null && names.forwardedCookies.has(name))
}

/**
 * The kind, such as `session_token` of `__Secure-better-auth.session_token`; `null` for others.
 */
export function kindOf(name: string, { cookiePrefix }: CookieNames): string | null {
  const plainName = name.slice(securityPrefixOf(name).length)
  if (!plainName.startsWith(`${cookiePrefix}.`))
    return null
  return plainName.slice(cookiePrefix.length + 1)
}

/**
 * The prefix of a cookie's name that makes browsers enforce rules for setting the cookie.
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
export function securityPrefixOf(name: string): string {
  return /^__(?:Secure|Host)-/.exec(name)?.[0] ?? ''
}

/** The name in `name=value` or in a `Set-Cookie`. */
export function nameOf(cookie: string): string {
  return cookie.slice(0, cookie.indexOf('=')).trim()
}

/** The value in `name=value` or in a `Set-Cookie`. */
export function valueOf(cookie: string): string {
  return cookie.slice(cookie.indexOf('=') + 1).split(';')[0]!.trim()
}

/** Returns whether a `Set-Cookie` deletes its cookie. */
export function isDeletion(setCookie: string): boolean {
  return valueOf(setCookie) === '' || /;\s*max-age\s*=\s*(?:0|-\d+)\s*(?:;|$)/i.test(setCookie)
}

/** A `Set-Cookie` that deletes the cookie `name`, with the attributes of another `Set-Cookie`. */
export function deletionLike(setCookie: string, name: string): string {
  const kept = attributesOf(setCookie).filter(attribute => !/^(?:max-age|expires)\s*=/i.test(attribute))
  return [`${name}=`, 'Max-Age=0', ...kept].join('; ')
}

export function attributesOf(setCookie: string): string[] {
  return setCookie.split(';').slice(1).map(attribute => attribute.trim())
}

function pairOf(setCookie: string): string {
  return `${nameOf(setCookie)}=${valueOf(setCookie)}`
}

function isAuthCookie(name: string, names: CookieNames): boolean {
  return kindOf(name, names) !== null || names.forwardedCookies.has(name)
}

function splitCookies(header: string | null): string[] {
  return [...new Set((header ?? '').split(';').filter(pair => pair.includes('=')).map(pairOf))]
}

/**
 * A value in the form of a JWT: three parts of base64url. Other values may contain characters that
 * a bearer token cannot contain.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1
 */
function parseJwt(value: string | null): string | null {
  if (value && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value))
    return value
  return null
}
