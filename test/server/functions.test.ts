import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { inspect } from 'node:util'
import { makeFunctionReference } from 'convex/server'
import { ConvexError } from 'convex/values'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { browserRequest, createAppServer } from '../support/live/app-server.ts'
import { signedIn } from '../support/live/auth-cookies.ts'
import { fakeToken, subjectOf } from '../support/scripted/fake-token.ts'
import { json, page, startUpstream } from '../support/scripted/scripted-upstream.ts'

const query = makeFunctionReference<'query', Record<string, unknown>, unknown>('tasks:list')
const mutation = makeFunctionReference<'mutation', Record<string, unknown>, unknown>('tasks:add')
const action = makeFunctionReference<'action', Record<string, unknown>, unknown>('tasks:run')
const SESSION = 'better-auth.session_token=s.1'

type AnyCall = (reference: unknown, args: unknown) => Promise<any>

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  vi.useRealTimers()
  await upstream.close()
})

const forRequest = (cookies: string, options = {}) => createAppServer({ url: upstream.url, siteUrl: upstream.url }, options).forRequest(browserRequest(cookies, { 'sec-fetch-site': 'same-origin' }))
const bearers = (): (string | undefined)[] => upstream.requests.filter(({ target }) => target.startsWith('/api/') && !target.startsWith('/api/auth')).map(({ headers }) => headers.authorization?.replace('Bearer ', ''))
const REFUSED = { code: 'Unauthenticated', message: 'Could not verify token: secret' }

/** Functions return `answer`; the token endpoint returns `token`, or a 401 if it is `null`. */
function script(answer: ScriptedUpstream['answer'], token: string | null = null): void {
  upstream.answer = (request, response, incoming) => {
    const isAuth = request.target.startsWith('/api/auth/')
    return (isAuth ? token ? json({ token }) : json({ code: 'UNAUTHORIZED' }, 401) : answer)(request, response, incoming)
  }
}

/** Rejects every token except one. */
function accept(token: string | undefined): ScriptedUpstream['answer'] {
  return (request, response, incoming) => {
    const isAccepted = request.headers.authorization === (token && `Bearer ${token}`)
    return (isAccepted ? json({ status: 'success', value: 'done', logLines: [] }) : json(REFUSED, 401))(request, response, incoming)
  }
}

describe('forRequest', () => {
  describe('calls of one request', () => {
    it('run in parallel with one token', async () => {
      const token = fakeToken('ada')
      const waiting: (() => void)[] = []
      script((request, response, incoming) => {
        waiting.push(() => void json({ status: 'success', value: JSON.parse(request.body).args[0].n })(request, response, incoming))
        if (waiting.length === 5)
          waiting.splice(0).forEach(answer => answer())
      }, token)
      const { fetchAuthQuery } = forRequest(SESSION)
      expect(await Promise.all([1, 2, 3, 4, 5].map(n => fetchAuthQuery(query, { n })))).toEqual([1, 2, 3, 4, 5])
      expect(bearers()).toEqual(Array.from({ length: 5 }).fill(token))
      expect(upstream.requests.filter(({ target }) => target === '/api/auth/convex/token')).toHaveLength(1)
    })

    it('leave no timer behind', async () => {
      vi.useFakeTimers()
      const answering: typeof fetch = async () => Response.json({ token: fakeToken('ada'), status: 'success', value: 1 })
      expect(await forRequest(SESSION, { fetch: answering }).fetchAuthQuery(query, {})).toBe(1)
      expect(vi.getTimerCount()).toBe(0)
    })

    it('send no cookie and no other header of the browser\'s request', async () => {
      script(json({ status: 'success', value: null }))
      await forRequest(`${SESSION}; app=1`).fetchAuthQuery(query, {})
      const { headers } = upstream.requests.find(({ target }) => target === '/api/query')!
      expect(headers).not.toHaveProperty('cookie')
      expect(headers).not.toHaveProperty('authorization')
    })

    it('are encoded like the calls of Convex\'s own client', async () => {
      script(json({ status: 'success' }))
      expect(await forRequest('').fetchAuthQuery(query, { n: 1n, unset: undefined })).toBeNull()
      expect(JSON.parse(upstream.requests[0]!.body)).toEqual({ path: 'tasks:list', format: 'convex_encoded_json', args: [{ n: { $integer: 'AQAAAAAAAAA=' } }] })
    })
  })

  describe('a cookie\'s token that the deployment rejects', () => {
    const stale = fakeToken('ada')
    const cookies = signedIn({ token: stale })

    it.each(['fetchAuthQuery', 'fetchAuthMutation', 'fetchAuthAction'] as const)('is replaced once by a new token: %s', async (method) => {
      const fresh = fakeToken('ada')
      script(accept(fresh), fresh)
      const reference = { fetchAuthQuery: query, fetchAuthMutation: mutation, fetchAuthAction: action }[method]
      expect(await (forRequest(cookies)[method] as AnyCall)(reference, {})).toBe('done')
      expect(bearers()).toEqual([stale, fresh])
    })

    it('is replaced with one token request for all calls', async () => {
      const fresh = fakeToken('ada')
      script(accept(fresh), fresh)
      const { fetchAuthQuery, getToken } = forRequest(cookies)
      expect(await Promise.all([fetchAuthQuery(query, {}), fetchAuthQuery(query, {}), fetchAuthQuery(query, {})])).toEqual(['done', 'done', 'done'])
      expect(await getToken()).toBe(fresh)
      expect(upstream.requests.filter(({ target }) => target === '/api/auth/convex/token')).toHaveLength(1)
      expect(await fetchAuthQuery(query, {})).toBe('done')
      expect(bearers().slice(6)).toEqual([fresh])
    })

    it('is not replaced again if the deployment rejects the new token too', async () => {
      script(json(REFUSED, 401), fakeToken('ada', { claims: { iss: 'https://elsewhere.example' } }))
      const error = await forRequest(cookies).fetchAuthQuery(query, {}).catch(error => error)
      expect(error).toMatchObject({ code: 'TOKEN_REJECTED', why: 'The deployment rejected the token, whose issuer is "https://elsewhere.example" and whose audience is missing.' })
      expect(inspect(error)).not.toMatch(/secret|eyJ/)
      expect(bearers()).toHaveLength(2)
    })

    it('causes calls to run anonymously if the session has ended', async () => {
      script(accept(undefined))
      expect(await forRequest(cookies).fetchAuthQuery(query, {})).toBe('done')
      expect(bearers()).toEqual([stale, undefined])
    })

    it('causes calls to reject if the request for another token fails', async () => {
      upstream.answer = (request, ...rest) => (request.target.startsWith('/api/auth') ? page(503) : json(REFUSED, 401))(request, ...rest)
      await expect(forRequest(cookies).fetchAuthQuery(query, {})).rejects.toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
      expect(bearers()).toEqual([stale])
    })

    it('is not replaced by another user\'s token after a call ran as the first user', async () => {
      const other = fakeToken('grace')
      script(accept(stale), other)
      const { fetchAuthQuery } = forRequest(cookies)
      expect(await fetchAuthQuery(query, {})).toBe('done')
      script(accept(other), other)
      await expect(fetchAuthQuery(query, {})).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' })
      expect(bearers()).toEqual([stale, stale])
    })

    it('causes an earlier call to reject if a later call has run as another user', async () => {
      const other = fakeToken('grace')
      let answerLate = (): void => {}
      script((request, ...rest) => {
        const { name } = JSON.parse(request.body).args[0]
        if (name === 'late')
          answerLate = () => void json({ status: 'success', value: 'of ada' })(request, ...rest)
        else
          void accept(other)(request, ...rest)
      }, other)
      const { fetchAuthQuery } = forRequest(cookies)
      const late = fetchAuthQuery(query, { name: 'late' })
      expect(await fetchAuthQuery(query, { name: 'refused' })).toBe('done')
      answerLate()
      await expect(late).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' })
    })

    it('causes a call to reject without a second token request if the first one has failed', async () => {
      upstream.answer = (request, ...rest) => (request.target.startsWith('/api/auth') ? page(503) : json(REFUSED, 401))(request, ...rest)
      const aging = signedIn({ token: fakeToken('ada', { lifetimeSeconds: 30 }) })
      await expect(forRequest(aging).fetchAuthQuery(query, {})).rejects.toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
      expect(upstream.requests.map(({ target }) => target)).toEqual(['/api/auth/convex/token', '/api/query'])
    })
  })

  describe('session and token of one request', () => {
    const cookies = signedIn({ token: fakeToken('ada', { sessionId: 'a1' }) })
    const sessionOf = (user: string, id: string) => ({ user: { id: user }, session: { id, userId: user } })

    /**
     * Better Auth returns this session and this token; functions return the subject of the token they
     * received.
     */
    function scriptAuth(session: unknown, token: string | null): void {
      upstream.answer = (request, ...rest) => {
        const { target, headers } = request
        if (target.endsWith('/get-session'))
          return json(session)(request, ...rest)
        if (target.endsWith('/convex/token'))
          return (token ? json({ token }) : json({ code: 'UNAUTHORIZED' }, 401))(request, ...rest)
        const bearer = headers.authorization?.slice('Bearer '.length)
        return json({ status: 'success', value: bearer ? subjectOf(bearer) : 'anonymous' })(request, ...rest)
      }
    }

    it('are used without a token request if they belong to the same user and session', async () => {
      scriptAuth(sessionOf('ada', 'a1'), null)
      const { getSession, getToken, fetchAuthQuery } = forRequest(cookies)
      await Promise.all([getSession(), getToken()])
      expect(await fetchAuthQuery(query, {})).toBe('ada')
      expect(upstream.requests.map(({ target }) => target)).toEqual(['/api/auth/get-session', '/api/query'])
    })

    it('are used if they belong to the same user and the token contains no session id', async () => {
      const [header, , signature] = fakeToken('ada').split('.')
      const claims = btoa(JSON.stringify({ sub: 'ada', exp: Math.floor(Date.now() / 1000) + 900 })).replace(/=/g, '')
      scriptAuth(sessionOf('ada', 'a1'), null)
      const { getSession, fetchAuthQuery } = forRequest(signedIn({ token: [header, claims, signature].join('.') }))
      await getSession()
      expect(await fetchAuthQuery(query, {})).toBe('ada')
    })

    it.each([
      ['user', sessionOf('grace', 'a1'), fakeToken('grace', { sessionId: 'a1' })],
      ['session', sessionOf('ada', 'a2'), fakeToken('ada', { sessionId: 'a2' })],
    ])('cause one request for a new token if their %s differs', async (_name, session, token) => {
      scriptAuth(session, token)
      for (const isTokenFirst of [false, true]) {
        upstream.requests.length = 0
        const { getSession, getToken, fetchAuthQuery } = forRequest(cookies)
        if (isTokenFirst)
          await getToken()
        await getSession()
        expect(await Promise.all([getToken(), getToken()])).toEqual([token, token])
        expect(await fetchAuthQuery(query, {})).toBe(session.user.id)
        expect(upstream.requests.filter(({ target }) => target.endsWith('/convex/token'))).toHaveLength(1)
      }
    })

    it('cause calls to reject, and no function to run, if the new token differs too', async () => {
      scriptAuth(sessionOf('grace', 'g1'), fakeToken('ada', { sessionId: 'a1' }))
      for (const { getSession, getToken, fetchAuthQuery, fetchAuthMutation } of [forRequest(cookies), forRequest(SESSION)]) {
        upstream.requests.length = 0
        await getSession()
        const results = await Promise.allSettled([getToken(), fetchAuthQuery(query, {}), fetchAuthMutation(mutation, {})])
        for (const result of results)
          expect(result).toMatchObject({ status: 'rejected', reason: { code: 'IDENTITY_CHANGED' } })
        expect(upstream.requests.map(({ target }) => target)).toEqual(['/api/auth/get-session', '/api/auth/convex/token'])
      }
    })

    it('are null, and calls run anonymously, once get-session has answered null', async () => {
      scriptAuth(null, null)
      const { getSession, getToken, fetchAuthQuery } = forRequest(cookies)
      expect(await getSession()).toBeNull()
      expect(await getToken()).toBeNull()
      expect(await fetchAuthQuery(query, {})).toBe('anonymous')
      expect(upstream.requests.map(({ target }) => target)).toEqual(['/api/auth/get-session', '/api/query'])
    })

    it('cause calls to reject if Better Auth has a session but returns no token for it', async () => {
      scriptAuth(sessionOf('ada', 'a1'), null)
      const { getSession, fetchAuthQuery } = forRequest(SESSION)
      await getSession()
      await expect(fetchAuthQuery(query, {})).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' })
    })

    it('are not compared if the session could not be determined', async () => {
      scriptAuth(sessionOf('ada', 'a1'), null)
      const answer = upstream.answer
      upstream.answer = (request, ...rest) => (request.target.endsWith('/get-session') ? page(503) : answer)(request, ...rest)
      const { getSession, fetchAuthQuery } = forRequest(cookies)
      await expect(getSession()).rejects.toMatchObject({ code: 'SESSION_REQUEST_FAILED' })
      expect(await fetchAuthQuery(query, {})).toBe('ada')
    })

    it('cause a running query to reject if the session turns out to be another user\'s', async () => {
      scriptAuth(sessionOf('grace', 'g1'), fakeToken('grace', { sessionId: 'g1' }))
      const answer = upstream.answer
      let answerLate = (): void => {}
      upstream.answer = (request, ...rest) => {
        if (request.target !== '/api/query')
          return answer(request, ...rest)
        answerLate = () => void answer(request, ...rest)
      }
      const { getSession, fetchAuthQuery } = forRequest(cookies)
      const early = fetchAuthQuery(query, {})
      await eventually(() => upstream.requests.length).toBe(1)
      await getSession()
      answerLate()
      await expect(early).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' })
    })
  })

  describe('a new token that the deployment rejects', () => {
    it('causes the call to reject, and is not sent again', async () => {
      script(json(REFUSED, 401), fakeToken('ada'))
      await expect(forRequest(SESSION).fetchAuthMutation(mutation, {})).rejects.toMatchObject({ code: 'TOKEN_REJECTED' })
      expect(bearers()).toHaveLength(1)
    })
  })

  describe('an anonymous call that the deployment rejects', () => {
    it('is not reported as a rejected token', async () => {
      script(json(REFUSED, 401))
      await expect(forRequest('').fetchAuthQuery(query, {})).rejects.toMatchObject({ code: 'FUNCTION_REQUEST_FAILED' })
    })
  })

  describe('a call that fails for another reason than its token', () => {
    const cookies = signedIn({ token: fakeToken('ada') })
    const failures: [string, ScriptedUpstream['answer'], unknown][] = [
      ['the function throws', json({ status: 'error', errorMessage: 'Uncaught Error: no', logLines: [] }, 560), { message: 'Uncaught Error: no' }],
      ['the function throws a ConvexError', json({ status: 'error', errorMessage: 'Uncaught ConvexError', errorData: { code: 'UNAUTHENTICATED', n: { $integer: 'AwAAAAAAAAA=' } } }, 560), { data: { code: 'UNAUTHENTICATED', n: 3n }, message: 'Uncaught ConvexError' }],
      ['the deployment refuses the arguments', json({ code: 'BadRequest', message: 'secret' }, 400), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['a firewall\'s 401', page(401), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['a firewall\'s 403', page(403, 'secret'), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['a 500 with JSON', json({ code: 'InternalServerError', message: 'secret' }, 500), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['a 500 with the body of a success', json({ status: 'success', value: 'secret' }, 500), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['a 503 page', page(503, 'secret'), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['a page with 200', page(200, 'secret'), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['an answer in another form', json({ status: 'secret' }), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['a redirect', (_request, response) => void response.writeHead(307, { location: 'https://secret.example/' }).end(), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['a dropped connection', (_request, response) => void response.socket!.destroy(), { code: 'FUNCTION_REQUEST_FAILED' }],
      ['no answer', () => {}, { code: 'FUNCTION_REQUEST_FAILED' }],
    ]

    it.each(failures)('is not sent again: %s', async (failure, answer, expected) => {
      script(answer, fakeToken('ada'))
      // The time limit ends only the request that is never answered, also on a busy machine.
      const timeoutMs = failure === 'no answer' ? 1000 : 60_000
      for (const [method, reference] of [['fetchAuthQuery', query], ['fetchAuthMutation', mutation]] as const) {
        upstream.requests.length = 0
        const error = await (forRequest(cookies, { timeoutMs })[method] as AnyCall)(reference, {}).catch(error => error)
        expect(error).toMatchObject(expected as object)
        expect(error).toBeInstanceOf((expected as any).data ? ConvexError : Error)
        expect(inspect(error)).not.toMatch(/secret|eyJ/)
        expect(upstream.requests).toHaveLength(1)
      }
    })
  })

  describe('an action', () => {
    it('has no time limit', async () => {
      let finish = (): void => {}
      script((...exchange) => {
        finish = () => void json({ status: 'success', value: 'late' })(...exchange)
      })
      const cookies = signedIn({ token: fakeToken('ada') })
      const { fetchAuthAction, fetchAuthQuery } = forRequest(cookies, { timeoutMs: 100 })
      const running = fetchAuthAction(action, {})
      await eventually(() => upstream.requests.length).toBe(1)
      const finishAction = finish
      await expect(fetchAuthQuery(query, {})).rejects.toMatchObject({ code: 'FUNCTION_REQUEST_FAILED' })
      finishAction()
      expect(await running).toBe('late')
    })
  })

  describe('a call that cannot be encoded', () => {
    it('rejects without a token request', async () => {
      const { fetchAuthQuery } = forRequest(SESSION)
      await expect(fetchAuthQuery({} as any)).rejects.toMatchObject({ code: 'FUNCTION_INVALID' })
      await expect(fetchAuthQuery(query, { when: new Date() })).rejects.toMatchObject({ code: 'ARGS_INVALID' })
      expect(upstream.requests).toEqual([])
    })
  })

  describe('arguments and results with keys such as `__proto__`', () => {
    it('are passed on as data', async () => {
      script(json({ status: 'success', value: JSON.parse('{"__proto__":{"isAdmin":true},"html":"</script>\u2028"}') }))
      const { fetchAuthQuery, preloadAuthQuery } = forRequest('')
      const value = await fetchAuthQuery(query, {}) as any
      expect(value.html).toBe('</script>\u2028')
      expect(({} as any).isAdmin).toBeUndefined()
      expect((await preloadAuthQuery(query, JSON.parse('{"x":1}'))).args).toEqual({ x: 1 })
    })
  })
})

describe('createConvexServer({ tokens: false })', () => {
  it.each([[true], [false]])('reads the session, and runs calls anonymously (reads the session first: %s)', async (isSessionFirst) => {
    upstream.answer = (request, response, incoming) => {
      if (request.target === '/api/auth/get-session')
        return json({ user: { id: 'ada' }, session: { id: 's1', userId: 'ada', token: 'secret' } })(request, response, incoming)
      const isFunction = /^\/api\/(?:query|mutation)$/.test(request.target)
      return (isFunction ? json({ status: 'success', value: 'done' }) : json({}, 404))(request, response, incoming)
    }
    const cookies = signedIn({ token: fakeToken('ada') })
    const { getSession, isAuthenticated, getToken, fetchAuthQuery, fetchAuthMutation, preloadAuthQuery, responseHeaders } = forRequest(cookies, { tokens: false })
    const ask = async (): Promise<void> => {
      expect(await getSession()).toMatchObject({ user: { id: 'ada' }, session: { id: 's1' } })
      expect(await isAuthenticated()).toBe(true)
      expect(responseHeaders().get('cache-control')).toContain('no-store')
    }
    if (isSessionFirst)
      await ask()
    expect(await fetchAuthQuery(query, {})).toBe('done')
    expect(await fetchAuthMutation(mutation, {})).toBe('done')
    expect(await preloadAuthQuery(query, {})).toMatchObject({ userId: null })
    expect(await getToken()).toBeNull()
    await ask()
    expect(bearers()).toEqual([undefined, undefined, undefined])
    expect(upstream.requests.filter(({ target }) => target.startsWith('/api/auth/')).map(({ target }) => target)).toEqual(['/api/auth/get-session'])
  })
})
