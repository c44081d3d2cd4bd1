import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { browserRequest, createAppServer } from '../support/live/app-server.ts'
import { bindingOf, signedIn } from '../support/live/auth-cookies.ts'
import { transports } from '../support/live/auth-transports.ts'
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

/** The time limit ends only the request that is never answered, also on a busy machine. */
const timeoutFor = (failure: string): number => failure === 'no answer' ? 1000 : 60_000

describe.each(transports)('forRequest, with Better Auth $name', ({ optionsFor }) => {
  const createServer = (options = {}) => createAppServer(site(), { ...optionsFor(upstream.url), ...options })
  const forRequest = (cookies: string, options = {}) => createServer(options).forRequest(browserRequest(cookies))

  describe('getToken', () => {
    it.each([
      'better-auth.',
      '__Secure-better-auth.',
      '__Host-better-auth.',
    ])('returns the valid token of the cookie %sconvex_jwt without a request', async (prefix) => {
      const token = fakeToken('ada')
      expect(await forRequest(`app=1; ${signedIn({ token, session: `${prefix}session_token=s.1` })}`).getToken()).toBe(token)
      expect(upstream.requests).toEqual([])
    })

    it('reads the cookie with the configured prefix', async () => {
      const token = fakeToken('ada')
      const cookies = signedIn({ token, session: 'shop.session_token=s.1' })
      expect(await forRequest(cookies, { cookiePrefix: 'shop' }).getToken()).toBe(token)
      expect(upstream.requests).toEqual([])
    })

    it.each([
      ['expires within a minute', fakeToken('ada', { lifetimeSeconds: 59 })],
      ['has expired', fakeToken('ada', { lifetimeSeconds: -1 })],
      ['has no expiry', `a.${btoa('{"sub":"ada"}').replace(/=/g, '')}.signature`],
      ['has an invalid expiry', `a.${btoa('{"sub":"ada","iat":1,"exp":"never"}').replace(/=/g, '')}.signature`],
      ['is not a JWT', 'garbage'],
      ['contains a character that a header cannot contain', `\u00E4.${fakeToken('ada').split('.')[1]}.signature`],
      ['is followed by other text', `${fakeToken('ada')} x`],
      ['is empty', ''],
    ])('requests a token if the cookie\'s token %s', async (_name, stale) => {
      const fresh = fakeToken('ada')
      upstream.answer = json({ token: fresh })
      expect(await forRequest(signedIn({ token: stale })).getToken()).toBe(fresh)
      expect(upstream.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(['GET /api/auth/convex/token'])
    })

    it('requests a token below `basePath` if the cookie\'s token is too old for `jwtCache`', async () => {
      const fresh = fakeToken('ada')
      upstream.answer = json({ token: fresh })
      const cookies = signedIn({ token: fakeToken('ada', { lifetimeSeconds: 800 }) })
      expect(await forRequest(cookies, { basePath: 'auth/v2/', jwtCache: { marginMs: 810_000 } }).getToken()).toBe(fresh)
      expect(upstream.requests[0]!.target).toBe('/auth/v2/convex/token')
      expect(await forRequest(cookies, { jwtCache: false }).getToken()).toBe(fresh)
      expect(await forRequest(cookies, { jwtCache: { marginMs: 700_000 } }).getToken()).not.toBe(fresh)
    })

    it('requests a token at `tokenPath`, which the error for 404 names with the usual other path', async () => {
      const token = fakeToken('ada')
      upstream.answer = json({ token })
      expect(await forRequest(SESSION, { tokenPath: 'token' }).getToken()).toBe(token)
      expect(upstream.requests[0]!.target).toBe('/api/auth/token')
      upstream.answer = json({ message: 'Not Found' }, 404)
      await expect(forRequest(SESSION, { tokenPath: '/token' }).getToken()).rejects.toMatchObject({
        code: 'TOKEN_ENDPOINT_MISSING',
        why: expect.stringContaining('endpoint /token'),
        fix: expect.stringMatching(/such as \/convex\/token, .*`tokenPath`/),
      })
      await expect(forRequest(SESSION).getToken()).rejects.toMatchObject({ fix: expect.stringContaining('such as /token,') })
    })

    it('requests one token for several calls at once', async () => {
      upstream.answer = json({ token: fakeToken('ada') })
      const { getToken } = forRequest(SESSION)
      const tokens = await Promise.all([getToken(), getToken(), getToken()])
      expect(new Set(tokens).size).toBe(1)
      expect(await getToken()).toBe(tokens[0])
      expect(upstream.requests).toHaveLength(1)
    })

    it('sends only the auth cookies and the app\'s address to the token endpoint', async () => {
      upstream.answer = json({ token: fakeToken('ada') })
      await createServer().forRequest(browserRequest(`app=secret; ${SESSION}`, { 'authorization': 'Basic c2VjcmV0', 'x-forwarded-host': 'evil.example', 'x-internal': 'secret', 'host': 'evil.example' })).getToken()
      const { headers } = upstream.requests[0]!
      expect(headers).toMatchObject({ 'cookie': SESSION, 'host': new URL(upstream.url).host, 'x-better-auth-forwarded-host': 'localhost:5173', 'x-forwarded-proto': 'http' })
      expect(JSON.stringify(headers)).not.toMatch(/secret|c2VjcmV0|evil/)
    })
  })

  describe('identity', () => {
    describe('a request', () => {
      it('is anonymous without a session cookie, and causes no request to Better Auth', async () => {
        for (const cookies of ['', 'app=1', 'better-auth.last_used_login_method=email', `better-auth.convex_jwt=${fakeToken('ada', { lifetimeSeconds: -1 })}`]) {
          const { getToken, getSession, isAuthenticated } = forRequest(cookies)
          expect([await getToken(), await getSession(), await isAuthenticated()]).toEqual([null, null, false])
        }
        expect(upstream.requests).toEqual([])
      })

      it('is anonymous if Better Auth answers with a 401 and a JSON object', async () => {
        upstream.answer = json({ code: 'UNAUTHORIZED', message: 'Unauthorized' }, 401)
        const { getToken, getSession, isAuthenticated } = forRequest(SESSION)
        expect([await getToken(), await getSession(), await isAuthenticated()]).toEqual([null, null, false])
      })

      it('is anonymous if get-session answers null', async () => {
        upstream.answer = json(null)
        const { getSession, isAuthenticated } = forRequest(SESSION)
        expect([await getSession(), await isAuthenticated()]).toEqual([null, false])
      })
    })

    describe('a failed request to Better Auth', () => {
      const failures: [string, ScriptedUpstream['answer']][] = [
        ['a firewall\'s 401', page(401)],
        ['a 401 with null', json(null, 401)],
        ['a 401 with a list', json([], 401)],
        ['a 401 with a string', json('Unauthorized', 401)],
        ['an empty 401', page(401, '')],
        ['a firewall\'s 403', page(403)],
        ['a 403 with JSON', json({ code: 'FORBIDDEN' }, 403)],
        ['a 408', json({}, 408)],
        ['a 429', json({ message: 'secret' }, 429)],
        ['a 500 page', page(500, 'Error: BETTER_AUTH_SECRET=secret')],
        ['a 500 with the body of a success', json({ token: fakeToken('secret'), user: { id: 'secret' }, session: { id: 'secret' } }, 500)],
        ['a 503', json(null, 503)],
        ['a page with 200', page(200)],
        ['an empty 200', page(200, '')],
        ['an empty 204', (_request, response) => void response.writeHead(204).end()],
        ['the JSON value false', json(false)],
        ['the JSON value 0', json(0)],
        ['the JSON value ""', json('')],
        ['null with 201', json(null, 201)],
        ['an empty object', json({})],
        ['a list', json([])],
        ['a token that is not a JWT', json({ token: 'secret', user: 'secret', session: 'secret' })],
        ['half an answer', (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('{"token":"secret', () => response.socket!.destroy())],
        ['a redirect', (_request, response) => void response.writeHead(302, { location: '/elsewhere?secret' }).end()],
        ['a dropped connection', (_request, response) => void response.socket!.destroy()],
        ['no answer', () => {}],
      ]

      it.each(failures)('does not sign the user out: %s', async (failure, answer) => {
        upstream.answer = answer
        const { getToken, getSession, isAuthenticated } = forRequest(SESSION, { timeoutMs: timeoutFor(failure) })
        const results = await Promise.allSettled([getToken(), getSession(), isAuthenticated()])
        expect(results.map(result => (result as PromiseRejectedResult).reason?.code)).toEqual(['TOKEN_REQUEST_FAILED', 'SESSION_REQUEST_FAILED', 'SESSION_REQUEST_FAILED'])
        for (const result of results) {
          const { reason } = result as PromiseRejectedResult
          expect(inspect(reason)).not.toMatch(/secret|s\.1/)
        }
        expect(upstream.requests.map(({ target }) => target).sort()).toEqual(['/api/auth/convex/token', '/api/auth/get-session'])
      })

      it('causes an error that names the plugins to add if the token endpoint is missing', async () => {
        upstream.answer = page(404)
        await expect(forRequest(SESSION).getToken()).rejects.toMatchObject({ code: 'TOKEN_ENDPOINT_MISSING', fix: expect.stringContaining('convex()') })
      })

      it('does not prevent the use of a token that expires soon', async () => {
        upstream.answer = page(503)
        const token = fakeToken('ada', { lifetimeSeconds: 30 })
        expect(await forRequest(signedIn({ token })).getToken()).toBe(token)
        upstream.answer = json({}, 401)
        expect(await forRequest(signedIn({ token })).getToken()).toBeNull()
      })

      it('causes getToken to reject if the token has expired or `jwtCache` is false', async () => {
        upstream.answer = page(503)
        const expired = signedIn({ token: fakeToken('ada', { lifetimeSeconds: -1 }) })
        await expect(forRequest(expired).getToken()).rejects.toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
        const valid = signedIn({ token: fakeToken('ada') })
        await expect(forRequest(valid, { jwtCache: false }).getToken()).rejects.toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
      })
    })
  })

  describe('getSession', () => {
    it('returns the session without its secret', async () => {
      upstream.answer = json({ user: { id: 'ada', name: 'Ada' }, session: { id: 's1', userId: 'ada', token: 'secret' } })
      const { getSession, isAuthenticated } = forRequest(SESSION)
      expect(await getSession()).toEqual({ user: { id: 'ada', name: 'Ada' }, session: { id: 's1', userId: 'ada' } })
      expect(await isAuthenticated()).toBe(true)
      expect(upstream.requests.map(({ target }) => target)).toEqual(['/api/auth/get-session'])
    })

    it('includes the fields that customSession adds', async () => {
      upstream.answer = json({ user: { id: 'ada' }, session: { id: 's1', token: 'secret' }, roles: ['admin'], token: 'secret', id: 'not the id' })
      expect(await forRequest(SESSION).getSession()).toEqual({ user: { id: 'ada' }, session: { id: 's1', roles: ['admin'] } })
    })

    it('does not trust the token cookie, which any client can write', async () => {
      upstream.answer = json(null)
      expect(await forRequest(`better-auth.convex_jwt=${fakeToken('ada')}`).isAuthenticated()).toBe(false)
      expect(await forRequest(`better-auth.convex_jwt=${fakeToken('ada')}; ${SESSION}`).isAuthenticated()).toBe(false)
    })
  })

  describe('responseHeaders', () => {
    it('are empty until the identity is requested', () => {
      expect([...forRequest(SESSION).responseHeaders()]).toEqual([])
    })

    it('keep the response out of caches, for anonymous requests too', async () => {
      for (const cookies of ['', signedIn({ token: fakeToken('ada') })]) {
        const { getToken, responseHeaders } = forRequest(cookies)
        await getToken()
        expect(Object.fromEntries(responseHeaders())).toEqual({ 'cache-control': 'private, no-store', 'vary': 'Cookie' })
      }
    })

    it('contain the latest cookie of each name that Better Auth has renewed', async () => {
      const cookie = (name: string, value: number): string => `better-auth.${name}=${value}; Path=/; HttpOnly`
      const { getToken, getSession, responseHeaders } = forRequest(SESSION)
      upstream.answer = json({ token: fakeToken('ada') }, 200, { 'set-cookie': [cookie('convex_jwt', 1), cookie('session_token', 1)] })
      await getToken()
      upstream.answer = json({ user: { id: 'ada' }, session: { id: 's' } }, 200, { 'set-cookie': [cookie('convex_jwt', 2)] })
      await getSession()
      // The companion cookie has tests of its own.
      expect(responseHeaders().getSetCookie().filter(setCookie => !setCookie.includes('convue_store_key'))).toEqual([
        cookie('convex_jwt', 2),
        cookie('session_token', 1),
        `better-auth.convex_jwt_binding=${bindingOf(SESSION, '2')}; Path=/; HttpOnly`,
      ])
    })

    it('contain no cookie of an answer that is not Better Auth\'s', async () => {
      upstream.answer = (_request, response) => void response.writeHead(403, { 'set-cookie': 'firewall=1' }).end('<html>')
      const { getToken, responseHeaders } = forRequest(SESSION)
      await expect(getToken()).rejects.toThrow()
      expect(responseHeaders().getSetCookie()).toEqual([])
    })
  })
})

describe('getToken, with a `fetch` that fails', () => {
  it('rejects with the system\'s error code, without the text of the error of `fetch`', async () => {
    for (const code of ['ECONNREFUSED', `ECONNREFUSED ${SESSION}`]) {
      const error = Object.assign(new Error(SESSION), { code, request: SESSION })
      const { getToken } = createAppServer(site(), { fetch: () => Promise.reject(error) }).forRequest(browserRequest(SESSION))
      const reason = await getToken().catch(error => error)
      expect(reason.why.includes('ECONNREFUSED')).toBe(code === 'ECONNREFUSED')
      expect(inspect(reason)).not.toContain(SESSION)
    }
  })
})
