import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { browserRequest, createAppFetch, createAppServer } from '../support/live/app-server.ts'
import { bindingOf, setBoundToken } from '../support/live/auth-cookies.ts'
import { createBrowserFetch, createToken, FOREIGN_ORIGIN, ORIGIN, signIn, signUp, startFixture } from '../support/live/deployment.ts'

const JWT = 'better-auth.convex_jwt'
/** The companion cookie, which scripts can read. */
const STORE_KEY = 'better-auth.convue_store_key'
const BINDING = 'better-auth.convex_jwt_binding'
const SESSION = 'better-auth.session_token'

type AnyCall = (reference: unknown, args: unknown) => Promise<any>

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
beforeEach(() => {
  deployment.log.length = 0
})
afterAll(() => deployment.close())

/** The cookies of a user whose JWT has expired, while the session has not. */
async function lapsed(): Promise<{ cookies: Map<string, string>, userId: string }> {
  const { fetch: { cookies }, userId } = await signUp(deployment)
  cookies.delete(JWT)
  return { cookies, userId }
}

async function executions(name: string): Promise<(string | null)[]> {
  await deployment.settled()
  return deployment.log.filter(entry => entry.name === name).map(({ subject }) => subject)
}

describe('handler, with a real Better Auth server', () => {
  const post = (browserFetch: ReturnType<typeof createAppFetch>, path: string, body: object): Promise<Response> => browserFetch(`${ORIGIN}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

  it('sets cookies on the app\'s origin, which forRequest then uses', async () => {
    const app = createAppServer(deployment)
    const browserFetch = createAppFetch(app)
    const email = 'proxied@example.com'
    const password = 'correct horse battery'

    const response = await post(browserFetch, 'sign-up/email', { email, password, name: 'Ada' })
    expect(response.status).toBe(200)
    const { user } = await response.json() as { user: { id: string } }
    for (const cookie of response.headers.getSetCookie())
      expect(cookie).toMatch(cookie.startsWith(STORE_KEY) ? /Path=\/; SameSite=Lax$/ : /Path=\/; HttpOnly; SameSite=Lax$/)
    expect([...browserFetch.cookies.keys()].sort()).toEqual([JWT, BINDING, STORE_KEY, SESSION])
    expect(await app.forRequest(browserRequest(browserFetch.cookies)).fetchAuthQuery(api.users.whoami)).toMatchObject({ subject: user.id })

    expect((await post(browserFetch, 'sign-out', {})).status).toBe(200)
    expect([...browserFetch.cookies]).toEqual([])
    expect(await app.forRequest(browserRequest(browserFetch.cookies)).fetchAuthQuery(api.users.whoami)).toBeNull()

    expect((await post(browserFetch, 'sign-in/email', { email, password })).status).toBe(200)
    expect(await app.forRequest(browserRequest(browserFetch.cookies)).isAuthenticated()).toBe(true)
  })

  it('keeps Better Auth\'s own origin check in force', async () => {
    const { fetch: { cookies } } = await signUp(deployment)
    const app = createAppServer(deployment)
    const request = browserRequest(cookies, { 'origin': FOREIGN_ORIGIN, 'content-type': 'application/json' }, `${ORIGIN}/api/auth/sign-out`)
    const refused = await app.handler(new Request(request, { method: 'POST', body: '{}' }))
    expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'INVALID_ORIGIN' })])
    expect(await app.forRequest(browserRequest(cookies)).isAuthenticated()).toBe(true)
  })

  it.each(['GET', 'HEAD', 'OPTIONS'])('returns the deployment\'s answer to %s', async (method) => {
    const response = await createAppServer(deployment).handler(new Request(`${ORIGIN}/api/auth/ok`, { method }))
    expect(response.status).toBe((await fetch(`${deployment.siteUrl}/api/auth/ok`, { method })).status)
  })
})

describe.each([
  ['http://localhost:5173', '', {}],
  ['https://app.example.com', '__Secure-', {}],
  ['http://localhost:5174', '__Host-', { COOKIE_PREFIX: '__Host-better-auth' }],
])('getToken, with a token cookie for %s and the cookie prefix %j', (origin, prefix, env) => {
  let deployment: Deployment
  beforeAll(async () => {
    deployment = await startFixture({ siteUrl: origin, env: { PLAIN_PASSWORDS: 'true', ...env } })
  })
  afterAll(() => deployment.close())

  it('returns the token of the cookie; the cookie of its binding has the same attributes', async () => {
    const app = createAppServer(deployment)
    const browserFetch = createBrowserFetch(origin, request => app.handler(request))
    const response = await browserFetch(`${origin}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' }),
    })
    const setCookies = response.headers.getSetCookie()
    const attributesOf = (name: string): string[] => setCookies.find(cookie => cookie.startsWith(`${prefix}${name}=`))!.split('; ').slice(1)
    expect(attributesOf(BINDING)).toEqual(['Max-Age=900', 'Path=/', 'HttpOnly', ...(prefix ? ['Secure'] : []), 'SameSite=Lax'])
    expect(attributesOf(BINDING)).toEqual(attributesOf(JWT))
    app.requests.length = 0
    expect(await app.forRequest(browserRequest(browserFetch.cookies, {}, origin)).getToken()).toBe(browserFetch.cookies.get(prefix + JWT))
    expect(app.requests).toEqual([])
  })
})

describe('getToken, with a token cookie of a previous session', () => {
  const password = 'correct horse battery'
  const post = (browserFetch: ReturnType<typeof createAppFetch>, path: string, body: object): Promise<Response> => browserFetch(`${ORIGIN}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const write = { origin: ORIGIN }

  it('ignores the token after the browser was closed and its session cookie was deleted', async () => {
    const { email, userId } = await signUp(deployment)
    const browserFetch = createAppFetch(createAppServer(deployment))
    expect((await post(browserFetch, 'sign-in/email', { email, password, rememberMe: false })).status).toBe(200)
    // The `convex()` of the component sets a Max-Age on the token cookie, so browsers keep the cookie when they are
    // closed. Convue's `convex()` does not, but a browser may still have a cookie from an earlier version of the app.
    const cookies = new Map([JWT, BINDING].map(name => [name, browserFetch.cookies.get(name)!]))

    const app = createAppServer(deployment)
    const { fetchAuthQuery, fetchAuthMutation, preloadAuthQuery, getToken, isAuthenticated } = app.forRequest(browserRequest(cookies, write))
    expect([await getToken(), await isAuthenticated()]).toEqual([null, false])
    expect(await fetchAuthQuery(api.users.whoami)).toBeNull()
    expect(await preloadAuthQuery(api.users.whoami)).toMatchObject({ value: null, userId: null })
    await expect(fetchAuthMutation(api.tasks.add, { text: 'of Ada' })).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } })
    expect(await executions('tasks:add')).toEqual([null])
    expect(await executions('users:whoami')).not.toContain(userId)
  })

  it.each(['convex/token', 'get-session'])('ignores a token of the previous user that a late answer of %s sets', async (path) => {
    const [ada, grace] = [await signUp(deployment), await signUp(deployment)]
    const browserFetch = createAppFetch(createAppServer(deployment))
    await post(browserFetch, 'sign-in/email', { email: ada.email, password })
    // A second tab renews Ada's token, and its response is slow.
    const late = await createAppServer(deployment).handler(browserRequest(browserFetch.cookies, {}, `${ORIGIN}/api/auth/${path}`))
    await post(browserFetch, 'sign-out', {})
    await post(browserFetch, 'sign-in/email', { email: grace.email, password })
    for (const setCookie of late.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie)!
      browserFetch.cookies.set(name, value)
    }
    expect(JSON.parse(atob(browserFetch.cookies.get(JWT)!.split('.')[1]!))).toMatchObject({ sub: ada.userId })

    const app = createAppServer(deployment)
    const { fetchAuthQuery, fetchAuthMutation, responseHeaders, getSession } = app.forRequest(browserRequest(browserFetch.cookies, write))
    expect(await fetchAuthQuery(api.users.whoami)).toMatchObject({ subject: grace.userId })
    await fetchAuthMutation(api.tasks.add, { text: 'of Grace' })
    expect(await executions('tasks:add')).toEqual([grace.userId])
    expect((await getSession())!.user.id).toBe(grace.userId)
    expect(app.requests.filter(path => path.endsWith('/convex/token'))).toHaveLength(1)
    expect(responseHeaders().getSetCookie().map(cookie => cookie.split('=')[0])).toEqual([JWT, BINDING])
  })
})

describe('getSession, with Better Auth\'s cookie cache', () => {
  let caching: Deployment
  beforeAll(async () => {
    caching = await startFixture({ env: { COOKIE_CACHE: 'true', PLAIN_PASSWORDS: 'true' } })
  })
  afterAll(() => caching.close())

  it('ignores the cached session of a previous user', async () => {
    const [ada, grace] = [await signUp(caching), await signUp(caching)]
    const cache = ada.fetch.cookies.get('better-auth.session_data')!
    const cookies = new Map(grace.fetch.cookies).set('better-auth.session_data', cache)
    cookies.delete(JWT)
    // Better Auth 1.6 itself uses the cache, whichever session cookie is beside it. 1.7 compares them.
    const cookie = [...cookies].map(pair => pair.join('=')).join('; ')
    const direct = await fetch(`${caching.siteUrl}/api/auth/get-session`, { headers: { cookie } })
    expect([ada.userId, grace.userId]).toContain((await direct.json() as { user: { id: string } }).user.id)

    const app = createAppServer(caching)
    const { fetchAuthQuery, getSession } = app.forRequest(browserRequest(cookies))
    expect((await getSession())!.user.id).toBe(grace.userId)
    expect(await fetchAuthQuery(api.users.whoami)).toMatchObject({ subject: grace.userId })
    const proxied = await app.handler(browserRequest(cookies, {}, `${ORIGIN}/api/auth/get-session`))
    expect(await proxied.json()).toMatchObject({ user: { id: grace.userId } })
  })
})

describe('forRequest, with an expired token', () => {
  it('requests a new token once for all calls, and sets its cookie for the next request', async () => {
    const { cookies, userId } = await lapsed()
    const app = createAppServer(deployment)
    const { fetchAuthQuery, getToken, responseHeaders } = app.forRequest(browserRequest(cookies))
    const results = await Promise.all([fetchAuthQuery(api.users.whoami), fetchAuthQuery(api.users.identity), fetchAuthQuery(api.tasks.list)])
    expect(results).toMatchObject([{ subject: userId }, { subject: userId }, []])
    expect(app.requests.filter(path => path.includes('/api/auth/'))).toEqual(['GET /api/auth/convex/token'])

    const token = (await getToken())!
    const binding = bindingOf(`${SESSION}=${cookies.get(SESSION)}`, token)
    expect(responseHeaders().getSetCookie()).toEqual([
      `${JWT}=${token}; Max-Age=900; Path=/; HttpOnly; SameSite=Lax`,
      `${BINDING}=${binding}; Max-Age=900; Path=/; HttpOnly; SameSite=Lax`,
    ])
    expect(responseHeaders().get('cache-control')).toBe('private, no-store')

    const next = createAppServer(deployment)
    cookies.set(JWT, token).set(BINDING, binding)
    expect(await next.forRequest(browserRequest(cookies)).fetchAuthQuery(api.users.whoami)).toMatchObject({ subject: userId })
    expect(next.requests).toEqual(['POST /api/query'])
  })

  it('runs calls anonymously after the session has ended elsewhere', async () => {
    const session = await signUp(deployment)
    const elsewhere = await signIn(deployment, session)
    await elsewhere.fetch(`${deployment.siteUrl}/api/auth/revoke-sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    session.fetch.cookies.delete(JWT)
    const { getToken, getSession, fetchAuthQuery } = createAppServer(deployment).forRequest(browserRequest(session.fetch.cookies))
    expect([await getToken(), await getSession(), await fetchAuthQuery(api.users.whoami)]).toEqual([null, null, null])
  })
})

describe('forRequest, with a cookie\'s token that the deployment rejects', () => {
  it('replaces the token, and runs the mutation once', async () => {
    const { cookies, userId } = await lapsed()
    setBoundToken(cookies, await createToken(userId, { forged: true }))
    const app = createAppServer(deployment)
    const { fetchAuthMutation, fetchAuthQuery } = app.forRequest(browserRequest(cookies, { origin: ORIGIN }))
    await fetchAuthMutation(api.tasks.add, { text: 'once' })
    expect(await executions('tasks:add')).toEqual([userId])
    expect(await fetchAuthQuery(api.tasks.list)).toMatchObject([{ text: 'once' }])
    expect(app.requests).toEqual(['POST /api/mutation', 'GET /api/auth/convex/token', 'POST /api/mutation', 'POST /api/query'])
  })

  it('runs a query anonymously if the cookies contain only a forged token', async () => {
    const { userId } = await signUp(deployment)
    const { fetchAuthQuery, isAuthenticated, getSession } = createAppServer(deployment).forRequest(browserRequest(`${JWT}=${await createToken(userId, { forged: true })}`))
    expect(await fetchAuthQuery(api.users.whoami)).toBeNull()
    expect([await isAuthenticated(), await getSession()]).toEqual([false, null])
  })
})

describe('getSession', () => {
  it('returns Better Auth\'s session without its secret', async () => {
    const { cookies, userId } = await lapsed()
    const session = await createAppServer(deployment).forRequest(browserRequest(cookies)).getSession()
    expect(session).toMatchObject({ user: { id: userId, name: 'Ada' }, session: { userId } })
    expect(JSON.stringify(session)).not.toContain(cookies.get(SESSION)!.split('.')[0])
  })
})

describe('fetchAuthQuery, fetchAuthMutation and fetchAuthAction', () => {
  const values = {
    null: null,
    int64: 2n ** 63n - 1n,
    float64: -0,
    boolean: true,
    string: 'Ä ✓ \u2028 </script>',
    bytes: new Uint8Array([0, 127, 255]).buffer,
    array: [Number.NaN, Number.POSITIVE_INFINITY, -0, 1.5],
    object: {},
    record: { big: -(2n ** 63n) },
    union: 2n,
  } as const

  it.each(['fetchAuthQuery', 'fetchAuthMutation', 'fetchAuthAction'] as const)('pass every Convex value in both directions: %s', async (method) => {
    const echo = { fetchAuthQuery: api.values.echo, fetchAuthMutation: api.values.echoMutation, fetchAuthAction: api.values.echoAction }[method]
    const result = await (createAppServer(deployment).forRequest(browserRequest())[method] as AnyCall)(echo, values)
    expect(result).toEqual(values)
    expect(Object.is(result.float64, -0)).toBe(true)
    expect(Object.is(result.array[2], -0)).toBe(true)
    expect(new Uint8Array(result.bytes)).toEqual(new Uint8Array([0, 127, 255]))
  })

  it('reject with the error of the function', async () => {
    const { fetchAuthQuery, fetchAuthMutation, fetchAuthAction } = createAppServer(deployment).forRequest(browserRequest())
    await expect(fetchAuthQuery(api.failures.failingQuery, { kind: 'convex' })).rejects.toMatchObject({ name: 'ConvexError', data: { code: 'ON_DEMAND', amount: 3n } })
    await expect(fetchAuthMutation(api.failures.failingMutation, { kind: 'plain' })).rejects.toThrow('a plain failure')
    await expect(fetchAuthAction(api.failures.failingAction, { kind: 'convex' })).rejects.toMatchObject({ data: { code: 'ON_DEMAND' } })
  })
})

describe('preloadAuthQuery', () => {
  it('returns plain JSON with the id of the user', async () => {
    const { cookies, userId } = await lapsed()
    const { preloadAuthQuery } = createAppServer(deployment).forRequest(browserRequest(cookies))
    const preloaded = await preloadAuthQuery(api.values.echoAny, { value: { big: 1n, zero: -0 } })
    expect(preloaded).toEqual({
      name: 'values:echoAny',
      args: { value: { big: { $integer: 'AQAAAAAAAAA=' }, zero: { $float: 'AAAAAAAAAIA=' } } },
      value: { big: { $integer: 'AQAAAAAAAAA=' }, zero: { $float: 'AAAAAAAAAIA=' } },
      userId,
    })
    expect(JSON.parse(JSON.stringify(preloaded))).toEqual(preloaded)
  })

  it('returns a result without a user for an anonymous request', async () => {
    const { preloadAuthQuery } = createAppServer(deployment).forRequest(browserRequest())
    expect(await preloadAuthQuery(api.users.whoami)).toEqual({ name: 'users:whoami', args: {}, value: null, userId: null })
  })
})

describe('preloadAuthPaginatedQuery', () => {
  it('returns the first page of a paginated query', async () => {
    for (const body of ['first', 'second', 'third'])
      await deployment.mutation(api.messages.send, { channel: 'preloaded', body })
    const { preloadAuthPaginatedQuery } = createAppServer(deployment).forRequest(browserRequest())
    expect(await preloadAuthPaginatedQuery(api.messages.page, { channel: 'preloaded' }, { initialNumItems: 2 })).toMatchObject({
      name: 'messages:page',
      args: { channel: 'preloaded', paginationOpts: { numItems: 2, cursor: null } },
      value: { page: [{ body: 'third' }, { body: 'second' }], isDone: false },
    })
  })
})

describe('forRequest, for several users at once', () => {
  it('shares no state between requests', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, lapsed))
    const app = createAppServer(deployment)
    const seen = await Promise.all(Array.from({ length: 40 }, async (_, index) => {
      const { cookies, userId } = people[index % people.length]!
      const { fetchAuthQuery, responseHeaders } = app.forRequest(browserRequest(cookies))
      const identity = await fetchAuthQuery(api.users.whoami)
      return [identity?.subject, userId, responseHeaders().getSetCookie().length]
    }))
    for (const [subject, userId, cookies] of seen)
      expect([subject, cookies]).toEqual([userId, 2])
  })
})
