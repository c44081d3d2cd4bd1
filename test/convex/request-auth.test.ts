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

describe.each(lines)('requestAuth, with Better Auth %s in the same process', (line) => {
  let deployment: Deployment
  let auth: AuthServer
  let app: ConvexServer
  let closeKeys: () => Promise<unknown>
  /** The paths of all requests that Better Auth has answered. */
  const asked: string[] = []

  beforeAll(async () => {
    // Convex requests the public keys at this address.
    const keys = await serve(request => auth.auth.handler(new Request(new URL(new URL(request.url).pathname, ORIGIN))))
    closeKeys = keys.close
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

  /** A browser whose requests are all answered by `handler`. */
  function openBrowser() {
    const browserFetch = createBrowserFetch(ORIGIN, request => app.handler(request, { address: '127.0.0.1' }))
    return { browserFetch, cookies: browserFetch.cookies }
  }

  const post = (browserFetch: BrowserFetch, path: string, body: object = {}, headers = {}): Promise<Response> => browserFetch(`${ORIGIN}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

  async function signUp(name = 'Ada') {
    const browser = openBrowser()
    const email = nextEmail()
    const response = await post(browser.browserFetch, 'sign-up/email', { email, password: PASSWORD, name })
    expect(response.status).toBe(200)
    const { user } = await response.json() as { user: { id: string } }
    return { ...browser, email, userId: user.id }
  }

  const forRequest = (cookies: Map<string, string> | string, headers = {}) => app.forRequest(browserRequest(cookies, headers))

  it('signs up through `handler`, whose bound token runs queries without a request to Better Auth', async () => {
    const { cookies, userId } = await signUp()
    expect([...cookies.keys()].sort()).toEqual([JWT, BINDING, SESSION])
    asked.length = 0
    expect(await forRequest(cookies).fetchAuthQuery(users.whoami)).toMatchObject({ subject: userId })
    expect(asked).toEqual([])
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
    for (const setCookie of responseHeaders().getSetCookie())
      cookies.set(setCookie.split('=')[0]!, /=([^;]*)/.exec(setCookie)![1]!)
    expect([...cookies.keys()].sort()).toEqual([JWT, BINDING, SESSION])
    expect(await forRequest(cookies).fetchAuthQuery(users.whoami)).toMatchObject({ subject: userId })
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

  it('does not delete the cookie of a session if a late answer to a GET says that it has ended', async () => {
    const ada = await signUp()
    const ended = new Map(ada.cookies)
    await post(ada.browserFetch, 'sign-out')
    const late = await app.handler(browserRequest(ended, {}, `${ORIGIN}/api/auth/get-session`), { address: '127.0.0.1' })
    expect(await late.json()).toBeNull()
    expect(late.headers.getSetCookie().filter(cookie => cookie.startsWith(`${SESSION}=`))).toEqual([])
  })

  it('keeps Better Auth\'s own origin check in force', async () => {
    const ada = await signUp()
    const request = browserRequest(ada.cookies, { 'origin': 'https://evil.example', 'content-type': 'application/json' }, `${ORIGIN}/api/auth/sign-out`)
    const refused = await app.handler(new Request(request, { method: 'POST', body: '{}' }), { address: '127.0.0.1' })
    expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'INVALID_ORIGIN' })])
    expect(await forRequest(ada.cookies).isAuthenticated()).toBe(true)
    expectConsole(/Invalid origin/)
    expectConsole(/Invalid origin/)
  })

  it('does not use a cached session of another user', async () => {
    const ada = await signUp()
    expect(await forRequest(new Map(ada.cookies).set('better-auth.session_data', 'forged')).getSession()).toMatchObject({ user: { id: ada.userId } })
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
