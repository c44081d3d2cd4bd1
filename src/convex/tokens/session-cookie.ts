/** The cookie that names the session of a response or a request. */
import { sessionTokenOf } from '../../shared/session-cookie.ts'

/** The session's cookie that a response sets, with its attributes; `undefined` if it sets none. */
export function setSessionCookieOf({ context }: any): string | undefined {
  const setCookies: string[] = context.responseHeaders?.getSetCookie?.() ?? []
  return setCookies.findLast(setCookie => setCookie.startsWith(`${nameOf(context)}=`))
}

/**
 * `name=value` of the cookie that names a session after a response: the cookie that the response
 * sets, or that of the request. `null` if the cookie does not name this session, for example
 * because the request names it in another header.
 */
export function cookieOfSession(ctx: any, sessionToken: unknown): string | null {
  const cookie = setSessionCookieOf(ctx)?.split(';')[0] ?? sentCookieOf(ctx)
  if (cookie && sessionTokenOf(cookie.slice(cookie.indexOf('=') + 1)) === sessionToken)
    return cookie
  return null
}

function sentCookieOf({ context, request }: any): string | undefined {
  // Does not read the headers of `ctx`, to which `bearer()` adds the session of another header.
  const header: string = request?.headers.get('cookie') ?? ''
  return header.split(';').map(cookie => cookie.trim()).find(cookie => cookie.startsWith(`${nameOf(context)}=`))
}

function nameOf({ authCookies }: any): string {
  return authCookies.sessionToken.name
}
