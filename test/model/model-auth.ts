import type { ServerSetup, UpstreamMode } from './server-commands.ts'
import { fakeToken, subjectOf } from '../support/scripted/fake-token.ts'

const DAY_SECONDS = 24 * 3600

interface AuthSession {
  id: string
  user: string
  isRemembered: boolean
  setAt: number
  expiresAt: number
  isRevoked: boolean
}

/** A request that the deployment receives. */
export interface UpstreamRequest {
  path: string
  cookie: string
  token: string | null
  body: string
}

/**
 * A deployment: Better Auth with its `convex()` plugin, and functions that return the user that
 * they run as.
 */
export class ModelAuth {
  mode: UpstreamMode = 'good'
  readonly #setup: ServerSetup
  /** By the value of the session cookie. Contains sessions that have ended, too. */
  readonly #sessions = new Map<string, AuthSession>()
  /** The tokens that functions accept. */
  readonly #accepted = new Set<string>()

  constructor(setup: ServerSetup) {
    this.#setup = setup
  }

  /**
   * The user of the session to which a cookie belongs, even if the session has ended. `null` if
   * there has never been such a session.
   */
  userOf(value: string): string | null {
    return this.#sessions.get(value)?.user ?? null
  }

  isValid(value: string): boolean {
    const session = this.#sessions.get(value)
    return !!session && !session.isRevoked && session.expiresAt > Date.now()
  }

  createSession(user: string, isRemembered: boolean): string {
    const id = `${user}-${this.#sessions.size}`
    const value = `secret.${id}`
    const lifetime = (isRemembered ? 7 : 1) * DAY_SECONDS * 1000
    const setAt = Date.now()
    this.#sessions.set(value, { id, user, isRemembered, setAt, expiresAt: setAt + lifetime, isRevoked: false })
    return value
  }

  createToken(value: string): string {
    const { user, id } = this.#sessions.get(value)!
    const token = fakeToken(user, { sessionId: id })
    this.#accepted.add(token)
    return token
  }

  revoke(user: string): void {
    for (const session of this.#sessions.values())
      session.isRevoked ||= session.user === user
  }

  /** The deployment rejects all tokens that it has issued so far. */
  rotateKeys(): void {
    this.#accepted.clear()
  }

  /** @throws TypeError like `fetch`, if the deployment cannot be reached */
  answer(request: UpstreamRequest): Response {
    if (/^\/api\/(?:query|mutation)$/.test(request.path))
      return this.#runFunction(request)
    switch (this.mode) {
      case 'unreachable':
        throw new TypeError('fetch failed')
      case 'failing':
        return Response.json({ code: 'INTERNAL' }, { status: 500 })
      case 'firewall':
        return new Response('<h1>Unauthorized</h1>', { status: 401 })
      case 'empty':
        return new Response(null)
      case 'good':
        return this.#answerAuth(request)
    }
  }

  #runFunction({ token }: UpstreamRequest): Response {
    if (token === null)
      return Response.json({ status: 'success', value: null })
    const { exp } = JSON.parse(atob(token.split('.')[1]!))
    return this.#accepted.has(token) && exp * 1000 > Date.now()
      ? Response.json({ status: 'success', value: subjectOf(token) })
      : Response.json({ code: 'Unauthenticated' }, { status: 401 })
  }

  #answerAuth({ path, cookie, body }: UpstreamRequest): Response {
    const sent = this.#read(cookie, 'session_token')
    const value = this.#findSession(cookie, sent)
    switch (path.slice('/api/auth/'.length)) {
      case 'sign-in': {
        const { user, remember } = JSON.parse(body)
        const created = this.createSession(user, remember)
        const owner = this.#setup.loadsPrevious && value ? value : created
        return respond({}, [...this.#setSession(created), this.#set('convex_jwt', this.createToken(owner), 900)])
      }
      case 'sign-out':
        if (sent && this.#sessions.has(sent))
          this.#sessions.get(sent)!.isRevoked = true
        return respond({ success: true }, this.#deleteAll())
      case 'get-session': {
        if (!value)
          return respond(null, sent ? this.#deleteAll() : [this.#set('convex_jwt', '', 0)])
        const { user, id } = this.#sessions.get(value)!
        const isOld = this.#renew(value)
        return respond({ user: { id: user }, session: { id, userId: user, token: value } }, [
          ...(isOld || this.#setup.cookieCache ? this.#setSession(value) : []),
          this.#set('convex_jwt', this.createToken(value), 900),
        ])
      }
      case 'convex/token': {
        if (!value)
          return Response.json({ code: 'UNAUTHORIZED' }, { status: 401 })
        const token = this.createToken(value)
        return respond({ token }, [this.#set('convex_jwt', token, 900)])
      }
      default:
        return Response.json({ code: 'NOT_FOUND' }, { status: 404 })
    }
  }

  /** Better Auth does not compare its cached session with the cookie beside it. */
  #findSession(cookie: string, sent: string | null): string | null {
    const cached = this.#setup.cookieCache ? this.#read(cookie, 'session_data')?.replace('cache.', '') : null
    if (sent && cached && this.#sessions.has(cached))
      return cached
    return sent && this.isValid(sent) ? sent : null
  }

  /** If two cookies have the same name, Better Auth uses the first one. */
  #read(cookie: string, kind: string): string | null {
    const start = `${this.#setup.prefix}better-auth.${kind}=`
    return cookie.split('; ').find(pair => pair.startsWith(start))?.slice(start.length) ?? null
  }

  #renew(value: string): boolean {
    const session = this.#sessions.get(value)!
    const isOld = session.isRemembered && Date.now() - session.setAt > DAY_SECONDS * 1000
    if (isOld) {
      session.setAt = Date.now()
      session.expiresAt = session.setAt + 7 * DAY_SECONDS * 1000
    }
    return isOld
  }

  #setSession(value: string): string[] {
    const { isRemembered } = this.#sessions.get(value)!
    return [
      this.#set('session_token', value, isRemembered ? 7 * DAY_SECONDS : null),
      ...(isRemembered ? [] : [this.#set('dont_remember', 'true', null)]),
      ...(this.#setup.cookieCache ? [this.#set('session_data', `cache.${value}`, 300)] : []),
    ]
  }

  #deleteAll(): string[] {
    return ['session_token', 'session_data', 'dont_remember', 'convex_jwt'].map(kind => this.#set(kind, '', 0))
  }

  #set(kind: string, value: string, maxAge: number | null): string {
    const { prefix } = this.#setup
    return [
      `${prefix}better-auth.${kind}=${value}`,
      ...(maxAge === null ? [] : [`Max-Age=${maxAge}`]),
      'Path=/; HttpOnly; SameSite=Lax',
      ...(prefix ? ['Secure'] : []),
    ].join('; ')
  }
}

function respond(body: unknown, setCookies: string[]): Response {
  const headers = new Headers({ 'content-type': 'application/json' })
  for (const setCookie of setCookies)
    headers.append('set-cookie', setCookie)
  return new Response(JSON.stringify(body), { headers })
}
