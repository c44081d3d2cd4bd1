import type { ConvexServerOptions } from 'convue/server'
import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { makeFunctionReference } from 'convex/server'
import { createConvexServer } from 'convue/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { browserRequest, createAppServer } from '../support/live/app-server.ts'
import { bindingOf, signedIn } from '../support/live/auth-cookies.ts'
import { transports } from '../support/live/auth-transports.ts'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

const query = makeFunctionReference<'query', Record<string, never>, string>('users:whoami')
const mutation = makeFunctionReference<'mutation', Record<string, never>, string>('tasks:add')

const SESSION = 'better-auth.session_token=ada.1'
const SECURE_SESSION = `__Secure-${SESSION}`
const FLAGS = 'Path=/; HttpOnly; SameSite=Lax'

const cached = fakeToken('ada')
const minted = fakeToken('ada')
/** All cookies of another user of the app, who has signed in elsewhere. */
const otherUser = signedIn({ session: 'better-auth.session_token=mallory.1', token: fakeToken('mallory') })
const [otherSession, otherToken, otherBinding] = otherUser.split('; ') as [string, string, string]

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
  upstream.answer = json({ token: minted })
})
afterEach(async () => {
  await upstream.close()
})

type RequestParts = [cookies?: string, headers?: Record<string, string>, options?: Partial<ConvexServerOptions> & { method?: string }]

describe.each(transports)('createConvexServer, with Better Auth $name', ({ optionsFor }) => {
  function forRequest(cookies: string, options: Partial<ConvexServerOptions> = {}) {
    const request = browserRequest(cookies, { 'sec-fetch-site': 'same-origin' })
    return createAppServer({ url: upstream.url, siteUrl: upstream.url }, { ...optionsFor(upstream.url), ...options }).forRequest(request)
  }

  /** The `Set-Cookie`s that the proxy adds to those of a response of Better Auth. */
  async function proxied(setCookies: string[], ...rest: RequestParts): Promise<string[]> {
    return (await answered(setCookies, ...rest)).slice(setCookies.length)
  }

  /** The `Set-Cookie`s of a response of Better Auth after it has passed the proxy. */
  async function answered(setCookies: string[], ...[cookies = '', headers = {}, { method = 'GET', ...options } = {}]: RequestParts): Promise<string[]> {
    upstream.answer = json({}, 200, { 'set-cookie': setCookies })
    const server = createConvexServer({ convexUrl: upstream.url, ...optionsFor(upstream.url), ...options })
    const request = new Request(browserRequest(cookies, headers, 'http://localhost:5173/api/auth/x'), { method })
    const response = await server.handler(request, { address: '127.0.0.1' })
    // The companion cookie has tests of its own.
    return response.headers.getSetCookie().filter(setCookie => !setCookie.includes('convue_store_key'))
  }

  describe('getToken', () => {
    it('returns null if the session cookie is missing, although the token\'s cookie remains', async () => {
      const [, ...left] = signedIn({ session: SESSION, token: cached }).split('; ')
      const { getToken, fetchAuthQuery, fetchAuthMutation, preloadAuthQuery } = forRequest(left.join('; '))
      upstream.answer = json({ status: 'success', value: 'done' })
      expect(await getToken()).toBeNull()
      expect(await fetchAuthQuery(query, {})).toBe('done')
      expect(await preloadAuthQuery(query, {})).toMatchObject({ userId: null })
      expect(await fetchAuthMutation(mutation, {})).toBe('done')
      expect(upstream.requests.map(({ target, headers }) => [target, headers.authorization])).toEqual([
        ['/api/query', undefined],
        ['/api/query', undefined],
        ['/api/mutation', undefined],
      ])
    })

    const token = `better-auth.convex_jwt=${cached}`
    const binding = `better-auth.convex_jwt_binding=${bindingOf(SESSION, cached)}`
    it.each([
      ['a token without a binding', [SESSION, token]],
      ['the binding of another token', [SESSION, token, `better-auth.convex_jwt_binding=${bindingOf(SESSION, minted)}`]],
      ['the binding of another session', [SESSION, token, `better-auth.convex_jwt_binding=${bindingOf(otherSession, cached)}`]],
      ['an empty binding', [SESSION, token, 'better-auth.convex_jwt_binding=']],
      ['a previous user\'s token and binding', [SESSION, otherToken, otherBinding]],
      ['another user\'s token before the user\'s own', [otherToken, SESSION, token, binding]],
      ['another user\'s token after the user\'s own', [SESSION, token, binding, otherToken]],
      ['another user\'s token and binding before the user\'s own', [otherToken, otherBinding, SESSION, token, binding]],
      ['another user\'s token and binding after the user\'s own', [SESSION, token, binding, otherToken, otherBinding]],
      ['another user\'s token with another security prefix', [SESSION, token, binding, `__Secure-${otherToken}`]],
      ['another user\'s token without the security prefix of the session', [SECURE_SESSION, otherToken, otherBinding]],
    ])('requests a new token if the cookies contain %s', async (_name, cookies) => {
      expect(await forRequest(cookies.join('; ')).getToken()).toBe(minted)
      expect(upstream.requests.map(({ target }) => target)).toEqual(['/api/auth/convex/token'])
    })

    it.each(['__Secure-', '__Host-'])('sends both session cookies to Better Auth if only one of them has the prefix %s', async (prefix) => {
      const secure = otherUser.split('; ').map(pair => prefix + pair).join('; ')
      for (const cookies of [`${secure}; ${SESSION}`, `${SESSION}; ${secure}`, `${secure}; ${signedIn({ session: SESSION, token: cached })}`]) {
        upstream.requests.length = 0
        expect(await forRequest(cookies).getToken()).toBe(minted)
        // Better Auth reads only one of these names.
        expect(upstream.requests[0]!.headers.cookie!.split('; ')).toEqual(expect.arrayContaining([SESSION, prefix + otherSession]))
      }
    })

    it('returns null if two session cookies have the same name, and sends Better Auth neither', async () => {
      for (const cookies of [`${otherUser}; ${signedIn({ session: SESSION, token: cached })}`, `${signedIn({ session: SESSION, token: cached })}; ${otherUser}`]) {
        const { getToken, getSession, isAuthenticated } = forRequest(cookies)
        expect([await getToken(), await getSession(), await isAuthenticated()]).toEqual([null, null, false])
        expect(upstream.requests).toEqual([])
        await proxied([], `${cookies}; better-auth.state=1`)
        expect(upstream.requests.splice(0).map(({ headers }) => headers.cookie)).toEqual(['better-auth.state=1'])
      }
    })

    it('returns the cookie\'s token if the Cookie header contains each cookie twice', async () => {
      const cookies = signedIn({ session: SESSION, token: cached })
      expect(await forRequest(`${cookies}; ${cookies}`).getToken()).toBe(cached)
    })
  })

  describe('forRequest › requests to Better Auth', () => {
    it('contain neither the binding nor the session cache, which Better Auth would not verify', async () => {
      const caches = 'better-auth.session_data=x; __Secure-better-auth.session_data.0=y; better-auth.session_data.1=z'
      const others = 'better-auth.dont_remember=true; better-auth.session_token_multi-1=b'
      await proxied([], `${signedIn({ session: SESSION, token: cached })}; ${caches}; ${others}`)
      expect(upstream.requests[0]!.headers.cookie).toBe(`${SESSION}; better-auth.convex_jwt=${cached}; ${others}`)
      upstream.answer = json({ token: minted })
      await forRequest(`${SESSION}; ${caches}`).getToken()
      expect(upstream.requests[1]!.headers.cookie).toBe(SESSION)
    })
  })

  describe('handler', () => {
    const setToken = `better-auth.convex_jwt=${minted}; Max-Age=900; ${FLAGS}`
    const setSession = `better-auth.session_token=ada.2; Max-Age=604800; ${FLAGS}`
    const bound = (session: string): string => `better-auth.convex_jwt_binding=${bindingOf(session, minted)}; Max-Age=900; ${FLAGS}`
    const unbound = `better-auth.convex_jwt_binding=; Max-Age=0; ${FLAGS}`

    describe('a token that Better Auth sets', () => {
      it('is bound to the session of the request', async () => {
        expect(await proxied([setToken], SESSION)).toEqual([bound(SESSION)])
      })

      it('is bound to the session that a sign-in sets', async () => {
        expect(await proxied([setSession, setToken])).toEqual([bound('better-auth.session_token=ada.2')])
        expect(await proxied([setToken, setSession])).toEqual([bound('better-auth.session_token=ada.2')])
      })

      it('is bound to the session of the request if the response sets this session again', async () => {
        expect(await proxied([`${SESSION}; ${FLAGS}`, setToken], SESSION)).toEqual([bound(SESSION)])
      })

      it('is not bound if the response replaces the session: it may belong to the old session', async () => {
        expect(await proxied([setSession, setToken], otherSession)).toEqual([unbound])
      })

      it.each([
        ['authorization', 'Bearer mallory.1'],
        ['better-auth-cookie', otherSession],
      ])('is not bound to the session cookie if the header %s contains a session', async (name, value) => {
        expect(await proxied([setToken], SESSION, { [name]: value })).toEqual([unbound])
        expect(await proxied([setSession, setToken], '', { [name]: value })).toEqual([unbound])
      })

      it('is bound to the session cookie if the Authorization header contains a password', async () => {
        expect(await proxied([setToken], SESSION, { authorization: 'Basic c2VjcmV0' })).toEqual([bound(SESSION)])
      })

      it('is not bound if there are several sessions', async () => {
        expect(await proxied([setToken], `${SESSION}; ${otherSession}`)).toEqual([unbound])
        expect(await proxied([setToken], `${SESSION}; __Secure-${otherSession}`)).toEqual([unbound])
        expect(await proxied([setSession, setToken], '__Secure-better-auth.session_token=ada.1')).toEqual([unbound])
      })

      it('is not bound if there is no session', async () => {
        expect(await proxied([setToken])).toEqual([unbound])
      })
    })

    it('deletes the binding when Better Auth deletes the token', async () => {
      const ends = ['session_token', 'convex_jwt'].map(name => `better-auth.${name}=; Max-Age=0; ${FLAGS}`)
      expect(await proxied(ends, signedIn({ session: SESSION, token: cached }), {}, { method: 'POST' })).toEqual([unbound])
    })

    it('keeps the session cookie if an answer to a GET, which may be late, deletes it', async () => {
      const ends = ['session_token', 'convex_jwt'].map(name => `better-auth.${name}=; Max-Age=0; ${FLAGS}`)
      const tokenEnds = [ends[1]!, unbound]
      for (const method of ['GET', 'HEAD'])
        expect(await answered(ends, SESSION, {}, { method })).toEqual(tokenEnds)
      // A POST is an intended sign-out.
      expect(await answered(ends, SESSION, {}, { method: 'POST' })).toEqual(expect.arrayContaining(ends))
      // The response to a page that the server renders also deletes only the token and its binding.
      upstream.answer = json(null, 200, { 'set-cookie': ends })
      const { getSession, responseHeaders } = forRequest(SESSION)
      expect(await getSession()).toBeNull()
      expect(responseHeaders().getSetCookie()).toEqual(tokenEnds)
    })

    it('passes on a cookie that extends the session of the request', async () => {
      const renewed = `${SESSION}; Max-Age=604800; ${FLAGS}`
      expect(await answered([renewed], SESSION)).toEqual([renewed])
    })

    it('deletes token, binding and session cache if Better Auth sets another session but no token', async () => {
      const caches = 'better-auth.session_data=x; better-auth.session_data.0=y'
      expect(await proxied([setSession, `better-auth.session_data=z; ${FLAGS}`], `${SESSION}; ${caches}`)).toEqual([
        `better-auth.convex_jwt=; Max-Age=0; ${FLAGS}`,
        unbound,
        `better-auth.session_data.0=; Max-Age=0; ${FLAGS}`,
      ])
    })

    it('keeps the token if Better Auth sets the same session again, without a token', async () => {
      expect(await proxied([`${SESSION}; Max-Age=604800; ${FLAGS}`], signedIn({ session: SESSION, token: cached }))).toEqual([])
    })
  })

  describe('forwardedCookies', () => {
    const options = { forwardedCookies: ['sid', '__Secure-sid', 'device'] }
    const cookies = (session: string): string => signedIn({ session, token: cached, prefix: 'better-auth.' })

    it('are sent to Better Auth when a token is requested', async () => {
      expect(await forRequest('sid=a', options).getToken()).toBe(minted)
      expect(upstream.requests[0]!.headers.cookie).toBe('sid=a')
    })

    it('are bound to a token, as the session cookie is', async () => {
      expect(await forRequest(cookies('sid=a'), options).getToken()).toBe(cached)
      expect(await forRequest(cookies('device=1; sid=a'), options).getToken()).toBe(cached)
      expect(upstream.requests).toEqual([])
    })

    it('must all be unchanged, or else getToken requests a new token', async () => {
      const [, , token, binding] = cookies('device=1; sid=a').split('; ')
      for (const rest of ['sid=a', 'device=1', 'device=1; sid=b', 'device=1; sid=a; sid=b', `${SESSION}; device=1; sid=a`])
        expect(await forRequest(`${rest}; ${token}; ${binding}`, options).getToken()).toBe(minted)
      expect(await forRequest(`${token}; ${binding}`, options).getToken()).toBeNull()
    })

    it('make getToken return null if Better Auth finds no session for them', async () => {
      upstream.answer = json({ code: 'UNAUTHORIZED' }, 401)
      const [, , token, binding] = cookies('device=1; sid=a').split('; ')
      expect(await forRequest(`device=1; ${token}; ${binding}`, options).getToken()).toBeNull()
    })

    it('are bound to the token that a response of `handler` sets together with them', async () => {
      const set = [`sid=b; ${FLAGS}`, `better-auth.convex_jwt=${minted}; ${FLAGS}`]
      expect(await proxied(set, '', {}, options)).toEqual([`better-auth.convex_jwt_binding=${bindingOf('sid=b', minted)}; ${FLAGS}`])
      expect(await proxied([`sid=b; ${FLAGS}`], 'sid=a', {}, options)).toEqual([
        `better-auth.convex_jwt=; Max-Age=0; ${FLAGS}`,
        `better-auth.convex_jwt_binding=; Max-Age=0; ${FLAGS}`,
      ])
    })
  })

  describe('getToken, with `jwtCache: false`', () => {
    it('requests a new token although the session has a bound token', async () => {
      expect(await forRequest(signedIn({ session: SESSION, token: cached }), { jwtCache: false }).getToken()).toBe(minted)
    })
  })
})
