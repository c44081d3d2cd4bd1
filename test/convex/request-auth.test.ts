import type { ConvexServer } from 'convue/server'
import type { BrowserFetch } from '../../src/testing/browser-fetch.ts'
import type { Deployment } from '../../src/testing/index.ts'
import type { AuthServer } from './support/auth-server.ts'
import { join } from 'node:path'
import { anyApi } from 'convex/server'
import { createConvexServer } from 'convue/server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { expectConsole } from '../support/environment/console-guard.ts'
import { browserRequest } from '../support/live/app-server.ts'
import { createBrowserFetch, ORIGIN } from '../support/live/deployment.ts'
import { serve } from '../support/live/serve.ts'
import { createAuthServer, nextEmail, PASSWORD } from './support/auth-server.ts'
import { lines } from './support/lines.ts'

const { users } = anyApi as any
const JWT = 'better-auth.convex_jwt'
const BINDING = 'better-auth.convex_jwt_binding'
const SESSION = 'better-auth.session_token'
/** The companion cookie, which pages can read. */
const STORE_KEY = 'better-auth.convue_store_key'

/** An adapter that reports the name of each of its calls. */
function counting(adapter: any, report: (name: string) => void): any {
  return (options: unknown) => new Proxy(adapter(options), {
    get: (target, name) => {
      const method = target[name]
      if (typeof method !== 'function')
        return method
      return (...args: unknown[]) => {
        report(String(name))
        return method(...args)
      }
    },
  })
}

/** The cookies of a browser after a response with these headers. */
function applied(cookies: Map<string, string>, headers: Headers): Map<string, string> {
  const result = new Map(cookies)
  for (const setCookie of headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie)!
    result.set(name, value)
  }
  return result
}

describe.each(lines)('requestAuth, with Better Auth %s in the same process', (line) => {
  let deployment: Deployment
  let auth: AuthServer
  let app: ConvexServer
  let closeKeys: () => Promise<unknown>
  let issuer: string
  /** The paths of all requests that Better Auth has answered. */
  const asked: string[] = []

  beforeAll(async () => {
    // Convex requests the public keys at this address.
    const keys = await serve(request => auth.auth.handler(new Request(new URL(new URL(request.url).pathname, ORIGIN))))
    closeKeys = keys.close
    issuer = keys.url
    auth = await createAuthServer(line, ({ convex }) => ({ baseURL: ORIGIN, plugins: [convex({ issuer: keys.url })] }))
    deployment = await startDeployment({
      functions: join(import.meta.dirname, 'apps/tokens/convex'),
      siteUrl: ORIGIN,
      env: { JWKS: '', AUTH_ISSUER: keys.url, BASE_PATH: '', CROSS_DOMAIN: '' },
    })
    app = createConvexServer({
      convexUrl: deployment.url,
      requestAuth: async (request) => {
        asked.push(new URL(request.url).pathname)
        return await auth.auth.handler(request)
      },
    })
  })
  beforeEach(() => {
    asked.length = 0
  })
  afterAll(async () => {
    await deployment?.close()
    await closeKeys?.()
  })

  type Answer = (request: Request) => Promise<Response>
  const throughHandler: Answer = request => app.handler(request, { address: '127.0.0.1' })
  /** A route of the app that calls Better Auth itself. */
  const withoutHandler: Answer = request => auth.auth.handler(request)

  function openBrowser(answer: Answer) {
    const browserFetch = createBrowserFetch(ORIGIN, answer)
    return { browserFetch, cookies: browserFetch.cookies }
  }

  const post = (browserFetch: BrowserFetch, path: string, body: object = {}, headers = {}): Promise<Response> => browserFetch(`${ORIGIN}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

  async function signUp(name = 'Ada', answer = throughHandler) {
    const browser = openBrowser(answer)
    const email = nextEmail()
    const response = await post(browser.browserFetch, 'sign-up/email', { email, password: PASSWORD, name })
    expect(response.status).toBe(200)
    const { user } = await response.json() as { user: { id: string } }
    return { ...browser, email, userId: user.id }
  }

  const forRequest = (cookies: Map<string, string> | string, headers = {}) => app.forRequest(browserRequest(cookies, headers))

  it('signs up through `handler`; its bound token runs queries without requests to Better Auth', async () => {
    const { cookies, userId } = await signUp()
    expect([...cookies.keys()].sort()).toEqual([JWT, BINDING, STORE_KEY, SESSION])
    asked.length = 0
    expect(await forRequest(cookies).fetchAuthQuery(users.whoami)).toMatchObject({ subject: userId })
    expect(asked).toEqual([])
  })

  describe('and a route of the app that answers requests without `handler`', () => {
    it('signs up with a bound token, which runs queries without a request to Better Auth', async () => {
      const { cookies, userId, browserFetch, email } = await signUp('Ada', withoutHandler)
      expect([...cookies.keys()].sort()).toEqual([JWT, BINDING, STORE_KEY, SESSION])
      const steps = [
        () => browserFetch(`${ORIGIN}/api/auth/get-session`),
        () => browserFetch(`${ORIGIN}/api/auth/convex/token`),
        () => post(browserFetch, 'sign-in/email', { email, password: PASSWORD }),
      ]
      for (const step of [null, ...steps]) {
        expect((await step?.())?.status ?? 200).toBe(200)
        expect(await forRequest(cookies).fetchAuthQuery(users.whoami)).toMatchObject({ subject: userId })
      }
      expect(asked).toEqual([])
    })

    it('removes the token and its binding at a sign-out, and when the session has ended', async () => {
      const [ada, grace] = [await signUp('Ada', withoutHandler), await signUp('Grace', withoutHandler)]
      expect((await post(ada.browserFetch, 'sign-out')).status).toBe(200)
      auth.db.session!.splice(0)
      await grace.browserFetch(`${ORIGIN}/api/auth/get-session`)
      expect([[...ada.cookies.keys()], [...grace.cookies.keys()]]).toEqual([[], []])
    })

    it('does not bind a token to the session cookie if another header names the session', async () => {
      const [ada, grace] = [await signUp('Ada', withoutHandler), await signUp('Grace', withoutHandler)]
      const [token] = decodeURIComponent(ada.cookies.get(SESSION)!).split('.')
      const headers = { authorization: `Bearer ${token}` }
      const { headers: answer } = await withoutHandler(browserRequest(grace.cookies, headers, `${ORIGIN}/api/auth/convex/token`))
      const mixed = applied(grace.cookies, answer)
      expect(mixed.get(JWT)).not.toBe(grace.cookies.get(JWT))
      expect(mixed.get(BINDING)).toBe('')
      expect(await forRequest(mixed).fetchAuthQuery(users.whoami)).toMatchObject({ subject: grace.userId })
    })
  })

  it('requests session and token once each, and sets the cookie and the binding of the token', async () => {
    const { cookies, userId } = await signUp()
    cookies.delete(JWT)
    asked.length = 0
    const { fetchAuthQuery, getSession, getAuth, responseHeaders } = forRequest(cookies)
    expect(await fetchAuthQuery(users.whoami)).toMatchObject({ subject: userId })
    const session = await getSession()
    expect(session).toMatchObject({ user: { id: userId, name: 'Ada' }, session: { userId } })
    expect(JSON.stringify(session)).not.toContain(decodeURIComponent(cookies.get(SESSION)!).split('.')[0])
    expect(await getAuth()).toMatchObject({ user: { id: userId }, token: expect.stringMatching(/^ey/) })
    expect(responseHeaders().get('cache-control')).toBe('private, no-store')
    const renewed = applied(cookies, responseHeaders())
    expect([...renewed.keys()].sort()).toEqual([JWT, BINDING, STORE_KEY, SESSION])
    expect(await forRequest(renewed).fetchAuthQuery(users.whoami)).toMatchObject({ subject: userId })
    expect(asked.sort()).toEqual(['/api/auth/convex/token', '/api/auth/get-session'])
  })

  it('uses a token only with the session that it was issued for', async () => {
    const [ada, grace] = [await signUp(), await signUp('Grace')]
    for (const stolen of [[JWT], [JWT, BINDING]]) {
      const cookies = new Map(grace.cookies)
      stolen.forEach(name => cookies.set(name, ada.cookies.get(name)!))
      expect(await forRequest(cookies).fetchAuthQuery(users.whoami)).toMatchObject({ subject: grace.userId })
    }
    const withoutSession = new Map([JWT, BINDING].map(name => [name, ada.cookies.get(name)!]))
    expect(await forRequest(withoutSession).fetchAuthQuery(users.whoami)).toBeNull()
  })

  it('runs calls anonymously after a sign-out, and after the session has ended elsewhere', async () => {
    const ada = await signUp()
    const before = new Map(ada.cookies)
    expect((await post(ada.browserFetch, 'sign-out')).status).toBe(200)
    expect([...ada.cookies.keys()].filter(name => name.startsWith('better-auth'))).toEqual([])
    before.delete(JWT)
    for (const cookies of [ada.cookies, before]) {
      const { getSession, getToken, fetchAuthQuery } = forRequest(cookies)
      expect([await getSession(), await getToken(), await fetchAuthQuery(users.whoami)]).toEqual([null, null, null])
    }
  })

  it('keeps the session cookie if a late answer to a GET says that the session has ended', async () => {
    const ada = await signUp()
    const ended = new Map(ada.cookies)
    await post(ada.browserFetch, 'sign-out')
    const late = await app.handler(browserRequest(ended, {}, `${ORIGIN}/api/auth/get-session`), { address: '127.0.0.1' })
    expect(await late.json()).toBeNull()
    expect(late.headers.getSetCookie().filter(cookie => cookie.startsWith(`${SESSION}=`))).toEqual([])
  })

  it('does not disable Better Auth\'s own check of the origin', async () => {
    const ada = await signUp()
    const request = browserRequest(ada.cookies, { 'origin': 'https://evil.example', 'content-type': 'application/json' }, `${ORIGIN}/api/auth/sign-out`)
    const refused = await app.handler(new Request(request, { method: 'POST', body: '{}' }), { address: '127.0.0.1' })
    expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'INVALID_ORIGIN' })])
    expect(await forRequest(ada.cookies).isAuthenticated()).toBe(true)
    expectConsole(/Invalid origin/)
    expectConsole(/Invalid origin/)
  })

  describe.each(['compact', 'jwe'] as const)('and the cookie cache of the session, strategy %s', (strategy) => {
    let caching: ConvexServer
    /** The look-ups and writes of Better Auth. */
    let statements: string[] = []

    beforeAll(() => {
      const server = auth.withOptions(({ convex, memoryAdapter }) => ({
        baseURL: ORIGIN,
        database: counting(memoryAdapter(auth.db), name => statements.push(name)),
        session: { cookieCache: { enabled: true, strategy, maxAge: 300 } },
        plugins: [convex({ issuer })],
      }))
      caching = createConvexServer({ convexUrl: deployment.url, requestAuth: server.auth.handler })
    })

    async function signUpCached() {
      const browserFetch = createBrowserFetch(ORIGIN, request => caching.handler(request, { address: '127.0.0.1' }))
      const response = await post(browserFetch, 'sign-up/email', { email: nextEmail(), password: PASSWORD, name: 'Ada' })
      const { user } = await response.json() as { user: { id: string } }
      const { cookies } = browserFetch
      expect([...cookies.keys()].some(name => name.startsWith('better-auth.session_data'))).toBe(true)
      statements = []
      return { cookies, browserFetch, userId: user.id }
    }

    const cachesOf = (cookies: Map<string, string>) => [...cookies].filter(([name]) => name.startsWith('better-auth.session_data'))

    it('finds session and token of a page view without a statement', async () => {
      const { cookies, userId } = await signUpCached()
      const { getAuth, fetchAuthQuery } = caching.forRequest(browserRequest(cookies))
      expect(await getAuth()).toMatchObject({ user: { id: userId }, session: { userId }, token: cookies.get(JWT) })
      expect(await fetchAuthQuery(users.whoami)).toMatchObject({ subject: userId })
      expect(statements).toEqual([])
    })

    it('ignores the cache of another session', async () => {
      const [ada, grace] = [await signUpCached(), await signUpCached()]
      const cookies = new Map(grace.cookies)
      cachesOf(cookies).forEach(([name]) => cookies.delete(name))
      cachesOf(ada.cookies).forEach(([name, value]) => cookies.set(name, value))
      const { getSession, getAuth, responseHeaders } = caching.forRequest(browserRequest(cookies))
      expect((await getSession())!.user.id).toBe(grace.userId)
      expect((await getAuth())!.user.id).toBe(grace.userId)
      expect(statements.length).toBeGreaterThan(0)
      const renewed = caching.forRequest(browserRequest(applied(cookies, responseHeaders())))
      expect((await renewed.getSession())!.user.id).toBe(grace.userId)
    })

    it('ignores a cache without a session cookie, and one that is not genuine', async () => {
      const { cookies, userId } = await signUpCached()
      expect(await caching.forRequest(browserRequest(new Map(cachesOf(cookies)))).getSession()).toBeNull()
      const forged = new Map(cookies)
      cachesOf(cookies).forEach(([name]) => forged.set(name, 'forged'))
      expect((await caching.forRequest(browserRequest(forged)).getSession())!.user.id).toBe(userId)
      if (strategy === 'compact')
        expectConsole(/Error parsing JSON/)
    })

    it('does not use the cache if the token endpoint reports that the session has ended', async () => {
      const { cookies } = await signUpCached()
      const before = new Map(cookies)
      auth.db.session!.splice(0)
      expect(await caching.forRequest(browserRequest(before)).isAuthenticated()).toBe(true)
      before.delete(JWT)
      const { getAuth, getSession, fetchAuthQuery } = caching.forRequest(browserRequest(before))
      expect(await Promise.all([getAuth(), getAuth()])).toEqual([null, null])
      expect([await getSession(), await fetchAuthQuery(users.whoami)]).toEqual([null, null])
    })
  })

  it('shares no state between requests of several users at once', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => signUp()))
    await Promise.all(Array.from({ length: 20 }, async (_, index) => {
      const { cookies, userId } = people[index % people.length]!
      const { fetchAuthQuery, getSession } = forRequest(cookies)
      expect(await fetchAuthQuery(users.whoami)).toMatchObject({ subject: userId })
      expect((await getSession())!.user.id).toBe(userId)
    }))
  })

  it('says that the token endpoint is missing, and at which path, if it is answered with 404', async () => {
    const { cookies } = await signUp()
    const wrong = createConvexServer({ convexUrl: deployment.url, requestAuth: auth.auth.handler, tokenPath: '/token', jwtCache: false })
    await expect(wrong.forRequest(browserRequest(cookies)).getToken()).rejects.toMatchObject({ code: 'TOKEN_ENDPOINT_MISSING', why: expect.stringContaining('/token') })
    const elsewhere = createConvexServer({ convexUrl: deployment.url, requestAuth: auth.auth.handler, basePath: '/auth' })
    await expect(elsewhere.forRequest(browserRequest(cookies)).getSession()).rejects.toMatchObject({ code: 'AUTH_ROUTES_MISSING' })
  })
})
