import type { CookieStorage } from '../../src/convex/client/index.ts'
import type { CrossDomainOptions } from '../../src/convex/index.ts'
import type { AuthServer } from './support/auth-server.ts'
import { createAuthClient } from 'better-auth/client'
import { Window } from 'happy-dom'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { convexClient, crossDomainClient } from '../../src/convex/client/index.ts'
import { expectConsole } from '../support/environment/console-guard.ts'
import { eventually } from '../support/environment/eventually.ts'
import { createAuthServer, nextEmail, PASSWORD } from './support/auth-server.ts'
import { lines } from './support/lines.ts'

const APP = 'https://app.example'
const DEPLOYMENT = 'https://happy-otter-123.convex.site'

beforeEach(() => vi.stubEnv('CONVEX_SITE_URL', DEPLOYMENT))
// The globals of a page remain: the client removes its listeners from them after the last test.
afterEach(() => vi.unstubAllEnvs())

const links: string[] = []

/** A deployment with another provider, whose sign-in page is not needed: it always signs Ada in. */
function createServer(line: (typeof lines)[number], accountEmail = 'ada@example.com', options: Partial<CrossDomainOptions> = {}): Promise<AuthServer> {
  return createAuthServer(line, ({ convex, crossDomain, genericOAuth, magicLink }) => ({
    baseURL: DEPLOYMENT,
    plugins: [
      convex(),
      crossDomain({ siteUrl: APP, ...options }),
      magicLink({ sendMagicLink: ({ url }) => void links.push(url) }),
      genericOAuth({ config: [{
        providerId: 'stub',
        clientId: 'id',
        clientSecret: 'secret',
        authorizationUrl: 'https://provider.example/authorize',
        tokenUrl: 'https://provider.example/token',
        getToken: async () => ({ accessToken: 'token' }),
        getUserInfo: async () => ({ id: accountEmail, email: accountEmail, name: 'Ada', emailVerified: true }),
      }] }),
    ],
  }))
}

/** The storage of a browser, and requests of its pages. */
function openBrowser(server: AuthServer, storage = new Map<string, string>()) {
  const cookies: CookieStorage = { getItem: key => storage.get(key) ?? null, setItem: (key, value) => storage.set(key, value) }
  const requests: { path: string, headers: Headers, response: Response }[] = []
  const refused: unknown[] = []
  const openPage = (url = APP, options = {}) => {
    const window = new Window({ url })
    vi.stubGlobal('window', window)
    vi.stubGlobal('document', window.document)
    const authClient = createAuthClient({
      baseURL: DEPLOYMENT,
      disableDefaultFetchPlugins: true,
      plugins: [convexClient(), crossDomainClient({ storage: cookies, onRefusedToken: error => refused.push(error), ...options })],
      fetchOptions: {
        customFetchImpl: async (input, init) => {
          const headers = new Headers(init?.headers)
          headers.set('origin', APP)
          const response = await server.auth.handler(new Request(input, { ...init, headers, credentials: undefined }))
          requests.push({ path: new URL(String(input)).pathname.replace('/api/auth', ''), headers, response })
          return response
        },
      },
    })
    return { authClient, window }
  }
  return { openPage, requests, refused, storage, paths: () => requests.map(({ path }) => path) }
}

type Browser = ReturnType<typeof openBrowser>

/** Starts a sign-in at the provider. The path depends on the version of Better Auth. */
async function startSignIn(server: AuthServer, { authClient }: ReturnType<Browser['openPage']>, body: object = {}) {
  const isPlugin = 'signInWithOAuth2' in server.auth.api
  return await authClient.$fetch<{ url: string }>(isPlugin ? '/sign-in/oauth2' : '/sign-in/social', {
    method: 'POST',
    body: { [isPlugin ? 'providerId' : 'provider']: 'stub', ...body },
  })
}

/** Starts to link an account of the provider. The path depends on the version of Better Auth. */
function linkRequest(server: AuthServer): [path: string, body: object] {
  return 'oAuth2LinkAccount' in server.auth.api
    ? ['/oauth2/link', { providerId: 'stub', callbackURL: '/' }]
    : ['/link-social', { provider: 'stub', callbackURL: '/' }]
}

/** Follows a link, as a browser without cookies of the deployment does. */
async function follow(server: AuthServer, url: string): Promise<string> {
  const response = await server.auth.handler(new Request(url))
  return response.headers.get('location')!
}

/** Signs in at the provider, up to the redirect to the app. */
async function signInAtProvider(server: AuthServer, browser: Browser, body: object = {}): Promise<URL> {
  const { data, error } = await startSignIn(server, browser.openPage(), body)
  expect(error).toBeNull()
  return await returnFromProvider(server, data!.url)
}

async function returnFromProvider(server: AuthServer, authorizationUrl: string): Promise<URL> {
  const authorization = new URL(authorizationUrl).searchParams
  const callback = new URL(authorization.get('redirect_uri')!)
  callback.searchParams.set('code', 'code')
  callback.searchParams.set('state', authorization.get('state')!)
  return new URL(await follow(server, callback.href))
}

async function userOf(browser: Browser, url?: URL): Promise<string | undefined> {
  const { data } = await browser.openPage(url?.href).authClient.getSession()
  return data?.user.email
}

describe.each(lines)('crossDomain and crossDomainClient, with Better Auth %s', (line) => {
  it('send the session in a header and keep it in a storage, without cookies', async () => {
    const browser = openBrowser(await createServer(line))
    const email = nextEmail()
    const { error } = await browser.openPage().authClient.signUp.email({ email, password: PASSWORD, name: 'Ada' })
    expect(error).toBeNull()
    const { response } = browser.requests[0]!
    expect(response.headers.getSetCookie()).toEqual([])
    expect(response.headers.get('set-better-auth-cookie')).toContain('session_token=')
    expect(response.headers.get('access-control-expose-headers')).toContain('set-better-auth-cookie')
    expect(await userOf(browser)).toBe(email)
    expect((await browser.openPage().authClient.convex.token()).data?.token).toMatch(/^[\w-]+\./)
  })

  it('sign out, and keep the session if the request fails', async () => {
    const browser = openBrowser(await createServer(line))
    const { authClient } = browser.openPage()
    const email = nextEmail()
    await authClient.signUp.email({ email, password: PASSWORD, name: 'Ada' })
    await authClient.signOut({ fetchOptions: { customFetchImpl: () => Promise.reject(new TypeError('Failed to fetch')) } }).catch(() => {})
    expect(await userOf(browser)).toBe(email)
    await authClient.signOut()
    expect(authClient.getCookie()).not.toMatch(/session_token|convex_jwt/)
    expect(await userOf(browser)).toBeUndefined()
  })

  it('remove a session that has ended elsewhere from the storage', async () => {
    const server = await createServer(line)
    const browser = openBrowser(server)
    const { authClient } = browser.openPage()
    await authClient.signUp.email({ email: nextEmail(), password: PASSWORD, name: 'Ada' })
    server.db.session!.length = 0
    expect(await userOf(browser)).toBeUndefined()
    expect(authClient.getCookie()).not.toContain('session_token')
  })

  it('redeem the token of a sign-in at a provider once, and remove it from the address', async () => {
    const server = await createServer(line)
    const browser = openBrowser(server)
    const url = await signInAtProvider(server, browser, { callbackURL: '/welcome?tab=1' })
    expect([url.origin, url.pathname]).toEqual([APP, '/welcome'])
    expect([...url.searchParams.keys()]).toEqual(['tab', 'ott'])
    expect(JSON.stringify(server.db.verification)).not.toContain(url.searchParams.get('ott'))

    browser.requests.length = 0
    const { authClient, window } = browser.openPage(url.href)
    expect(window.location.href).toBe(`${APP}/welcome?tab=1`)
    const { data } = await authClient.getSession()
    expect(browser.refused).toEqual([])
    expect(data?.user.email).toBe('ada@example.com')
    expect(browser.paths().slice(0, 2)).toEqual(['/cross-domain/one-time-token/verify', '/get-session'])

    const other = openBrowser(server, new Map(browser.storage))
    expect(await userOf(other, url)).toBe('ada@example.com')
    expect(other.refused).toMatchObject([{ status: 400, code: 'ONE_TIME_TOKEN_INVALID' }])
  })

  it('never report a sign-out on a page to which a provider redirects', async () => {
    const server = await createServer(line)
    const browser = openBrowser(server)
    const url = await signInAtProvider(server, browser)
    const { authClient } = browser.openPage(url.href)
    const states: unknown[] = []
    const stop = authClient.useSession.subscribe(({ data, isPending }: any) => void states.push(isPending ? 'pending' : data?.user.email ?? 'signed out'))
    await eventually(() => states.at(-1)).toBe('ada@example.com')
    stop()
    expect(new Set(states)).toEqual(new Set(['pending', 'ada@example.com']))
  })

  it('refuse a token of a sign-in that another browser has started', async () => {
    const server = await createServer(line)
    const url = await signInAtProvider(server, openBrowser(server))
    const victim = openBrowser(server)
    expect(await userOf(victim, url)).toBeUndefined()
    expect(victim.refused).toMatchObject([{ status: 400, code: 'ONE_TIME_TOKEN_FOREIGN' }])
    // The browser has now started a sign-in of its own, and the token is still refused.
    const next = await signInAtProvider(server, openBrowser(server))
    await signInAtProvider(server, victim)
    expect(await userOf(victim, next)).toBeUndefined()
  })

  it('issue no token after a sign-in at a provider if no cookie identifies the browser', async () => {
    const server = await createServer(line)
    const client = createAuthClient({
      baseURL: DEPLOYMENT,
      disableDefaultFetchPlugins: true,
      fetchOptions: { customFetchImpl: (input, init) => server.auth.handler(new Request(input, { ...init, credentials: undefined })) },
    })
    const { data } = await startSignIn(server, { authClient: client } as any)
    const url = await returnFromProvider(server, data!.url)
    expect(url.href.replace(/\/$/, '')).toBe(APP)
  })

  it('refuse to link an account, since the link could be finished in another browser', async () => {
    const server = await createServer(line)
    const { authClient } = openBrowser(server).openPage()
    await authClient.signUp.email({ email: nextEmail(), password: PASSWORD, name: 'Ada' })
    const [path, body] = linkRequest(server)
    expect(await authClient.$fetch(path, { method: 'POST', body }))
      .toMatchObject({ data: null, error: { status: 403, code: 'ACCOUNT_LINKING_NOT_ALLOWED' } })
    const headers = { 'cookie': authClient.getCookie(), 'content-type': 'application/json', 'origin': APP }
    const response = await server.auth.handler(new Request(`${DEPLOYMENT}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
    expect(response.status).toBe(403)
    expectConsole(/only with `allowLinking`/)
    expectConsole(/only with `allowLinking`/)
    expect(await authClient.$fetch('/link-social', { method: 'POST', body: { provider: 'stub', idToken: { token: 'token' } } }))
      .not
      .toMatchObject({ error: { code: 'ACCOUNT_LINKING_NOT_ALLOWED' } })
    expectConsole(/does not support id token/)
  })

  it('link an account with allowLinking', async () => {
    const server = await createServer(line, 'ada@example.com', { allowLinking: true })
    const { authClient } = openBrowser(server).openPage()
    await authClient.signUp.email({ email: 'ada@example.com', password: PASSWORD, name: 'Ada' })
    const [path, body] = linkRequest(server)
    const { data } = await authClient.$fetch<{ url: string }>(path, { method: 'POST', body })
    await returnFromProvider(server, data!.url)
    expect(server.db.account!.map(({ providerId }) => providerId)).toEqual(['credential', 'stub'])
  })

  it('do not let scripts read the cookies of a response to a request with Authorization', async () => {
    const server = await createServer(line)
    const signUp = await server.auth.handler(new Request(`${DEPLOYMENT}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'origin': APP },
      body: JSON.stringify({ email: nextEmail(), password: PASSWORD, name: 'Ada' }),
    }))
    const cookie = signUp.headers.getSetCookie().map(setCookie => setCookie.split(';')[0]).join('; ')
    const request = new Request(`${DEPLOYMENT}/api/auth/get-session`, { headers: { cookie, 'origin': APP, 'authorization': 'Bearer unknown', 'better-auth-cookie': '' } })
    const response = await server.auth.handler(request)
    expect(response.headers.getSetCookie().join()).toContain('convex_jwt')
    expect(response.headers.get('set-better-auth-cookie')).toBeNull()
  })

  it('warn about a refused token if the app does not set `onRefusedToken`', async () => {
    const browser = openBrowser(await createServer(line))
    const { authClient } = browser.openPage(`${APP}/?ott=unknown`, { onRefusedToken: undefined })
    await authClient.getSession()
    expectConsole(/one-time token in the page's address was not accepted/)
  })

  it('sign in with a link of an e-mail, also in another browser', async () => {
    const server = await createServer(line)
    const email = nextEmail()
    const { authClient } = openBrowser(server).openPage()
    await authClient.$fetch('/sign-in/magic-link', { method: 'POST', body: { email, callbackURL: '/inbox' } })
    const url = new URL(await follow(server, links.at(-1)!))
    expect([url.origin, url.pathname]).toEqual([APP, '/inbox'])
    expect(await userOf(openBrowser(server), url)).toBe(email)
  })

  it('refuse a redirect to another site', async () => {
    const server = await createServer(line)
    for (const callbackURL of ['//evil.example', '/\\evil.example', 'https://evil.example']) {
      const { data, error } = await startSignIn(server, openBrowser(server).openPage(), { callbackURL })
      expect([data, error]).toMatchObject([null, { status: 403 }])
      expectConsole(/Invalid callbackURL/)
      expectConsole(/Invalid callbackURL/)
    }
  })

  it('trusts the origin of the app, from which the routes take their CORS headers', async () => {
    const server = await createServer(line)
    const { auth } = server
    expect((await startSignIn(server, openBrowser(server).openPage(), { callbackURL: `${APP}/home` })).error).toBeNull()
    expect((await auth.$context).options.trustedOrigins).toEqual([APP])
    expect((await auth.$context).isTrustedOrigin(`${APP}/home`)).toBe(true)
  })

  it('refuses an address of the app that is not absolute', async () => {
    const { modules: { crossDomain } } = await createServer(line)
    for (const siteUrl of [undefined, '', 'app.example'])
      expect(() => crossDomain({ siteUrl } as any)).toThrow(expect.objectContaining({ code: 'CONVEX_OPTION_INVALID' }))
  })
})
