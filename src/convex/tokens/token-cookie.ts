/** Sets and clears the cookie `convex_jwt`, from which servers read the token of a page. */
import type { CreatedToken } from './create-token.ts'
import type { TokenSession } from './token-options.ts'
import { tokenBinding } from '../../shared/token-binding.ts'
import { cookieOfSession, setSessionCookieOf } from './session-cookie.ts'

const COOKIE = 'convex_jwt'

/**
 * Browsers accept cookies of 4096 bytes, including the name and the attributes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-6.1
 */
const MAX_TOKEN_LENGTH = 3800

/** Paths that return or renew the current session without creating another one. */
const READING_PATHS = ['/get-session', '/update-session']
/** Sign-ins for which the plugin `twoFactor()` requires the second factor. */
const SECOND_FACTOR_PATHS = ['/sign-in/email', '/sign-in/username', '/sign-in/phone-number']
/**
 * Paths that end the current session. After `/revoke-sessions`, Better Auth 1.6 keeps the session
 * cookie.
 */
const ENDING_PATHS = ['/sign-out', '/revoke-sessions']

/**
 * Sets the cookie to the token of a session, or clears it if the token is too large. Otherwise, the
 * browser would keep the previous cookie. A second cookie binds the token to the cookie of the
 * session: `convue/server` uses a token only with the session for which it was issued.
 */
export async function setTokenCookie(
  ctx: any,
  { session }: TokenSession,
  { token, maxAge }: CreatedToken,
): Promise<void> {
  if (token.length > MAX_TOKEN_LENGTH) {
    ctx.context.logger.warn('The token for Convex is too large for a cookie. Return fewer claims from `definePayload`.')
    return clearTokenCookie(ctx)
  }
  const cookie = ctx.context.createAuthCookie(COOKIE, { maxAge })
  const attributes = await endsWithBrowser(ctx) ? { ...cookie.attributes, maxAge: undefined } : cookie.attributes
  ctx.setCookie(cookie.name, token, attributes)
  const owner = cookieOfSession(ctx, session.token)
  if (owner)
    ctx.setCookie(bindingName(cookie.name), await tokenBinding(owner, token), attributes)
  else
    ctx.setCookie(bindingName(cookie.name), '', { ...attributes, maxAge: 0 })
}

/** Removes the cookie and its binding from the browser. */
export function clearTokenCookie(ctx: any): void {
  const { name, attributes } = ctx.context.createAuthCookie(COOKIE, { maxAge: 0 })
  ctx.setCookie(name, '', attributes)
  ctx.setCookie(bindingName(name), '', attributes)
}

function bindingName(name: string): string {
  return `${name}_binding`
}

/** Returns whether a response starts, renews or returns a session. */
export function hasSession(ctx: any): boolean {
  return Boolean(ctx.context.newSession) || sessionOfResponse(ctx) !== null
}

/**
 * The session that a response starts, renews or returns; `null` if there is none, or if its second
 * factor may be missing.
 */
export function sessionOfResponse(ctx: any): TokenSession | null {
  const { newSession, session } = ctx.context
  if (newSession) {
    return isSecondFactorPending(ctx) ? null : newSession
  }
  return startsWith(ctx.path, READING_PATHS) && !canBeCached(ctx) ? session ?? null : null
}

/**
 * Returns whether the second factor of the new session may be missing. The plugin `twoFactor()` may
 * run later, and refuse the session.
 */
export function isSecondFactorPending({ context: { newSession }, path }: any): boolean {
  return Boolean(newSession?.user.twoFactorEnabled) && SECOND_FACTOR_PATHS.includes(path)
}

/**
 * Returns whether a session can come from the cookie of `session.cookieCache`. Such a session may
 * have been revoked since the cookie was set.
 */
function canBeCached({ context, query }: any): boolean {
  return context.options.session?.cookieCache?.enabled === true && query?.disableCookieCache !== true
}

/** Returns whether the browser is signed out after this response. */
export function endsSession(ctx: any): boolean {
  if (startsWith(ctx.path, ENDING_PATHS))
    return true
  if (revokesOwnSession(ctx))
    return true
  if (startsWith(ctx.path, ['/get-session']))
    return !ctx.context.session && !ctx.context.newSession
  return deletesSessionCookie(ctx)
}

/**
 * Returns whether the request revokes its own session. Better Auth 1.6 then keeps the session
 * cookie.
 */
function revokesOwnSession({ path, body, context }: any): boolean {
  const token: unknown = context.session?.session.token
  return path === '/revoke-session' && token !== undefined && body?.token === token
}

/** Returns whether a response deletes the session's cookie. Any endpoint can end the session. */
function deletesSessionCookie(ctx: any): boolean {
  const cookie = setSessionCookieOf(ctx)
  return cookie !== undefined && /^[^;]*=(?:;|$)|;\s*max-age=0(?:;|$)/i.test(cookie)
}

/**
 * Returns whether the session ends with the browser, as with `rememberMe: false`. The cookie
 * with the token must not remain longer.
 */
async function endsWithBrowser(ctx: any): Promise<boolean> {
  const cookie = setSessionCookieOf(ctx)
  if (cookie !== undefined)
    return !/;\s*(?:max-age|expires)=/i.test(cookie)
  const { authCookies, secret } = ctx.context
  return await ctx.getSignedCookie(authCookies.dontRememberToken.name, secret) === 'true'
}

function startsWith(path: string | undefined, prefixes: string[]): boolean {
  return prefixes.some(prefix => path === prefix || path?.startsWith(`${prefix}/`))
}
