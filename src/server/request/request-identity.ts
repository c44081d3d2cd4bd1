import type { SessionAnswer } from '../../shared/auth-answers.ts'
import type { ServerConfig } from '../config/server-config.ts'
import { readSessionAnswer } from '../../shared/auth-answers.ts'
import { readClaims } from '../../shared/jwt.ts'
import { serverError } from '../config/server-error.ts'
import { askUpstream, isJsonUnauthorized, reasonOf } from '../http/request-upstream.ts'
import { nameOf, readAuthCookies } from './auth-cookies.ts'
import { originHeaders, PRIVATE_HEADERS } from './forwarded-headers.ts'
import { bindToken, keepSessionCookie, readBoundToken } from './token-binding.ts'

/** Somebody's token in one request. */
export interface RequestToken {
  value: string
  userId: string
  /** It comes from the visitor's cookie, not from the token endpoint: it may be refused although there is a session. */
  isCached: boolean
}

/** The session of Better Auth, without its secret. */
export interface RequestSession extends SessionAnswer {}

/** Who makes a request. Each question is asked upstream at most once, however many ask it here. */
export interface RequestIdentity {
  /** `null` for nobody. Rejects if that could not be found out. */
  token: () => Promise<RequestToken | null>
  /** Another token than the cookie's, which the deployment refused. One request for all that were refused. */
  renewToken: () => Promise<RequestToken | null>
  /** Whether a token is of the session that Better Auth has reported, as far as it has. */
  isCurrent: (token: RequestToken | null) => boolean
  /** `null` for nobody. Rejects if that could not be found out. */
  session: () => Promise<RequestSession | null>
  /** What the response needs: nothing as long as nobody asked who makes the request. */
  responseHeaders: () => Headers
}

export function createRequestIdentity(request: Request, config: ServerConfig): RequestIdentity {
  const cookies = readAuthCookies(request.headers.get('cookie'), config)
  /** By name: of two cookies of one name the later one counts. */
  const setCookies = new Map<string, string>()
  let token: Promise<RequestToken | null> | undefined
  let renewed: Promise<RequestToken | null> | undefined
  let session: Promise<RequestSession | null> | undefined
  /** What Better Auth has reported; `undefined` while it has not. */
  let reported: RequestSession | null | undefined

  async function askAuth(path: string): ReturnType<typeof askUpstream> {
    const answer = await askUpstream(config, `${config.siteUrl}${config.basePath}${path}`, { headers: originHeaders(request, config) })
    if (answer.kind === 'answer') {
      const changes = await bindToken(answer.headers.getSetCookie(), cookies, false, config)
      for (const setCookie of keepSessionCookie(changes, config))
        setCookies.set(nameOf(setCookie), setCookie)
    }
    return answer
  }

  async function mintToken(): Promise<RequestToken | null> {
    if (!cookies.hasSession)
      return null
    const answer = await askAuth('/convex/token')
    if (isJsonUnauthorized(answer))
      return null
    const value = answer.kind === 'answer' && answer.status === 200 ? answer.body?.token : undefined
    const userId = readClaims(value)?.sub
    if (userId)
      return { value: value as string, userId, isCached: false }
    throw answer.status === 404 ? serverError('TOKEN_ENDPOINT_MISSING') : serverError('TOKEN_REQUEST_FAILED', reasonOf(answer))
  }

  async function findToken(): Promise<RequestToken | null> {
    const bound = await readBoundToken(cookies)
    const claims = readClaims(bound)
    const cached = claims && { value: bound!, userId: claims.sub, isCached: true }
    const restMs = claims ? claims.exp * 1000 - Date.now() : Number.NaN
    if (cached && restMs > config.tokenMarginMs)
      return cached
    try {
      return await (renewed ??= mintToken())
    }
    catch (error) {
      // Better one that is about to expire than none.
      if (cached && restMs > 0 && Number.isFinite(config.tokenMarginMs))
        return cached
      throw error
    }
  }

  /** The session counts, whichever of the two was known first. */
  async function currentToken(): Promise<RequestToken | null> {
    if (!config.hasTokens)
      return null
    token ??= findToken()
    const found = await token
    if (isCurrent(found))
      return found
    if (reported === null)
      return null
    const minted = await renewToken()
    if (!isCurrent(minted))
      throw serverError('IDENTITY_CHANGED', 'request')
    return minted
  }

  async function renewToken(): Promise<RequestToken | null> {
    renewed ??= mintToken()
    token = renewed
    return await renewed
  }

  function isCurrent(token: RequestToken | null): boolean {
    if (reported === undefined || !config.hasTokens)
      return true
    if (!reported || !token)
      return reported === token
    const { sub, sessionId = reported.session.id } = readClaims(token.value)!
    return sub === reported.user.id && sessionId === reported.session.id
  }

  async function findSession(): Promise<RequestSession | null> {
    reported = await askForSession()
    return reported
  }

  async function askForSession(): Promise<RequestSession | null> {
    if (!cookies.hasSession)
      return null
    const answer = await askAuth('/get-session')
    if (isJsonUnauthorized(answer))
      return null
    if (answer.kind === 'answer' && answer.status === 200) {
      if (answer.body === null)
        return null
      const session = readSessionAnswer(answer.body)
      if (session)
        return session
    }
    throw serverError('SESSION_REQUEST_FAILED', reasonOf(answer))
  }

  return {
    token: currentToken,
    renewToken,
    isCurrent,
    session: () => session ??= findSession(),
    responseHeaders() {
      const headers = new Headers()
      if (!token && !session)
        return headers
      for (const [name, value] of Object.entries(PRIVATE_HEADERS))
        headers.set(name, value)
      for (const setCookie of setCookies.values())
        headers.append('set-cookie', setCookie)
      return headers
    },
  }
}
