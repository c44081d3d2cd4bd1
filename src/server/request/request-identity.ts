/** The session and the token of one request, each requested from Better Auth at most once. */
import type { SessionAnswer } from '../../shared/auth-answers.ts'
import type { ServerConfig } from '../config/server-config.ts'
import type { UpstreamAnswer } from '../http/request-upstream.ts'
import type { TokenVerifier } from './token-verifier.ts'
import { readSessionAnswer } from '../../shared/auth-answers.ts'
import { readClaims } from '../../shared/jwt.ts'
import { serverError } from '../config/server-error.ts'
import { failureReason, isJsonUnauthorized, requestUpstream } from '../http/request-upstream.ts'
import { purposeOf, sendToAuth } from '../http/send-to-auth.ts'
import { nameOf, readAuthCookies } from './auth-cookies.ts'
import { originHeaders, PRIVATE_HEADERS } from './forwarded-headers.ts'
import { cookiesWithCache, isSessionOfCookie } from './session-cache.ts'
import { addStoreKey } from './store-key.ts'
import { bindToken, keepSessionCookie, readBoundToken } from './token-binding.ts'

/** The token of the user who makes a request. */
export interface RequestToken {
  value: string
  userId: string
  /** The `sessionId` claim; `undefined` if the token names no session. */
  sessionId: unknown
  /**
   * `true` if the token comes from a cookie and not from the token endpoint. The deployment may
   * reject such a token although there is a session.
   */
  isCached: boolean
}

/** The session of Better Auth, without its secret. */
export interface RequestSession extends SessionAnswer {}

/** The content of a verified token: the claims that describe the user, and the session's id. */
export interface TokenAuth extends RequestSession {
  token: string
}

/**
 * The identity of a request. However often a method is called, Better Auth receives at most one
 * request for it.
 */
export interface RequestIdentity {
  /** `null` for an anonymous request. Rejects if the identity could not be determined. */
  token: () => Promise<RequestToken | null>
  /** The user and the session that the token of the cookie states: see `getTokenAuth`. */
  tokenAuth: () => Promise<TokenAuth | null>
  /**
   * A new token, for use after the deployment has rejected the token of a cookie. All calls
   * with the rejected token share one request.
   */
  renewToken: () => Promise<RequestToken | null>
  /**
   * Returns whether a token belongs to the session that Better Auth has reported; `true` if none
   * is known.
   */
  isCurrent: (token: RequestToken | null) => boolean
  /** `null` for an anonymous request. Rejects if the identity could not be determined. */
  session: () => Promise<RequestSession | null>
  /**
   * The headers that the response needs. Empty if neither the session nor a token was requested.
   */
  responseHeaders: () => Headers
}

export function createRequestIdentity(
  request: Request,
  config: ServerConfig,
  verifier: TokenVerifier,
): RequestIdentity {
  const cookies = readAuthCookies(request.headers.get('cookie'), config)
  /** The cookies by their names. If two cookies have the same name, only the later one is set. */
  const setCookies = new Map<string, string>()
  let boundToken: Promise<string | null> | undefined
  let tokenPromise: Promise<RequestToken | null> | undefined
  let newTokenPromise: Promise<RequestToken | null> | undefined
  let sessionPromise: Promise<RequestSession | null> | undefined
  /** The session that Better Auth has reported, `null` for none; `undefined` before a report. */
  let reportedSession: RequestSession | null | undefined
  /** `true` if `reportedSession` first came from the cookie cache, so that it may have ended. */
  let wasCached = false
  let confirmation: Promise<unknown> | undefined

  async function requestAuth(path: string): Promise<UpstreamAnswer> {
    const answer = await send(path, originHeaders(request, cookies, config))
    await keepCookies(answer)
    return answer
  }

  async function send(path: string, headers: Headers): Promise<UpstreamAnswer> {
    if (purposeOf(request, config) === 'identity')
      throw serverError('IDENTITY_RECURSION')
    const authRequest = { purpose: 'identity', path: config.basePath + path, headers } as const
    return await requestUpstream(config, signal => sendToAuth(config, request, authRequest, signal))
  }

  async function keepCookies(answer: UpstreamAnswer): Promise<void> {
    if (answer.kind !== 'answer')
      return
    const changes = await bindToken(answer.headers.getSetCookie(), cookies, false, config)
    for (const setCookie of await addStoreKey(keepSessionCookie(changes, config), config))
      setCookies.set(nameOf(setCookie), setCookie)
  }

  async function requestToken(): Promise<RequestToken | null> {
    if (!cookies.hasSession)
      return null
    const answer = await requestAuth(config.tokenPath)
    if (isJsonUnauthorized(answer))
      return null
    const value = tokenIn(answer)
    const claims = readClaims(value)
    if (claims)
      return { value: value as string, userId: claims.sub, sessionId: claims.sessionId, isCached: false }
    if (answer.status === 404)
      throw serverError('TOKEN_ENDPOINT_MISSING', config.tokenPath)
    throw serverError('TOKEN_REQUEST_FAILED', failureReason(answer))
  }

  function requestTokenOnce(): Promise<RequestToken | null> {
    newTokenPromise ??= requestToken()
    return newTokenPromise
  }

  function readBoundTokenOnce(): Promise<string | null> {
    boundToken ??= readBoundToken(cookies)
    return boundToken
  }

  async function findTokenAuth(): Promise<TokenAuth | null> {
    const token = config.hasTokens ? await readBoundTokenOnce() : null
    if (!token)
      return null
    const claims = await verifier.verify(token, requestPublic)
    // Without a session id, it could not be confirmed that the token belongs to the session.
    if (!claims || typeof claims.sessionId !== 'string' || claims.exp! * 1000 - Date.now() <= config.tokenMarginMs)
      return null
    const { sub: id, sessionId, exp, iat, iss, aud, jti, nbf, ...profile } = claims
    return { user: { ...profile, id }, session: { id: sessionId }, token }
  }

  async function requestPublic(path: string): Promise<UpstreamAnswer> {
    const headers = originHeaders(request, cookies, config)
    headers.delete('cookie')
    return await send(path, headers)
  }

  async function findToken(): Promise<RequestToken | null> {
    const bound = await readBoundTokenOnce()
    const claims = readClaims(bound)
    if (!claims)
      return await requestTokenOnce()

    const cached: RequestToken = { value: bound!, userId: claims.sub, sessionId: claims.sessionId, isCached: true }
    const restMs = claims.exp * 1000 - Date.now()
    if (restMs > config.tokenMarginMs)
      return cached
    try {
      return await requestTokenOnce()
    }
    catch (error) {
      // If no other token can be obtained, a token that is about to expire can still be used.
      if (restMs > 0 && Number.isFinite(config.tokenMarginMs))
        return cached
      throw error
    }
  }

  /**
   * A token that belongs to the reported session, if Better Auth has reported a session. It makes
   * no difference whether the token or the session was requested first.
   */
  async function currentToken(): Promise<RequestToken | null> {
    if (!config.hasTokens)
      return null
    tokenPromise ??= findToken()
    const found = await tokenPromise
    if (isCurrent(found))
      return found
    if (reportedSession === null)
      return null
    const doubted = reportedSession
    await confirmSession()
    if (reportedSession !== doubted)
      return await currentToken()
    const renewed = await renewToken()
    if (!isCurrent(renewed))
      throw serverError('IDENTITY_CHANGED', 'request')
    return renewed
  }

  function renewToken(): Promise<RequestToken | null> {
    tokenPromise = requestTokenOnce()
    return tokenPromise
  }

  function isCurrent(token: RequestToken | null): boolean {
    if (reportedSession === undefined || !config.hasTokens)
      return true
    if (!reportedSession || !token)
      return reportedSession === token
    const { user, session } = reportedSession
    const { userId, sessionId = session.id } = token
    return userId === user.id && sessionId === session.id
  }

  async function findSession(): Promise<RequestSession | null> {
    const cached = await readSessionCache()
    if (!cached)
      return await findStoredSession()
    wasCached = true
    reportedSession = cached
    return cached
  }

  async function findStoredSession(): Promise<RequestSession | null> {
    reportedSession = await requestSession()
    return reportedSession
  }

  /**
   * Replaces a session of the cookie cache with the stored session, once. The token endpoint knows
   * of the end of a session before the cache does.
   */
  async function confirmSession(): Promise<void> {
    if (!wasCached)
      return
    if (!confirmation) {
      sessionPromise = findStoredSession()
      confirmation = sessionPromise
    }
    await confirmation
  }

  /** `null` if there is no cache, or if it belongs to another session. */
  async function readSessionCache(): Promise<RequestSession | null> {
    const cookie = cookiesWithCache(cookies, config)
    if (!cookie)
      return null
    const headers = originHeaders(request, cookies, config)
    headers.set('cookie', cookie)
    const answer = await send('/get-session', headers)
    if (answer.kind !== 'answer' || !isSessionOfCookie(answer, cookies, config))
      return null
    await keepCookies(answer)
    return readSessionAnswer(answer.body)
  }

  async function requestSession(): Promise<RequestSession | null> {
    if (!cookies.hasSession)
      return null
    const answer = await requestAuth('/get-session')
    if (isJsonUnauthorized(answer))
      return null
    if (answer.kind === 'answer' && answer.status === 200) {
      if (answer.body === null)
        return null
      const session = readSessionAnswer(answer.body)
      if (session)
        return session
    }
    if (answer.status === 404)
      throw serverError('AUTH_ROUTES_MISSING', config.basePath)
    throw serverError('SESSION_REQUEST_FAILED', failureReason(answer))
  }

  return {
    token: currentToken,
    tokenAuth: findTokenAuth,
    renewToken,
    isCurrent,
    session() {
      sessionPromise ??= findSession()
      return sessionPromise
    },
    responseHeaders() {
      const headers = new Headers()
      if (!boundToken && !sessionPromise)
        return headers
      for (const [name, value] of Object.entries(PRIVATE_HEADERS))
        headers.set(name, value)
      for (const setCookie of setCookies.values())
        headers.append('set-cookie', setCookie)
      return headers
    },
  }
}

/** The token in an answer of the token endpoint; `undefined` without one. */
function tokenIn(answer: UpstreamAnswer): unknown {
  if (answer.kind === 'answer' && answer.status === 200)
    return answer.body?.token
  return undefined
}
