import type { Deployment } from '../../src/testing/index.ts'
import type { AuthBrowser, AuthServer } from './support/auth-server.ts'
import type { RecordingProxy } from './support/recording-proxy.ts'
import { ConvexHttpClient } from 'convex/browser'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { serve } from '../support/live/serve.ts'
import { api, internal } from './apps/http-database/convex/_generated/api.js'
import { startApp } from './start-app.ts'
import { createAuthServer, PASSWORD, signUp, SITE_URL } from './support/auth-server.ts'
import { lines } from './support/lines.ts'
import { startProxy } from './support/recording-proxy.ts'

const SECRET = 'a-secret-that-only-these-tests-use'

describe.each(lines)('convexDatabase on the app\'s own server, with Better Auth %s', (line) => {
  let deployment: Deployment
  let proxy: RecordingProxy
  let server: AuthServer
  let provider: Awaited<ReturnType<typeof startProvider>>
  const toClose: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    // Convex requests the public keys from this server.
    const served = await serve(request => server.auth.handler(new Request(new URL(new URL(request.url).pathname, SITE_URL))))
    provider = await startProvider()
    deployment = await startApp('http-database', { env: { AUTH_DATABASE_SECRET: SECRET, JWKS: '', AUTH_ISSUER: served.url } })
    proxy = await startProxy(deployment.siteUrl)
    toClose.push(served.close, provider.close, proxy.close, () => deployment.close())
    server = await createAuthServer(line, modules => options(modules, served.url))
  })
  beforeEach(() => void (proxy.requests = []))
  afterEach(() => void vi.useRealTimers())
  afterAll(async () => {
    await Promise.all(toClose.map(close => close()))
  })

  function options({ convex, convexDatabase, genericOAuth }: AuthServer['modules'], issuer: string) {
    return {
      database: convexDatabase({ siteUrl: proxy.url, secret: SECRET }),
      plugins: [convex({ issuer }), genericOAuth({ config: [{
        providerId: 'stub',
        clientId: 'the-app',
        clientSecret: 'a secret of the provider',
        authorizationUrl: `${provider.url}/authorize`,
        tokenUrl: `${provider.url}/token`,
        userInfoUrl: `${provider.url}/userinfo`,
        scopes: ['email'],
      }] })],
    }
  }

  const tables = async (): Promise<Record<string, any[]>> => await deployment.query(internal.notes.everything)
  const whoami = (token: string): Promise<any> => new ConvexHttpClient(deployment.url, { auth: token, logger: false }).query(api.notes.whoami)
  const session = async (browser: AuthBrowser): Promise<any> => (await browser.get('/get-session')).body

  it('signs a user up, out and in, and stores everything in the deployment', async () => {
    const ada = await signUp(server)
    expect((await session(ada)).user).toMatchObject({ id: ada.userId, email: ada.email })
    const { user, session: sessions, account } = await tables()
    expect(user!.map(({ _id }) => _id)).toContain(ada.userId)
    expect(account).toContainEqual(expect.objectContaining({ userId: ada.userId, providerId: 'credential' }))
    expect(sessions!.filter(({ userId }) => userId === ada.userId)).toHaveLength(1)
    await ada.post('/sign-out')
    expect(await session(ada)).toBeNull()
    expect((await tables()).session!.filter(({ userId }) => userId === ada.userId)).toEqual([])
    expect((await ada.post('/sign-in/email', { email: ada.email, password: 'a wrong password' })).status).toBe(401)
    expect((await ada.post('/sign-in/email', { email: ada.email, password: PASSWORD })).status).toBe(200)
    expect((await session(ada)).user.id).toBe(ada.userId)
    expect((await server.openBrowser().post('/sign-up/email', { name: 'Eve', email: ada.email, password: PASSWORD })).status).toBeGreaterThanOrEqual(400)
  })

  it('issues tokens that Convex verifies with the keys of this server, and then with static keys', async () => {
    const ada = await signUp(server)
    const token = (await ada.get('/convex/token')).body.token
    const sessionId = (await tables()).session!.find(({ userId }) => userId === ada.userId)._id
    const identity = { subject: ada.userId, email: ada.email, sessionId }
    expect(await whoami(token)).toMatchObject(identity)
    await deployment.setEnv('JWKS', JSON.stringify(await server.auth.api.getLatestJwks()))
    expect(await whoami(token)).toMatchObject(identity)
    await deployment.setEnv('JWKS', '')
  })

  it('signs a user in at another provider, and links the next sign-in to the same user', async () => {
    provider.profile = { id: 'ada-at-the-provider', email: `provider-${line}@example.com`, emailVerified: true, email_verified: true, name: 'Ada' }
    const first = await signInAtProvider(server)
    expect((await session(first)).user).toMatchObject({ email: provider.profile.email, emailVerified: true })
    const second = await signInAtProvider(server)
    expect((await session(second)).user.id).toBe((await session(first)).user.id)
    const accounts = (await tables()).account!.filter(({ providerId }) => providerId === 'stub')
    expect(accounts).toMatchObject([{ accountId: 'ada-at-the-provider', accessToken: 'an-access-token' }])
    expect(provider.requests).toEqual(['/token', '/userinfo', '/token', '/userinfo'])
  })

  it('reads session and user in two requests, or in one with joins, and the keys in another', async () => {
    const ada = await signUp(server)
    const requestsOf = async (browser: AuthBrowser): Promise<string[][]> => {
      proxy.requests = []
      expect((await session(browser)).user.email).toBe(ada.email)
      return proxy.requests.map(({ statements }) => statements.map(({ table }: any) => table))
    }
    expect(await requestsOf(ada)).toEqual([['session'], ['user'], ['jwks']])
    const joining = server.withOptions(modules => ({
      ...options(modules, SITE_URL),
      ...line === '1.6' ? { experimental: { joins: true } } : { advanced: { database: { joins: true } } },
    } as any)).openBrowser()
    await joining.post('/sign-in/email', { email: ada.email, password: PASSWORD })
    expect(await requestsOf(joining)).toEqual([['session'], ['jwks']])
  })

  it('signs a user up and in over one connection', async () => {
    const counting = await startProxy(deployment.siteUrl)
    try {
      const database = ({ convexDatabase }: AuthServer['modules']) => convexDatabase({ siteUrl: counting.url, secret: SECRET })
      const ada = await signUp(server.withOptions(modules => ({ ...options(modules, SITE_URL), database: database(modules) })))
      await ada.post('/sign-in/email', { email: ada.email, password: PASSWORD })
      expect((await session(ada)).user.email).toBe(ada.email)
      expect(counting.requests.length).toBeGreaterThan(5)
      expect(counting.connections).toBe(1)
    }
    finally {
      await counting.close()
    }
  })

  describe('with the JWE cookie cache', () => {
    const MINUTES = 60_000
    const withCache = () => server.withOptions(modules => ({
      ...options(modules, SITE_URL),
      session: { cookieCache: { enabled: true, strategy: 'jwe', maxAge: 5 * 60 } },
    }))

    it('reads the session of a signed-in page view without a request to the deployment', async () => {
      const ada = await signUp(withCache())
      proxy.requests = []
      for (let view = 0; view < 5; view++)
        expect((await session(ada)).user.email).toBe(ada.email)
      expect(proxy.requests).toEqual([])
    })

    it('notices a revoked session when the cache has expired, and not before', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const caching = withCache()
      const [ada, other] = [await signUp(caching), caching.openBrowser()]
      await other.post('/sign-in/email', { email: ada.email, password: PASSWORD })
      expect((await other.post('/revoke-other-sessions')).status).toBe(200)
      vi.setSystemTime(Date.now() + 4 * MINUTES)
      expect((await session(ada)).user.email).toBe(ada.email)
      vi.setSystemTime(Date.now() + 2 * MINUTES)
      proxy.requests = []
      expect(await session(ada)).toBeNull()
      expect(proxy.requests).toHaveLength(1)
    })

    it('issues no token for a session that was revoked', async () => {
      const caching = withCache()
      const [ada, other] = [await signUp(caching), caching.openBrowser()]
      await other.post('/sign-in/email', { email: ada.email, password: PASSWORD })
      await other.post('/revoke-other-sessions')
      expect((await ada.get('/convex/token')).status).toBe(401)
    })
  })

  /** Follows the redirects of a sign-in, as a browser does. */
  async function signInAtProvider({ auth, openBrowser }: AuthServer): Promise<AuthBrowser> {
    const browser = openBrowser()
    // The path depends on the version of Better Auth.
    const isPlugin = 'signInWithOAuth2' in auth.api
    const { body } = await browser.post(isPlugin ? '/sign-in/oauth2' : '/sign-in/social', { [isPlugin ? 'providerId' : 'provider']: 'stub', callbackURL: '/' })
    const { headers } = await fetch(body.url, { redirect: 'manual' })
    const callback = new URL(headers.get('location')!)
    const response = await browser.fetch(callback)
    expect(response.headers.get('location'), await response.text()).toMatch(/^(?:https:\/\/app\.example)?\/$/)
    return browser
  }
})

/** An OAuth provider whose users do not have to sign in. */
async function startProvider() {
  const provider = { url: '', profile: {} as Record<string, any>, requests: [] as string[], close: async () => {} }
  const { url, close } = await serve(async (request) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/authorize') {
      const callback = new URL(searchParams.get('redirect_uri')!)
      callback.searchParams.set('code', 'a-code')
      callback.searchParams.set('state', searchParams.get('state')!)
      return new Response(null, { status: 302, headers: { location: callback.href } })
    }
    provider.requests.push(pathname)
    if (pathname === '/token' && new URLSearchParams(await request.text()).get('code') === 'a-code')
      return Response.json({ access_token: 'an-access-token', token_type: 'Bearer', expires_in: 3600, scope: 'email' })
    if (pathname === '/userinfo' && request.headers.get('authorization') === 'Bearer an-access-token')
      return Response.json(provider.profile)
    return new Response(null, { status: 400 })
  })
  return Object.assign(provider, { url, close })
}
