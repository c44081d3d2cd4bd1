import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { createAppServer, createVisitor, visit } from '../support/live/app-server.ts'
import { bindingOf, setBoundToken } from '../support/live/auth-cookies.ts'
import { createBrowserFetch, createToken, FOREIGN_ORIGIN, ORIGIN, signIn, signUp, startFixture } from '../support/live/deployment.ts'

const JWT = 'better-auth.convex_jwt'
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

/** The cookies of somebody whose JWT has lapsed while the session lives. */
async function lapsed(): Promise<{ cookies: Map<string, string>, userId: string }> {
  const { fetch: { cookies }, userId } = await signUp(deployment)
  cookies.delete(JWT)
  return { cookies, userId }
}

async function executions(name: string): Promise<(string | null)[]> {
  await deployment.settled()
  return deployment.log.filter(entry => entry.name === name).map(({ subject }) => subject)
}

describe('signing up, in and out through the proxy', () => {
  const post = (visitor: ReturnType<typeof createVisitor>, path: string, body: object): Promise<Response> => visitor(`${ORIGIN}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

  it('sets the cookies on the app\'s origin, with which the server then acts', async () => {
    const app = createAppServer(deployment)
    const visitor = createVisitor(app)
    const email = 'proxied@example.com'
    const password = 'correct horse battery'

    const response = await post(visitor, 'sign-up/email', { email, password, name: 'Ada' })
    expect(response.status).toBe(200)
    const { user } = await response.json() as { user: { id: string } }
    for (const cookie of response.headers.getSetCookie())
      expect(cookie).toMatch(/Path=\/; HttpOnly; SameSite=Lax$/)
    expect([...visitor.cookies.keys()].sort()).toEqual([JWT, BINDING, SESSION])
    expect(await app.forRequest(visit(visitor.cookies)).fetchAuthQuery(api.users.whoami)).toMatchObject({ subject: user.id })

    expect((await post(visitor, 'sign-out', {})).status).toBe(200)
    expect([...visitor.cookies]).toEqual([])
    expect(await app.forRequest(visit(visitor.cookies)).fetchAuthQuery(api.users.whoami)).toBeNull()

    expect((await post(visitor, 'sign-in/email', { email, password })).status).toBe(200)
    expect(await app.forRequest(visit(visitor.cookies)).isAuthenticated()).toBe(true)
  })

  it('leaves Better Auth\'s own origin check in force', async () => {
    const { fetch: { cookies } } = await signUp(deployment)
    const app = createAppServer(deployment)
    const request = visit(cookies, { 'origin': FOREIGN_ORIGIN, 'content-type': 'application/json' }, `${ORIGIN}/api/auth/sign-out`)
    const refused = await app.handler(new Request(request, { method: 'POST', body: '{}' }))
    expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'INVALID_ORIGIN' })])
    expect(await app.forRequest(visit(cookies)).isAuthenticated()).toBe(true)
  })

  it.each(['GET', 'HEAD', 'OPTIONS'])('answers %s as the deployment does', async (method) => {
    const response = await createAppServer(deployment).handler(new Request(`${ORIGIN}/api/auth/ok`, { method }))
    expect(response.status).toBe((await fetch(`${deployment.siteUrl}/api/auth/ok`, { method })).status)
  })
})

describe.each([
  ['http://localhost:5173', '', {}],
  ['https://app.example.com', '__Secure-', {}],
  ['http://localhost:5174', '__Host-', { COOKIE_PREFIX: '__Host-better-auth' }],
])('a token cookie of %s with the prefix %j', (origin, prefix, env) => {
  let deployment: Deployment
  beforeAll(async () => {
    deployment = await startFixture({ siteUrl: origin, env: { PLAIN_PASSWORDS: 'true', ...env } })
  })
  afterAll(() => deployment.close())

  it('has a binding with the same attributes, and is used by the next request', async () => {
    const app = createAppServer(deployment)
    const visitor = createBrowserFetch(origin, request => app.handler(request))
    const response = await visitor(`${origin}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' }),
    })
    const setCookies = response.headers.getSetCookie()
    const attributesOf = (name: string): string[] => setCookies.find(cookie => cookie.startsWith(`${prefix}${name}=`))!.split('; ').slice(1)
    expect(attributesOf(BINDING)).toEqual(['Max-Age=900', 'Path=/', 'HttpOnly', ...(prefix ? ['Secure'] : []), 'SameSite=Lax'])
    expect(attributesOf(BINDING)).toEqual(attributesOf(JWT))
    app.asked.length = 0
    expect(await app.forRequest(visit(visitor.cookies, {}, origin)).getToken()).toBe(visitor.cookies.get(prefix + JWT))
    expect(app.asked).toEqual([])
  })
})

describe('a token cookie', () => {
  const password = 'correct horse battery'
  const post = (visitor: ReturnType<typeof createVisitor>, path: string, body: object): Promise<Response> => visitor(`${ORIGIN}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const write = { origin: ORIGIN }

  it('counts for nothing once the browser was closed and the session cookie is gone', async () => {
    const { email, userId } = await signUp(deployment)
    const visitor = createVisitor(createAppServer(deployment))
    const setCookies = (await post(visitor, 'sign-in/email', { email, password, rememberMe: false })).headers.getSetCookie()
    // What a browser keeps when it is closed.
    const kept = setCookies.filter(cookie => /max-age|expires/i.test(cookie)).map(cookie => cookie.split('=')[0]!)
    expect(kept.sort()).toEqual([JWT, BINDING])
    const cookies = new Map(kept.map(name => [name, visitor.cookies.get(name)!]))

    const app = createAppServer(deployment)
    const { fetchAuthQuery, fetchAuthMutation, preloadAuthQuery, getToken, isAuthenticated } = app.forRequest(visit(cookies, write))
    expect([await getToken(), await isAuthenticated()]).toEqual([null, false])
    expect(await fetchAuthQuery(api.users.whoami)).toBeNull()
    expect(await preloadAuthQuery(api.users.whoami)).toMatchObject({ value: null, userId: null })
    await expect(fetchAuthMutation(api.tasks.add, { text: 'of Ada' })).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } })
    expect(await executions('tasks:add')).toEqual([null])
    expect(await executions('users:whoami')).not.toContain(userId)
  })

  it.each(['convex/token', 'get-session'])('of a previous user that arrives late from %s is not used', async (path) => {
    const [ada, grace] = [await signUp(deployment), await signUp(deployment)]
    const visitor = createVisitor(createAppServer(deployment))
    await post(visitor, 'sign-in/email', { email: ada.email, password })
    // A second tab renews Ada's token, and its response is slow.
    const late = await createAppServer(deployment).handler(visit(visitor.cookies, {}, `${ORIGIN}/api/auth/${path}`))
    await post(visitor, 'sign-out', {})
    await post(visitor, 'sign-in/email', { email: grace.email, password })
    for (const setCookie of late.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie)!
      visitor.cookies.set(name, value)
    }
    expect(JSON.parse(atob(visitor.cookies.get(JWT)!.split('.')[1]!))).toMatchObject({ sub: ada.userId })

    const app = createAppServer(deployment)
    const { fetchAuthQuery, fetchAuthMutation, responseHeaders, getSession } = app.forRequest(visit(visitor.cookies, write))
    expect(await fetchAuthQuery(api.users.whoami)).toMatchObject({ subject: grace.userId })
    await fetchAuthMutation(api.tasks.add, { text: 'of Grace' })
    expect(await executions('tasks:add')).toEqual([grace.userId])
    expect((await getSession())!.user.id).toBe(grace.userId)
    expect(app.asked.filter(path => path.endsWith('/convex/token'))).toHaveLength(1)
    expect(responseHeaders().getSetCookie().map(cookie => cookie.split('=')[0])).toEqual([JWT, BINDING])
  })
})

describe('a session cache of Better Auth', () => {
  let caching: Deployment
  beforeAll(async () => {
    caching = await startFixture({ env: { COOKIE_CACHE: 'true', PLAIN_PASSWORDS: 'true' } })
  })
  afterAll(() => caching.close())

  it('of a previous user does not decide who makes a request', async () => {
    const [ada, grace] = [await signUp(caching), await signUp(caching)]
    const cache = ada.fetch.cookies.get('better-auth.session_data')!
    const cookies = new Map(grace.fetch.cookies).set('better-auth.session_data', cache)
    cookies.delete(JWT)
    // Better Auth itself believes the cache, whichever session stands beside it.
    const cookie = [...cookies].map(pair => pair.join('=')).join('; ')
    const direct = await fetch(`${caching.siteUrl}/api/auth/get-session`, { headers: { cookie } })
    expect(await direct.json()).toMatchObject({ user: { id: ada.userId } })

    const app = createAppServer(caching)
    const { fetchAuthQuery, getSession } = app.forRequest(visit(cookies))
    expect((await getSession())!.user.id).toBe(grace.userId)
    expect(await fetchAuthQuery(api.users.whoami)).toMatchObject({ subject: grace.userId })
    const proxied = await app.handler(visit(cookies, {}, `${ORIGIN}/api/auth/get-session`))
    expect(await proxied.json()).toMatchObject({ user: { id: grace.userId } })
  })
})

describe('a visitor whose token has lapsed', () => {
  it('gets another from the session, once for all calls, and the cookie for the next request', async () => {
    const { cookies, userId } = await lapsed()
    const app = createAppServer(deployment)
    const { fetchAuthQuery, getToken, responseHeaders } = app.forRequest(visit(cookies))
    const results = await Promise.all([fetchAuthQuery(api.users.whoami), fetchAuthQuery(api.users.identity), fetchAuthQuery(api.tasks.list)])
    expect(results).toMatchObject([{ subject: userId }, { subject: userId }, []])
    expect(app.asked.filter(path => path.includes('/api/auth/'))).toEqual(['GET /api/auth/convex/token'])

    const token = (await getToken())!
    const binding = bindingOf(`${SESSION}=${cookies.get(SESSION)}`, token)
    expect(responseHeaders().getSetCookie()).toEqual([
      `${JWT}=${token}; Max-Age=900; Path=/; HttpOnly; SameSite=Lax`,
      `${BINDING}=${binding}; Max-Age=900; Path=/; HttpOnly; SameSite=Lax`,
    ])
    expect(responseHeaders().get('cache-control')).toBe('private, no-store')

    const next = createAppServer(deployment)
    cookies.set(JWT, token).set(BINDING, binding)
    expect(await next.forRequest(visit(cookies)).fetchAuthQuery(api.users.whoami)).toMatchObject({ subject: userId })
    expect(next.asked).toEqual(['POST /api/query'])
  })

  it('is nobody once the session has ended elsewhere', async () => {
    const session = await signUp(deployment)
    const elsewhere = await signIn(deployment, session)
    await elsewhere.fetch(`${deployment.siteUrl}/api/auth/revoke-sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    session.fetch.cookies.delete(JWT)
    const { getToken, getSession, fetchAuthQuery } = createAppServer(deployment).forRequest(visit(session.fetch.cookies))
    expect([await getToken(), await getSession(), await fetchAuthQuery(api.users.whoami)]).toEqual([null, null, null])
  })
})

describe('a token of the cookie that the deployment does not accept', () => {
  it('is replaced, and a mutation runs once', async () => {
    const { cookies, userId } = await lapsed()
    setBoundToken(cookies, await createToken(userId, { forged: true }))
    const app = createAppServer(deployment)
    const { fetchAuthMutation, fetchAuthQuery } = app.forRequest(visit(cookies, { origin: ORIGIN }))
    await fetchAuthMutation(api.tasks.add, { text: 'once' })
    expect(await executions('tasks:add')).toEqual([userId])
    expect(await fetchAuthQuery(api.tasks.list)).toMatchObject([{ text: 'once' }])
    expect(app.asked).toEqual(['POST /api/mutation', 'GET /api/auth/convex/token', 'POST /api/mutation', 'POST /api/query'])
  })

  it('opens nothing to whoever forged it', async () => {
    const { userId } = await signUp(deployment)
    const { fetchAuthQuery, isAuthenticated, getSession } = createAppServer(deployment).forRequest(visit(`${JWT}=${await createToken(userId, { forged: true })}`))
    expect(await fetchAuthQuery(api.users.whoami)).toBeNull()
    expect([await isAuthenticated(), await getSession()]).toEqual([false, null])
  })
})

describe('the session on the server', () => {
  it('is Better Auth\'s, without its secret', async () => {
    const { cookies, userId } = await lapsed()
    const session = await createAppServer(deployment).forRequest(visit(cookies)).getSession()
    expect(session).toMatchObject({ user: { id: userId, name: 'Ada' }, session: { userId } })
    expect(JSON.stringify(session)).not.toContain(cookies.get(SESSION)!.split('.')[0])
  })
})

describe('functions', () => {
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

  it.each(['fetchAuthQuery', 'fetchAuthMutation', 'fetchAuthAction'] as const)('get and give every value: %s', async (method) => {
    const echo = { fetchAuthQuery: api.values.echo, fetchAuthMutation: api.values.echoMutation, fetchAuthAction: api.values.echoAction }[method]
    const result = await (createAppServer(deployment).forRequest(visit())[method] as AnyCall)(echo, values)
    expect(result).toEqual(values)
    expect(Object.is(result.float64, -0)).toBe(true)
    expect(Object.is(result.array[2], -0)).toBe(true)
    expect(new Uint8Array(result.bytes)).toEqual(new Uint8Array([0, 127, 255]))
  })

  it('fail with what they throw', async () => {
    const { fetchAuthQuery, fetchAuthMutation, fetchAuthAction } = createAppServer(deployment).forRequest(visit())
    await expect(fetchAuthQuery(api.failures.failingQuery, { kind: 'convex' })).rejects.toMatchObject({ name: 'ConvexError', data: { code: 'ON_DEMAND', amount: 3n } })
    await expect(fetchAuthMutation(api.failures.failingMutation, { kind: 'plain' })).rejects.toThrow('a plain failure')
    await expect(fetchAuthAction(api.failures.failingAction, { kind: 'convex' })).rejects.toMatchObject({ data: { code: 'ON_DEMAND' } })
  })
})

describe('a preloaded query', () => {
  it('is plain JSON, and says whose answer it is', async () => {
    const { cookies, userId } = await lapsed()
    const { preloadAuthQuery } = createAppServer(deployment).forRequest(visit(cookies))
    const preloaded = await preloadAuthQuery(api.values.echoAny, { value: { big: 1n, zero: -0 } })
    expect(preloaded).toEqual({
      name: 'values:echoAny',
      args: { value: { big: { $integer: 'AQAAAAAAAAA=' }, zero: { $float: 'AAAAAAAAAIA=' } } },
      value: { big: { $integer: 'AQAAAAAAAAA=' }, zero: { $float: 'AAAAAAAAAIA=' } },
      userId,
    })
    expect(JSON.parse(JSON.stringify(preloaded))).toEqual(preloaded)
  })

  it('is nobody\'s where nobody is signed in', async () => {
    const { preloadAuthQuery } = createAppServer(deployment).forRequest(visit())
    expect(await preloadAuthQuery(api.users.whoami)).toEqual({ name: 'users:whoami', args: {}, value: null, userId: null })
  })

  it('may be the first page of a list', async () => {
    for (const body of ['first', 'second', 'third'])
      await deployment.mutation(api.messages.send, { channel: 'preloaded', body })
    const { preloadAuthPaginatedQuery } = createAppServer(deployment).forRequest(visit())
    expect(await preloadAuthPaginatedQuery(api.messages.page, { channel: 'preloaded' }, { initialNumItems: 2 })).toMatchObject({
      name: 'messages:page',
      args: { channel: 'preloaded', paginationOpts: { numItems: 2, cursor: null } },
      value: { page: [{ body: 'third' }, { body: 'second' }], isDone: false },
    })
  })
})

describe('requests of many people at once', () => {
  it('share nothing', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, lapsed))
    const app = createAppServer(deployment)
    const seen = await Promise.all(Array.from({ length: 40 }, async (_, index) => {
      const { cookies, userId } = people[index % people.length]!
      const { fetchAuthQuery, responseHeaders } = app.forRequest(visit(cookies))
      const identity = await fetchAuthQuery(api.users.whoami)
      return [identity?.subject, userId, responseHeaders().getSetCookie().length]
    }))
    for (const [subject, userId, cookies] of seen)
      expect([subject, cookies]).toEqual([userId, 2])
  })
})
