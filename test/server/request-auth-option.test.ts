import type { RequestAuth } from 'convue/server'
import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { inspect } from 'node:util'
import { createConvexServer } from 'convue/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { storeKey } from '../../src/shared/store-key.ts'
import { browserRequest } from '../support/live/app-server.ts'
import { bindingOf, signedIn } from '../support/live/auth-cookies.ts'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

const APP = 'https://app.example.com'
const SESSION = 'better-auth.session_token=s.1'

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  vi.useRealTimers()
  await upstream.close()
})

function createServer(requestAuth: RequestAuth, options = {}) {
  return createConvexServer({ convexUrl: upstream.url, requestAuth, ...options })
}

function requestOf(path = '', init: RequestInit = {}): Request {
  return new Request(APP + path, { ...init, headers: { cookie: SESSION, ...init.headers } })
}

/** Answers all requests, and records them with the requests that have caused them. */
function recorder(answer: (request: Request) => Response | Promise<Response> = () => Response.json({ token: fakeToken('ada') })) {
  const calls: { request: Request, incoming: Request, body: string }[] = []
  const requestAuth: RequestAuth = async (request, incoming) => {
    calls.push({ request, incoming, body: await request.clone().text() })
    return answer(request)
  }
  return { calls, requestAuth }
}

describe('requestAuth', () => {
  it('receives the requests for session and token at the app\'s address, without the network', async () => {
    const { calls, requestAuth } = recorder()
    const { getToken, getSession } = createServer(requestAuth, { basePath: '/auth', tokenPath: '/token' }).forRequest(requestOf())
    await getToken()
    await getSession().catch(() => {})
    expect(calls.map(({ request }) => `${request.method} ${request.url}`)).toEqual([`GET ${APP}/auth/token`, `GET ${APP}/auth/get-session`])
    expect(upstream.requests).toEqual([])
  })

  it('receives the public address of the app behind a trusted proxy', async () => {
    const { calls, requestAuth } = recorder()
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example.com', 'cookie': SESSION }
    await createServer(requestAuth, { trustProxy: true }).forRequest(new Request('http://10.0.0.7:3000/page', { headers })).getToken()
    expect(calls[0]!.request.url).toBe('https://shop.example.com/api/auth/convex/token')
  })

  it('receives the address of the request if `trustProxy` has only an `addressHeader`', async () => {
    const { calls, requestAuth } = recorder()
    const headers = { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.example', 'cf-connecting-ip': '203.0.113.9', 'cookie': SESSION }
    const server = createServer(requestAuth, { trustProxy: { addressHeader: 'cf-connecting-ip' } })
    await server.forRequest(requestOf('/page', { headers })).getToken()
    await server.handler(requestOf('/api/auth/ok', { headers }))
    expect(calls.map(({ request }) => request.url)).toEqual([`${APP}/api/auth/convex/token`, `${APP}/api/auth/ok`])
  })

  it('receives the request that causes it, which may carry data of the host', async () => {
    const { calls, requestAuth } = recorder()
    const server = createServer(requestAuth)
    const [page, call] = [requestOf('/page'), requestOf('/api/auth/ok')]
    await server.forRequest(page).getToken()
    await server.handler(call, { address: '127.0.0.1' })
    expect(calls.map(({ incoming }) => incoming)).toEqual([page, call])
  })

  it('does not need convexSiteUrl, but must be a function', () => {
    expect(() => createConvexServer({ convexUrl: upstream.url })).toThrow(/SITE_URL_INVALID/)
    expect(() => createServer('/api/auth' as any)).toThrow(/SERVER_OPTION_INVALID.*`requestAuth` is not a function/)
    expect(() => createServer(async () => new Response())).not.toThrow()
  })

  it('is abandoned after `timeoutMs`, although Better Auth ignores the signal of its request', async () => {
    const { getSession } = createServer(() => new Promise(() => {}), { timeoutMs: 20 }).forRequest(requestOf())
    await expect(getSession()).rejects.toMatchObject({ code: 'SESSION_REQUEST_FAILED', why: expect.stringContaining('no answer within 20 ms') })
    const { status } = await createServer(() => new Promise(() => {}), { timeoutMs: 20 }).handler(requestOf('/api/auth/ok'), { address: '127.0.0.1' })
    expect(status).toBe(504)
  })

  it('is abandoned after `timeoutMs` if the body of its response never ends', async () => {
    const { getSession } = createServer(async () => new Response(new ReadableStream()), { timeoutMs: 20 }).forRequest(requestOf())
    await expect(getSession()).rejects.toMatchObject({ code: 'SESSION_REQUEST_FAILED' })
  })

  it('may answer at most 1 MiB for a session', async () => {
    const { getSession } = createServer(async () => new Response('x'.repeat(2 ** 20 + 1))).forRequest(requestOf())
    await expect(getSession()).rejects.toMatchObject({ code: 'SESSION_REQUEST_FAILED', why: expect.stringContaining('more than 1048576 bytes') })
  })

  it.each<[string, RequestAuth, string]>([
    ['throws', () => { throw new Error(SESSION) }, '`requestAuth` has thrown an error'],
    ['rejects', () => Promise.reject(new Error(SESSION)), '`requestAuth` has thrown an error'],
    ['returns no response', async () => undefined as any, '`requestAuth` has not returned a `Response`'],
    ['returns the answer of `auth.api`', async () => ({ token: SESSION }) as any, '`requestAuth` has not returned a `Response`'],
  ])('causes an error with the reason, and without any text of the app, if it %s', async (_name, requestAuth, why) => {
    const server = createServer(requestAuth)
    const reason = await server.forRequest(requestOf()).getSession().catch(error => error)
    expect(reason).toMatchObject({ code: 'SESSION_REQUEST_FAILED', why: expect.stringContaining(why) })
    expect(inspect(reason)).not.toContain(SESSION)
    const response = await server.handler(requestOf('/api/auth/ok'), { address: '127.0.0.1' })
    expect(response.status).toBe(502)
    expect(await response.text()).not.toContain(SESSION)
  })
})

describe('forRequest', () => {
  it.each([
    ['on the deployment', () => ({ convexSiteUrl: upstream.url })],
    ['in the same process', () => ({ requestAuth: async () => new Response('Not Found', { status: 404 }) })],
  ])('rejects with AUTH_ROUTES_MISSING if get-session is answered with 404 %s', async (_name, options) => {
    const { getSession } = createConvexServer({ convexUrl: upstream.url, basePath: '/auth', ...options() }).forRequest(requestOf())
    await expect(getSession()).rejects.toMatchObject({
      code: 'AUTH_ROUTES_MISSING',
      why: expect.stringContaining('below /auth'),
      fix: expect.stringContaining('`basePath`'),
    })
  })

  it('rejects with IDENTITY_RECURSION in code that answers its own request, and never loops', async () => {
    let calls = 0
    const codes: string[] = []
    const server = createServer(async (request) => {
      calls++
      // A middleware of the app that runs for every path.
      await server.forRequest(request).getSession().catch(error => codes.push(error.code))
      return Response.json(null)
    })
    expect(await server.forRequest(requestOf()).getSession()).toBeNull()
    expect([calls, codes]).toEqual([1, ['IDENTITY_RECURSION']])
  })

  it('may be used in code that answers a request of a client', async () => {
    const token = fakeToken('ada')
    const server = createServer(async (request) => {
      if (request.method === 'POST')
        return Response.json(await server.forRequest(request).getToken())
      return Response.json({ token })
    })
    const response = await server.handler(requestOf('/api/auth/sign-out', { method: 'POST' }), { address: '127.0.0.1' })
    expect(await response.json()).toBe(token)
  })
})

describe('handler', () => {
  it('passes `requestAuth` the headers, cookies and address that the deployment would receive', async () => {
    const { calls, requestAuth } = recorder(() => Response.json({ ok: true }))
    const headers = {
      'content-type': 'application/json',
      'origin': APP,
      'cookie': `app=secret; ${SESSION}; better-auth.session_data=secret`,
      'x-forwarded-host': 'evil.example',
      'cf-connecting-ip': '203.0.113.9',
    }
    const request = requestOf('/api/auth/sign-in/email?x=1', { method: 'POST', headers, body: '{"email":"ada"}' })
    const response = await createServer(requestAuth).handler(request, { address: '192.0.2.7' })
    expect(response.status).toBe(200)
    expect(calls[0]!.request.url).toBe(`${APP}/api/auth/sign-in/email?x=1`)
    expect(calls[0]!.body).toBe('{"email":"ada"}')
    const sent = Object.fromEntries(calls[0]!.request.headers)
    expect(sent).toMatchObject({ 'content-type': 'application/json', 'origin': APP, 'cookie': SESSION, 'x-forwarded-for': '192.0.2.7' })
    expect(JSON.stringify(sent)).not.toMatch(/secret|evil|203\.0\.113\.9/)
  })

  it('binds a token to its session, and keeps the answer out of caches', async () => {
    const token = fakeToken('ada')
    const cookies = ['better-auth.session_token=ada.2; Path=/', `better-auth.convex_jwt=${token}; Path=/`]
    const { requestAuth } = recorder(() => {
      const response = Response.json({}, { headers: { 'cache-control': 'public' } })
      cookies.forEach(cookie => response.headers.append('set-cookie', cookie))
      return response
    })
    const { headers } = await createServer(requestAuth).handler(new Request(`${APP}/api/auth/sign-in/email`, { method: 'POST' }), { address: '127.0.0.1' })
    const binding = `better-auth.convex_jwt_binding=${bindingOf('better-auth.session_token=ada.2', token)}; Path=/`
    expect(headers.getSetCookie()).toEqual([...cookies, binding, `better-auth.convue_store_key=${await storeKey('ada')}; Path=/`])
    expect(headers.get('cache-control')).toBe('private, no-store')
  })

  it('passes on the encoding of an answer, which was not decompressed', async () => {
    const { requestAuth } = recorder(() => new Response('packed', { headers: { 'content-encoding': 'gzip', 'content-length': '6' } }))
    const { headers } = await createServer(requestAuth).handler(requestOf('/api/auth/ok'), { address: '127.0.0.1' })
    expect([headers.get('content-encoding'), headers.get('content-length')]).toEqual(['gzip', '6'])
  })

  it('answers with 508 if `requestAuth` leads back to it', async () => {
    const answers: number[] = []
    const server = createServer(async (request) => {
      const response = await server.handler(request, { address: '127.0.0.1' })
      answers.push(response.status)
      return response
    })
    const response = await server.handler(requestOf('/api/auth/ok'), { address: '127.0.0.1' })
    expect(response.status).toBe(508)
    expect(await response.json()).toMatchObject({ code: 'AUTH_REQUEST_LOOP' })
    expect(answers).toEqual([508])
  })
})

describe('a bound token of a cookie', () => {
  it('is used without a call of `requestAuth`', async () => {
    const { calls, requestAuth } = recorder()
    const token = fakeToken('ada')
    expect(await createServer(requestAuth).forRequest(browserRequest(signedIn({ token }))).getToken()).toBe(token)
    expect(calls).toEqual([])
  })

  it('is replaced once if the deployment rejects it', async () => {
    const { calls, requestAuth } = recorder(() => Response.json({ token: fakeToken('ada') }))
    const answers = [json({ code: 'Unauthorized' }, 401), json({ status: 'success', value: 1 })]
    upstream.answer = (...exchange) => answers.shift()!(...exchange)
    const { preloadByName } = createServer(requestAuth).forRequest(browserRequest(signedIn({ token: fakeToken('ada') })))
    expect(await preloadByName('tasks:list', {})).toMatchObject({ value: 1, userId: 'ada' })
    expect(calls).toHaveLength(1)
  })
})
