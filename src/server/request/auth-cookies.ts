import type { ServerConfig } from '../config/server-config.ts'

/** How an app names its auth cookies. */
export type CookieNames = Pick<ServerConfig, 'cookiePrefix' | 'forwardedCookies'>

/** Which session a request's cookies mean. `several`: two cookies that contradict each other. */
export type SessionCookie = { kind: 'none' } | { kind: 'one', cookies: string } | { kind: 'several' }

/** The auth cookies of a request. A name or value here is exactly what the header says. */
export interface AuthCookies {
  /** `name=value` of each cookie, without repetitions. */
  pairs: string[]
  /** The cookies that Better Auth may see, as a `Cookie` header; `null` for none. */
  header: string | null
  /** Whether Better Auth may find a session by `header`. Otherwise it is not asked. */
  hasSession: boolean
  /** `cookies` changes with the session: it has the session cookie and all `forwardedCookies`. */
  session: SessionCookie
  /** A Convex JWT that is not verified; `null` without one, and where there are several. */
  token: string | null
  /** Which session and token belong together, see `token-binding.ts`; `null` as for `token`. */
  binding: string | null
}

/** Finds the auth cookies among all cookies of an app. The other cookies never leave the app. */
export function readAuthCookies(header: string | null, names: CookieNames): AuthCookies {
  return sortAuthCookies(splitCookies(header).filter(pair => isAuthCookie(nameOf(pair), names)), names)
}

/** The auth cookies that a browser has once it has applied the `Set-Cookie`s of a response. */
export function applySetCookies({ pairs }: AuthCookies, setCookies: string[], names: CookieNames): AuthCookies {
  const cookies = new Map(pairs.map(pair => [nameOf(pair), pair]))
  for (const setCookie of setCookies.filter(setCookie => isAuthCookie(nameOf(setCookie), names))) {
    cookies.delete(nameOf(setCookie))
    if (!isDeletion(setCookie))
      cookies.set(nameOf(setCookie), pairOf(setCookie))
  }
  return sortAuthCookies([...cookies.values()], names)
}

function sortAuthCookies(pairs: string[], names: CookieNames): AuthCookies {
  const counts = new Map<string, number>()
  for (const pair of pairs)
    counts.set(nameOf(pair), (counts.get(nameOf(pair)) ?? 0) + 1)
  const isUnique = (pair: string): boolean => counts.get(nameOf(pair)) === 1
  const ofKind = (kind: string): string[] => pairs.filter(pair => kindOf(nameOf(pair), names) === kind)
  const only = (kind: string): string | null => {
    const found = ofKind(kind)
    return found.length === 1 ? valueOf(found[0]!) : null
  }

  // Any page of the same site can set a cookie for all of its hosts, beside the app's own. Of two
  // cookies with one name Better Auth would read the first, whoever has set it, so it gets neither.
  // Names with different security prefixes all reach it: only Better Auth knows which one it reads.
  const forUpstream = pairs.filter(pair => isUnique(pair) && !isForAppOnly(kindOf(nameOf(pair), names)))
  const sessions = ofKind('session_token')
  const candidates = pairs.filter(pair => isSessionCookie(nameOf(pair), names))
  return {
    pairs,
    header: forUpstream.join('; ') || null,
    hasSession: candidates.some(isUnique),
    session: sessionOf(candidates, sessions.length < 2 && candidates.every(isUnique)),
    token: jwtIn(only('convex_jwt')),
    binding: only('convex_jwt_binding'),
  }
}

function sessionOf(candidates: string[], isUnambiguous: boolean): SessionCookie {
  if (candidates.length === 0)
    return { kind: 'none' }
  return isUnambiguous ? { kind: 'one', cookies: candidates.toSorted().join('; ') } : { kind: 'several' }
}

/**
 * The binding means nothing to Better Auth. Its own cache of the session must not reach it: it uses
 * that cache without a look at which session the cookie beside it has.
 */
function isForAppOnly(kind: string | null): boolean {
  return kind === 'convex_jwt_binding' || isSessionCache(kind)
}

/** Better Auth splits a long cache over `session_data.0`, `session_data.1` and so on. */
export function isSessionCache(kind: string | null): boolean {
  return kind === 'session_data' || !!kind?.startsWith('session_data.')
}

/** Whether a cookie may say which session a request has. */
export function isSessionCookie(name: string, names: CookieNames): boolean {
  const kind = kindOf(name, names)
  return kind === null ? names.forwardedCookies.has(name) : kind === 'session_token'
}

/** `session_token` of `__Secure-better-auth.session_token`; `null` if the prefix is another one. */
export function kindOf(name: string, { cookiePrefix }: CookieNames): string | null {
  const plain = name.slice(securityPrefixOf(name).length)
  return plain.startsWith(`${cookiePrefix}.`) ? plain.slice(cookiePrefix.length + 1) : null
}

/** What browsers themselves demand of a cookie by its name. */
export function securityPrefixOf(name: string): string {
  return /^__(?:Secure|Host)-/.exec(name)?.[0] ?? ''
}

/** The name in `name=value`, and in a `Set-Cookie`. */
export function nameOf(cookie: string): string {
  return cookie.slice(0, cookie.indexOf('=')).trim()
}

/** The value in `name=value`, and in a `Set-Cookie`. */
export function valueOf(cookie: string): string {
  return cookie.slice(cookie.indexOf('=') + 1).split(';')[0]!.trim()
}

/** Whether a `Set-Cookie` deletes the cookie. */
export function isDeletion(setCookie: string): boolean {
  return valueOf(setCookie) === '' || /;\s*max-age\s*=\s*(?:0|-\d+)\s*(?:;|$)/i.test(setCookie)
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

/** Three parts of base64url (RFC 7515, 7.1): anything else could not even be sent as a bearer token. */
function jwtIn(value: string | null): string | null {
  return value && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value) ? value : null
}
