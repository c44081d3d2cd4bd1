import type { BuiltApp } from './build-app.ts'
import type { NuxtFixture, NuxtFixtureOptions, TestUser } from './fixture.ts'
import type { Mode } from './local-auth/state.ts'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { textOf, useNuxtApp } from './fixture.ts'

/** Another path than the default, which the page, the server and Better Auth must all use. */
const TOKEN_PATH = '/app-token'
const JWT = 'better-auth.convex_jwt'

let built: BuiltApp
beforeAll(async () => {
  const module = fileURLToPath(new URL('./local-auth/module.ts', import.meta.url))
  built = await buildApp({ auth: 'local', tokenPath: TOKEN_PATH }, { modules: [module] })
})
afterAll(() => built?.remove())

interface LocalApp extends NuxtFixture {
  /**
   * The requests of the app's server to its own auth routes since the last call, except those of the
   * public keys, which the server requests once, in the background.
   */
  takeAuthRequests: () => Promise<string[]>
  setMode: (mode: Mode) => Promise<void>
}

/** A server of the app, whose deployment accepts the tokens of the app. */
function useLocalApp({ env, ...options }: NuxtFixtureOptions = {}): LocalApp {
  const app = useNuxtApp({
    output: () => built.output,
    env: { TOKEN_PATH, ...env },
    deploymentEnv: origin => ({ TEST_ISSUER: origin, TEST_JWKS: `${origin}${options.base ?? ''}/api/auth/convex/jwks` }),
    ...options,
  })
  const call = async (query = ''): Promise<string[]> => JSON.parse((await app.get(`/auth-test${query}`)).html)
  beforeEach(async () => {
    await call()
  })
  return Object.defineProperties({
    takeAuthRequests: async () => (await call()).filter(request => !/\/convex\/(?:\.well-known|jwks)/.test(request)),
    setMode: async (mode: Mode) => void await call(`?mode=${mode}`),
  } as LocalApp, Object.getOwnPropertyDescriptors(app))
}

/** Requests a page, and keeps the cookies that it sets. */
async function visit(app: NuxtFixture, path: string, user: TestUser): ReturnType<NuxtFixture['get']> {
  const answer = await app.get(path, user.cookie)
  for (const setCookie of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie)!
    user.cookies.set(name, value)
  }
  return answer
}

describe('auth: \'local\'', () => {
  const app = useLocalApp()
  const host = () => new URL(app.url).host

  it('renders a page as the user of the app\'s own route, without a request over the network', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    app.takeServerRequests()
    await app.takeAuthRequests()
    const { html, headers } = await app.get('/tasks', ada.cookie)
    expect(textOf(html, 'status')).toBe('authenticated Ada')
    expect(html).toContain('Water the ferns</li>')
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(html).toContain(ada.cookies.get(JWT))
    expect(app.takeServerRequests().filter(request => !request.startsWith('POST /api/query'))).toEqual([])
    expect(await app.takeAuthRequests()).toEqual([`GET /api/auth/get-session ${host()} with cookies`])
  })

  it('sets the binding of a token that has none, so that the next page requests no token', async () => {
    const ada = await app.signUp('Ada')
    ada.cookies.delete(`${JWT}_binding`)
    await app.takeAuthRequests()
    for (const paths of [['app-token', 'get-session'], ['get-session']]) {
      expect(textOf((await visit(app, '/public', ada)).html, 'mine')).toBe('Ada')
      expect((await app.takeAuthRequests()).sort()).toEqual(paths.map(path => `GET /api/auth/${path} ${host()} with cookies`))
    }
  })

  it('renders an anonymous page without any request to Better Auth', async () => {
    const { html } = await app.get('/public')
    expect([textOf(html, 'status'), textOf(html, 'mine')]).toEqual(['unauthenticated', 'anonymous'])
    expect(await app.takeAuthRequests()).toEqual([])
  })

  it('renders a page for the session\'s user if the cookie has another user\'s token', async () => {
    const [ada, bob] = [await app.signUp('Ada', ['Secret of Ada']), await app.signUp('Bob', ['Secret of Bob'])]
    await visit(app, '/public', ada)
    bob.cookies.set(JWT, ada.cookies.get(JWT)!).set(`${JWT}_binding`, ada.cookies.get(`${JWT}_binding`)!)
    const { html } = await app.get('/tasks', bob.cookie)
    expect(textOf(html, 'status')).toBe('authenticated Bob')
    expect(html).toContain('Secret of Bob</li>')
    expect(html).not.toContain('Secret of Ada')
  })

  it('applies the rules of pages, and runs server routes as the user', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    expect((await app.get('/account')).headers.get('location')).toBe('/sign-in?redirect=/account')
    expect((await app.get('/account', ada.cookie)).status).toBe(200)
    expect(JSON.parse((await app.get('/api/me', ada.cookie)).html)).toEqual({ name: 'Ada' })
    expect((await app.get('/api/me')).status).toBe(401)
    expect(JSON.parse((await app.get('/api/tasks', ada.cookie)).html)).toMatchObject([{ text: 'Water the ferns' }])
  })

  it('shares one session and one token between all requests that the server makes to itself', async () => {
    const ada = await app.signUp('Ada')
    ada.cookies.delete(`${JWT}_binding`)
    await app.takeAuthRequests()
    expect((await app.get('/api/relay', ada.cookie)).html).toBe('token true Ada Ada Ada / token true Ada Ada Ada')
    expect(await app.takeAuthRequests()).toHaveLength(2)
  })

  it('keeps the responses of the app\'s auth routes out of caches', async () => {
    const { html, headers } = await app.get('/api/auth/ok')
    expect(JSON.parse(html)).toEqual({ ok: true })
    expect(headers.get('cache-control')).toBe('private, no-store')
  })

  it('renders anonymously after a sign-out', async () => {
    const ada = await app.signUp('Ada')
    const { status } = await fetch(`${app.url}/api/auth/sign-out`, { method: 'POST', headers: { 'cookie': ada.cookie, 'origin': app.url, 'content-type': 'application/json' }, body: '{}' })
    expect(status).toBe(200)
    const { html } = await app.get('/public', ada.cookie)
    expect([textOf(html, 'status'), textOf(html, 'mine')]).toEqual(['unauthenticated', 'anonymous'])
  })

  describe('a page that a cache keeps', () => {
    const ANONYMOUS = 'no token false null null 401'
    let visits = 0

    it.each(['isr', 'swr', 'cache'])('is anonymous, and so are its own requests to the auth routes: %s', async (rule) => {
      const ada = await app.signUp('Ada')
      await app.takeAuthRequests()
      for (const query of ['', '&fails']) {
        const { html, headers } = await app.get(`/kept/${rule}?visit=${++visits}${query}`, ada.cookie, { accept: 'text/html' })
        expect(html).not.toMatch(/Ada|eyJ|ada\d*@/)
        expect(headers.getSetCookie()).toEqual([])
        if (!query) {
          expect([textOf(html, 'rendered'), textOf(html, 'island')]).toEqual(['loading', 'loading'])
          expect([textOf(html, 'fetched'), textOf(html, 'copied')]).toEqual([ANONYMOUS, ANONYMOUS])
          expect(textOf(html, 'session')).toBe('no session')
        }
      }
      const requests = await app.takeAuthRequests()
      expect(requests.length).toBeGreaterThan(0)
      expect(requests.filter(request => !request.endsWith('without cookies'))).toEqual([])
    })
  })

  describe('a route of Better Auth that fails', () => {
    it('leaves the identity unknown, and keeps the cookies of the user', async () => {
      const ada = await app.signUp('Ada', ['Water the ferns'])
      ada.cookies.delete(`${JWT}_binding`)
      await app.setMode('failing')
      const { html, status, headers } = await app.get('/public', ada.cookie)
      expect([status, textOf(html, 'status'), textOf(html, 'public'), textOf(html, 'mine')]).toEqual([200, 'loading', 'anonymous', 'pending'])
      expect(headers.getSetCookie()).toEqual([])
      expect((await app.get('/api/tasks', ada.cookie)).status).toBe(502)
    })
  })

  describe('a route of Better Auth that requests another route, for which the identity is requested', () => {
    it('receives an error from that route, and causes no endless recursion', async () => {
      const ada = await app.signUp('Ada')
      await app.setMode('nested')
      const { html } = await app.get('/public', ada.cookie)
      expect([textOf(html, 'status'), textOf(html, 'mine')]).toEqual(['authenticated Ada', 'Ada'])
      expect(await app.takeAuthRequests()).toEqual([`GET /api/auth/get-session ${host()} with cookies`, 'GET /api/me 500'])
      expect(app.log).toContain('[IDENTITY_RECURSION]')
    })
  })

  describe('a middleware that requests the identity for every path', () => {
    it('fails with a reason in the log, and causes no endless recursion', async () => {
      const ada = await app.signUp('Ada')
      await app.setMode('greedy')
      const { status } = await app.get('/public', ada.cookie)
      expect(status).toBe(502)
      expect(app.log).toContain('[IDENTITY_RECURSION]')
      expect(app.log).toContain('let a middleware skip all paths below `basePath`')
      // The request that ends this mode has no cookies.
      expect(await app.takeAuthRequests()).toEqual([])
    })
  })

  describe('in the browser', () => {
    it('signs in and out with `useUserSession`, at the path of the app\'s own token endpoint', async () => {
      const ada = await app.signUp('Ada')
      const { page, requests, sent } = await app.openWindow(await app.openProfile(), '/browser')
      await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
      await page.getByLabel('Email').fill(ada.email)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText(`success ${ada.userId}`).waitFor()
      expect(requests).toContain(`GET /api/auth${TOKEN_PATH}`)
      expect(requests.filter(path => path.includes('/convex/token'))).toEqual([])
      expect(sent.flat()).toContain('Authenticate')
      await page.reload()
      await page.getByText(`success ${ada.userId}`).waitFor()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
      expect(await page.content()).not.toContain(ada.userId)
    })

    it('hydrates a rendered page as its user, and requests no token', async () => {
      const ada = await app.signUp('Ada', ['Water the ferns'])
      const { page, requests } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
      await page.locator('#stale', { hasText: 'live' }).waitFor()
      expect(await page.locator('#status').textContent()).toBe('authenticated Ada')
      expect(requests.filter(path => path.includes('token'))).toEqual([])
    })
  })
})

describe('auth: \'local\', with a route of Better Auth that never answers', () => {
  const app = useLocalApp({ env: { NUXT_CONVEX_SERVER_TIMEOUT_MS: '1000' } })

  it('renders the page without an identity after `timeoutMs`', async () => {
    const ada = await app.signUp('Ada')
    await app.setMode('hanging')
    const { html, status } = await app.get('/account', ada.cookie)
    expect([status, textOf(html, 'status')]).toEqual([200, 'loading'])
  })
})

describe('auth: \'local\', without a route of Better Auth', () => {
  const app = useLocalApp({ env: { NUXT_CONVEX_SERVER_BASE_PATH: '/elsewhere' } })

  it('leaves the identity unknown, and reports the missing route once, with the solution', async () => {
    const ada = await app.signUp('Ada')
    for (const path of ['/public', '/account', '/public']) {
      const { html, status } = await app.get(path, ada.cookie)
      expect([status, textOf(html, 'status')]).toEqual([200, 'loading'])
    }
    expect(app.log.match(/\[AUTH_ROUTES_MISSING\]/g)).toHaveLength(1)
    expect(app.log).not.toContain('TOKEN_ENDPOINT_MISSING')
    expect(app.log).toContain('server/routes/elsewhere/[...all].ts')
  })
})

describe('auth: \'local\', whose tokens the deployment rejects', () => {
  const app = useLocalApp({ deploymentEnv: () => ({ TEST_ISSUER: 'https://elsewhere.example', TEST_JWKS: 'data:application/json,{"keys":[]}' }) })

  it('reports it once in the log, with the issuer of the tokens and the fix', async () => {
    const ada = await app.signUp('Ada')
    for (const path of ['/tasks', '/public'])
      await app.get(path, ada.cookie)
    expect(app.log.match(/\[TOKEN_REJECTED\].*/g)).toEqual([expect.stringMatching(`whose issuer is "http://localhost:.*\`convex/auth.config.ts\``)])
    expect(app.log).not.toContain(ada.cookies.get(JWT))
  })
})

describe('auth: \'local\', below a `baseURL`', () => {
  const app = useLocalApp({ base: '/base' })

  it('requests the routes below the `baseURL`', async () => {
    const ada = await app.signUp('Ada')
    await app.takeAuthRequests()
    const { html } = await app.get('/public', ada.cookie)
    expect([textOf(html, 'status'), textOf(html, 'mine')]).toEqual(['authenticated Ada', 'Ada'])
    expect(await app.takeAuthRequests()).toHaveLength(1)
  })
})
