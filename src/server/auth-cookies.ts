import type { ServerConfig } from './server-config.ts'

/** What the `Cookie` header of a request tells about authentication. */
export interface AuthCookies {
  /** The part of it that may go upstream; `null` if nothing may. */
  header: string | null
  /** The Convex JWT of a cookie, which nobody has verified yet; `null` if there is none that could be one. */
  token: string | null
  /** Whether there may be a session. Without one Better Auth need not be asked. */
  hasSession: boolean
}

/** Finds the auth cookies among all those of an app. Only these ever leave it. */
export function readAuthCookies(header: string | null, config: Pick<ServerConfig, 'cookiePrefix' | 'forwardedCookies'>): AuthCookies {
  const cookies = splitCookies(header).filter(({ name }) => isAuthCookie(name, config))
  const values = new Map(cookies.map(({ name, value }) => [name, value]))
  // Any page of the same host, an unencrypted one too, can write a cookie without the prefix: beside one that only https can write it counts for nothing.
  const isSecure = cookies.some(({ name }) => name.startsWith(`__Secure-${config.cookiePrefix}.`))
  const prefix = `${isSecure ? '__Secure-' : ''}${config.cookiePrefix}`
  return {
    header: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') || null,
    token: jwtIn(values.get(`${prefix}.convex_jwt`)),
    hasSession: values.has(`${prefix}.session_token`) || cookies.some(({ name }) => config.forwardedCookies.has(name)),
  }
}

/** Three parts of base64url (RFC 7515, 7.1): anything else could not even be sent as a bearer token. */
function jwtIn(value: string | undefined): string | null {
  return value && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value) ? value : null
}

function isAuthCookie(name: string, { cookiePrefix, forwardedCookies }: Pick<ServerConfig, 'cookiePrefix' | 'forwardedCookies'>): boolean {
  return withoutSecurityPrefix(name).startsWith(`${cookiePrefix}.`) || forwardedCookies.has(name)
}

function withoutSecurityPrefix(name: string): string {
  return name.replace(/^__(?:Secure|Host)-/, '')
}

function splitCookies(header: string | null): { name: string, value: string }[] {
  return (header ?? '').split(';').flatMap((pair) => {
    const [name = '', ...value] = pair.trim().split('=')
    return name && value.length > 0 ? [{ name, value: value.join('=') }] : []
  })
}

/** The name in a `Set-Cookie`. */
export function nameOfSetCookie(setCookie: string): string {
  return setCookie.slice(0, setCookie.indexOf('=')).trim()
}

/**
 * The `Set-Cookie`s of an answer of Better Auth, and one more where it changes the session but not the token: the former token, which may be another
 * person's (a switch between two sessions, a sign-in by passkey), is deleted.
 */
export function dropFormerToken(setCookies: string[], cookiePrefix: string): string[] {
  const find = (cookie: string): string | undefined =>
    setCookies.find(setCookie => withoutSecurityPrefix(nameOfSetCookie(setCookie)) === `${cookiePrefix}.${cookie}`)
  const session = find('session_token')
  if (!session || find('convex_jwt'))
    return setCookies
  const [, ...attributes] = session.split(';').map(attribute => attribute.trim())
  const kept = attributes.filter(attribute => !/^(?:max-age|expires)=/i.test(attribute))
  const name = nameOfSetCookie(session).replace(/session_token$/, 'convex_jwt')
  return [...setCookies, [`${name}=`, 'Max-Age=0', ...kept].join('; ')]
}
