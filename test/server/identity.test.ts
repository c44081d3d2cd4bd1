import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAppServer, visit } from '../support/live/app-server.ts'
import { bindingOf, signedIn } from '../support/live/auth-cookies.ts'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { json, page, startUpstream } from '../support/scripted/scripted-upstream.ts'

const SESSION = 'better-auth.session_token=s.1'

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await upstream.close()
})

const site = () => ({ url: upstream.url, siteUrl: upstream.url })
const forRequest = (cookies: string, options = {}) => createAppServer(site(), options).forRequest(visit(cookies))

describe('the token of a request', () => {
  it.each([
    'better-auth.',
    '__Secure-better-auth.',
    '__Host-better-auth.',
  ])('is that of the cookie %sconvex_jwt while it is valid, without a request', async (prefix) => {
    const token = fakeToken('ada')
    expect(await forRequest(`app=1; ${signedIn({ token, session: `${prefix}session_token=s.1` })}`).getToken()).toBe(token)
    expect(upstream.requests).toEqual([])
  })

  it('is that of a cookie with the prefix that Better Auth was given', async () => {
    const token = fakeToken('ada')
    const cookies = signedIn({ token, session: 'shop.session_token=s.1' })
    expect(await forRequest(cookies, { cookiePrefix: 'shop' }).getToken()).toBe(token)
    expect(upstream.requests).toEqual([])
  })

  it.each([
    ['expires within a minute', fakeToken('ada', { lifetimeSeconds: 59 })],
    ['has expired', fakeToken('ada', { lifetimeSeconds: -1 })],
    ['does not say when it expires', `a.${btoa('{"sub":"ada"}').replace(/=/g, '')}.signature`],
    ['says nonsense about it', `a.${btoa('{"sub":"ada","iat":1,"exp":"never"}').replace(/=/g, '')}.signature`],
    ['is no token', 'garbage'],
    ['cannot be sent', `\u00E4.${fakeToken('ada').split('.')[1]}.signature`],
    ['holds more than a token', `${fakeToken('ada')} x`],
    ['is empty', ''],
  ])('comes from the token endpoint when that of the cookie %s', async (_name, stale) => {
    const fresh = fakeToken('ada')
    upstream.answer = json({ token: fresh })
    expect(await forRequest(signedIn({ token: stale })).getToken()).toBe(fresh)
    expect(upstream.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(['GET /api/auth/convex/token'])
  })

  it('comes from the endpoint below `basePath`, with any margin that was asked for, or always', async () => {
    const fresh = fakeToken('ada')
    upstream.answer = json({ token: fresh })
    const cookies = signedIn({ token: fakeToken('ada', { lifetimeSeconds: 800 }) })
    expect(await forRequest(cookies, { basePath: 'auth/v2/', jwtCache: { marginMs: 810_000 } }).getToken()).toBe(fresh)
    expect(upstream.requests[0]!.target).toBe('/auth/v2/convex/token')
    expect(await forRequest(cookies, { jwtCache: false }).getToken()).toBe(fresh)
    expect(await forRequest(cookies, { jwtCache: { marginMs: 700_000 } }).getToken()).not.toBe(fresh)
  })

  it('is asked for once, however many want it at once', async () => {
    upstream.answer = json({ token: fakeToken('ada') })
    const { getToken } = forRequest(SESSION)
    const tokens = await Promise.all([getToken(), getToken(), getToken()])
    expect(new Set(tokens).size).toBe(1)
    expect(await getToken()).toBe(tokens[0])
    expect(upstream.requests).toHaveLength(1)
  })

  it('asks upstream with the auth cookies and the app\'s address, and with nothing else of the request', async () => {
    upstream.answer = json({ token: fakeToken('ada') })
    await createAppServer(site()).forRequest(visit(`app=secret; ${SESSION}`, { 'authorization': 'Basic c2VjcmV0', 'x-forwarded-host': 'evil.example', 'x-internal': 'secret', 'host': 'evil.example' })).getToken()
    const { headers } = upstream.requests[0]!
    expect(headers).toMatchObject({ 'cookie': SESSION, 'host': new URL(upstream.url).host, 'x-better-auth-forwarded-host': 'localhost:5173', 'x-forwarded-proto': 'http' })
    expect(JSON.stringify(headers)).not.toMatch(/secret|c2VjcmV0|evil/)
  })
})

describe('nobody', () => {
  it('is who has no session cookie, and nothing is asked', async () => {
    for (const cookies of ['', 'app=1', 'better-auth.last_used_login_method=email', `better-auth.convex_jwt=${fakeToken('ada', { lifetimeSeconds: -1 })}`]) {
      const { getToken, getSession, isAuthenticated } = forRequest(cookies)
      expect([await getToken(), await getSession(), await isAuthenticated()]).toEqual([null, null, false])
    }
    expect(upstream.requests).toEqual([])
  })

  it('is who gets a 401 with JSON', async () => {
    upstream.answer = json({ code: 'UNAUTHORIZED', message: 'Unauthorized' }, 401)
    const { getToken, getSession, isAuthenticated } = forRequest(SESSION)
    expect([await getToken(), await getSession(), await isAuthenticated()]).toEqual([null, null, false])
  })

  it('is who has no session where the answer is null', async () => {
    upstream.answer = json(null)
    const { getSession, isAuthenticated } = forRequest(SESSION)
    expect([await getSession(), await isAuthenticated()]).toEqual([null, false])
  })
})

describe('a failure', () => {
  const failures: [string, ScriptedUpstream['answer']][] = [
    ['a 401 of a firewall', page(401)],
    ['a 401 of null', json(null, 401)],
    ['a 401 of a list', json([], 401)],
    ['a 401 of a word', json('Unauthorized', 401)],
    ['a 401 of nothing', page(401, '')],
    ['a 403 of a firewall', page(403)],
    ['a 403 with JSON', json({ code: 'FORBIDDEN' }, 403)],
    ['a 408', json({}, 408)],
    ['a 429', json({ message: 'secret' }, 429)],
    ['a 500 page', page(500, 'Error: BETTER_AUTH_SECRET=secret')],
    ['a 500 that looks well', json({ token: fakeToken('secret'), user: { id: 'secret' }, session: { id: 'secret' } }, 500)],
    ['a 503', json(null, 503)],
    ['a page with 200', page(200)],
    ['nothing with 200', page(200, '')],
    ['nothing with 204', (_request, response) => void response.writeHead(204).end()],
    ['false', json(false)],
    ['0', json(0)],
    ['an empty word', json('')],
    ['null with 201', json(null, 201)],
    ['an empty object', json({})],
    ['a list', json([])],
    ['a token that is none', json({ token: 'secret', user: 'secret', session: 'secret' })],
    ['half an answer', (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('{"token":"secret', () => response.socket!.destroy())],
    ['a redirect', (_request, response) => void response.writeHead(302, { location: '/elsewhere?secret' }).end()],
    ['a dropped connection', (_request, response) => void response.socket!.destroy()],
    ['silence', () => {}],
  ]

  it.each(failures)('is no sign-out: %s', async (_name, answer) => {
    upstream.answer = answer
    const { getToken, getSession, isAuthenticated } = forRequest(SESSION, { timeoutMs: 300 })
    const results = await Promise.allSettled([getToken(), getSession(), isAuthenticated()])
    expect(results.map(result => (result as PromiseRejectedResult).reason?.code)).toEqual(['TOKEN_REQUEST_FAILED', 'SESSION_REQUEST_FAILED', 'SESSION_REQUEST_FAILED'])
    for (const result of results) {
      const { reason } = result as PromiseRejectedResult
      expect(inspect(reason)).not.toMatch(/secret|s\.1/)
    }
    expect(upstream.requests.map(({ target }) => target).sort()).toEqual(['/api/auth/convex/token', '/api/auth/get-session'])
  })

  it('names what is missing when the endpoint is', async () => {
    upstream.answer = page(404)
    await expect(forRequest(SESSION).getToken()).rejects.toMatchObject({ code: 'TOKEN_ENDPOINT_MISSING', fix: expect.stringContaining('convex()') })
  })

  it('names the system\'s word for it, without what a `fetch` may tell', async () => {
    for (const code of ['ECONNREFUSED', `ECONNREFUSED ${SESSION}`]) {
      const error = Object.assign(new Error(SESSION), { code, request: SESSION })
      const { getToken } = forRequest(SESSION, { fetch: () => Promise.reject(error) })
      const reason = await getToken().catch(error => error)
      expect(reason.why.includes('ECONNREFUSED')).toBe(code === 'ECONNREFUSED')
      expect(inspect(reason)).not.toContain(SESSION)
    }
  })

  it('leaves a token that is about to expire in use', async () => {
    upstream.answer = page(503)
    const token = fakeToken('ada', { lifetimeSeconds: 30 })
    expect(await forRequest(signedIn({ token })).getToken()).toBe(token)
    upstream.answer = json({}, 401)
    expect(await forRequest(signedIn({ token })).getToken()).toBeNull()
  })

  it('leaves no token in use that has expired, or that should not be', async () => {
    upstream.answer = page(503)
    const expired = signedIn({ token: fakeToken('ada', { lifetimeSeconds: -1 }) })
    await expect(forRequest(expired).getToken()).rejects.toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
    const valid = signedIn({ token: fakeToken('ada') })
    await expect(forRequest(valid, { jwtCache: false }).getToken()).rejects.toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
  })
})

describe('the session of a request', () => {
  it('comes without its secret', async () => {
    upstream.answer = json({ user: { id: 'ada', name: 'Ada' }, session: { id: 's1', userId: 'ada', token: 'secret' } })
    const { getSession, isAuthenticated } = forRequest(SESSION)
    expect(await getSession()).toEqual({ user: { id: 'ada', name: 'Ada' }, session: { id: 's1', userId: 'ada' } })
    expect(await isAuthenticated()).toBe(true)
    expect(upstream.requests.map(({ target }) => target)).toEqual(['/api/auth/get-session'])
  })

  it('has the fields that customSession adds beside it', async () => {
    upstream.answer = json({ user: { id: 'ada' }, session: { id: 's1', token: 'secret' }, roles: ['admin'], token: 'secret', id: 'not the id' })
    expect(await forRequest(SESSION).getSession()).toEqual({ user: { id: 'ada' }, session: { id: 's1', roles: ['admin'] } })
  })

  it('is not believed on the word of a cookie that anybody can write', async () => {
    upstream.answer = json(null)
    expect(await forRequest(`better-auth.convex_jwt=${fakeToken('ada')}`).isAuthenticated()).toBe(false)
    expect(await forRequest(`better-auth.convex_jwt=${fakeToken('ada')}; ${SESSION}`).isAuthenticated()).toBe(false)
  })
})

describe('the response', () => {
  it('gets nothing while nobody asked who is there', () => {
    expect([...forRequest(SESSION).responseHeaders()]).toEqual([])
  })

  it('is private and not stored, for nobody too', async () => {
    for (const cookies of ['', signedIn({ token: fakeToken('ada') })]) {
      const { getToken, responseHeaders } = forRequest(cookies)
      await getToken()
      expect(Object.fromEntries(responseHeaders())).toEqual({ 'cache-control': 'private, no-store', 'vary': 'Cookie' })
    }
  })

  it('gets the cookies that Better Auth renewed, each name once, the latest', async () => {
    const cookie = (name: string, value: number): string => `better-auth.${name}=${value}; Path=/; HttpOnly`
    const { getToken, getSession, responseHeaders } = forRequest(SESSION)
    upstream.answer = json({ token: fakeToken('ada') }, 200, { 'set-cookie': [cookie('convex_jwt', 1), cookie('session_token', 1)] })
    await getToken()
    upstream.answer = json({ user: { id: 'ada' }, session: { id: 's' } }, 200, { 'set-cookie': [cookie('convex_jwt', 2)] })
    await getSession()
    expect(responseHeaders().getSetCookie()).toEqual([
      cookie('convex_jwt', 2),
      cookie('session_token', 1),
      `better-auth.convex_jwt_binding=${bindingOf(SESSION, '2')}; Path=/; HttpOnly`,
    ])
  })

  it('gets no cookie that came with something else than an answer of Better Auth', async () => {
    upstream.answer = (_request, response) => void response.writeHead(403, { 'set-cookie': 'firewall=1' }).end('<html>')
    const { getToken, responseHeaders } = forRequest(SESSION)
    await expect(getToken()).rejects.toThrow()
    expect(responseHeaders().getSetCookie()).toEqual([])
  })
})
