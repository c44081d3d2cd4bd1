/** The cookies of Better Auth as headers that the script of a page reads and sends. */

/** The header of a request that replaces `Cookie`. */
export const COOKIE_HEADER = 'better-auth-cookie'
/** The header of a response that replaces `Set-Cookie`. */
export const SET_COOKIE_HEADER = 'set-better-auth-cookie'

/**
 * Returns whether a page has sent its cookies in {@link COOKIE_HEADER}. Expo apps also send it,
 * but Better Auth has another plugin for them. A request with `Authorization` uses the session of
 * that header or of a real cookie, so scripts must not be able to read the cookies of its response.
 */
export function hasHeaderCookies(ctx: any): boolean {
  const headers = headersOf(ctx)
  return headers?.has(COOKIE_HEADER) === true && !headers.has('expo-origin') && !headers.has('authorization')
}

/** The headers of a request, with its cookies in the header `Cookie`, which Better Auth reads. */
export function withCookies(ctx: any): Headers {
  const headers = new Headers(headersOf(ctx))
  headers.set('cookie', headers.get(COOKIE_HEADER) ?? '')
  return headers
}

/** The value of one of the cookies; `null` if there is none. */
export function readHeaderCookie(ctx: any, name: string): string | null {
  const pairs = (headersOf(ctx)?.get(COOKIE_HEADER) ?? '').split(';').map(pair => pair.trim())
  const found = pairs.find(pair => pair.startsWith(`${name}=`))
  return found === undefined ? null : found.slice(name.length + 1) || null
}

/** Moves the cookies that a response sets into the header that the page can read. */
export function moveSetCookies(ctx: any): void {
  const { responseHeaders } = ctx.context
  const setCookies: string[] = responseHeaders?.getSetCookie() ?? []
  if (setCookies.length === 0)
    return
  responseHeaders.delete('set-cookie')
  ctx.setHeader(SET_COOKIE_HEADER, setCookies.join(', '))
  const exposed = responseHeaders.get('access-control-expose-headers')
  ctx.setHeader('access-control-expose-headers', [exposed, SET_COOKIE_HEADER].filter(Boolean).join(', '))
}

function headersOf(ctx: any): Headers | undefined {
  return ctx.request?.headers ?? ctx.headers
}
