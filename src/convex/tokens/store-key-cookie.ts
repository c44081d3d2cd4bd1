/** Sets and deletes the companion cookie, which has the key of the session's stored results. */
import { sessionTokenOf } from '../../shared/session-cookie.ts'
import { STORE_KEY_COOKIE, storeKey } from '../../shared/store-key.ts'
import { setSessionCookieOf } from './session-cookie.ts'
import { endsSession, isSecondFactorPending } from './token-cookie.ts'

/** Returns whether a response starts, renews or ends a session. */
export function changesStoreKey(ctx: any): boolean {
  return endsSession(ctx) || setSessionCookieOf(ctx) !== undefined
}

/**
 * Sets, renews or deletes the companion cookie together with the session cookie. Unlike the session
 * cookie, scripts can read it: see `convue/persist`.
 */
export async function setStoreKeyCookie(ctx: any): Promise<void> {
  const { name } = ctx.context.createAuthCookie(STORE_KEY_COOKIE)
  const attributes = { ...ctx.context.authCookies.sessionToken.attributes, httpOnly: false }
  const cookie = endsSession(ctx) || isSecondFactorPending(ctx) ? undefined : setSessionCookieOf(ctx)
  const value = /^[^=]*=([^;]*)/.exec(cookie ?? '')?.[1]
  const token = value && sessionTokenOf(value)
  // A middleware must not return a value: it would replace the response.
  if (!token) {
    ctx.setCookie(name, '', { ...attributes, maxAge: 0 })
    return
  }
  // Without this attribute, the session ends with the browser.
  const maxAge = /;\s*max-age=(\d+)/i.exec(cookie!)?.[1]
  ctx.setCookie(name, await storeKey(token), { ...attributes, maxAge: maxAge && Number(maxAge) })
}
