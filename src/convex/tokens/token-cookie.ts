/** When the cookie `convex_jwt` is set and cleared, from which servers read a page's token. */
import type { CreatedToken } from './create-token.ts'
import type { TokenSession } from './token-options.ts'

const COOKIE = 'convex_jwt'

/** Paths that return or renew the current session without creating another one. */
const READING_PATHS = ['/get-session', '/update-session']
/** Paths that end the current session. */
const ENDING_PATHS = ['/sign-out', '/delete-user']

/** Sets the cookie to a token. */
export function setTokenCookie(ctx: any, { token, maxAge }: CreatedToken): void {
  const { name, attributes } = ctx.context.createAuthCookie(COOKIE, { maxAge })
  ctx.setCookie(name, token, attributes)
}

/** Removes the cookie from the browser. */
export function clearTokenCookie(ctx: any): void {
  const { name, attributes } = ctx.context.createAuthCookie(COOKIE, { maxAge: 0 })
  ctx.setCookie(name, '', attributes)
}

/** The session that a response starts, renews or returns; `null` if there is none. */
export function sessionOfResponse(ctx: any): TokenSession | null {
  const { newSession, session } = ctx.context
  if (newSession) {
    // Another plugin may still refuse this session, and require the second factor.
    const isPending = newSession.user.twoFactorEnabled && !startsWith(ctx.path, ['/two-factor'])
    return isPending ? null : newSession
  }
  return startsWith(ctx.path, READING_PATHS) ? session ?? null : null
}

/** Whether the browser is signed out after this response. */
export function endsSession(ctx: any): boolean {
  if (startsWith(ctx.path, ENDING_PATHS))
    return true
  if (startsWith(ctx.path, ['/get-session']))
    return !ctx.context.session && !ctx.context.newSession
  return deletesSessionCookie(ctx)
}

/** Any endpoint can end the session, and then deletes its cookie. */
function deletesSessionCookie({ context }: any): boolean {
  const name: string = context.authCookies.sessionToken.name
  const setCookies: string[] = context.responseHeaders?.getSetCookie?.() ?? []
  const last = setCookies.findLast(setCookie => setCookie.startsWith(`${name}=`))
  return last !== undefined && /^[^;]*=(?:;|$)|;\s*max-age=0(?:;|$)/i.test(last)
}

function startsWith(path: string | undefined, prefixes: string[]): boolean {
  return prefixes.some(prefix => path === prefix || path?.startsWith(`${prefix}/`))
}
