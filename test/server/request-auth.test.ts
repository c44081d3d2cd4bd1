import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { browserRequest, createAppServer } from '../support/live/app-server.ts'
import { signedIn } from '../support/live/auth-cookies.ts'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { json, startUpstream } from '../support/scripted/scripted-upstream.ts'

let upstream: ScriptedUpstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await upstream.close()
})

function forRequest(cookies: string, options = {}) {
  return createAppServer({ url: upstream.url, siteUrl: upstream.url }, options).forRequest(browserRequest(cookies))
}

const ada = { user: { id: 'ada' }, session: { id: 'session-of-ada', userId: 'ada' } }

/** Better Auth reports Ada's session, and issues this token. */
function answerWith(token: string | null, session: unknown = ada): void {
  upstream.answer = (request, ...rest) =>
    json(request.target.endsWith('/get-session') ? session : token && { token })(request, ...rest)
}

describe('convexRequest.getAuth', () => {
  it('returns the session and the token of one user, and requests each of them once', async () => {
    const token = fakeToken('ada')
    answerWith(token)
    const { getAuth } = forRequest('better-auth.session_token=s.1')
    expect(await getAuth()).toEqual({ ...ada, token })
    expect(await getAuth()).toEqual({ ...ada, token })
    expect(upstream.requests.map(({ target }) => target).sort()).toEqual(['/api/auth/convex/token', '/api/auth/get-session'])
  })

  it('returns a new token if the cookie contains the token of another user', async () => {
    const token = fakeToken('ada')
    answerWith(token)
    expect(await forRequest(signedIn({ token: fakeToken('bob') })).getAuth()).toEqual({ ...ada, token })
  })

  it('rejects if Better Auth issues another user\'s token', async () => {
    answerWith(fakeToken('bob'))
    await expect(forRequest('better-auth.session_token=s.1').getAuth()).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' })
  })

  it('returns null if there is no session, whatever token the cookie contains', async () => {
    answerWith(null, null)
    expect(await forRequest('app=1').getAuth()).toBeNull()
    expect(await forRequest(signedIn({ token: fakeToken('ada') })).getAuth()).toBeNull()
  })

  it('rejects if Better Auth does not answer', async () => {
    upstream.answer = (_request, response) => void response.writeHead(503).end()
    await expect(forRequest('better-auth.session_token=s.1').getAuth()).rejects.toMatchObject({ code: expect.stringMatching(/REQUEST_FAILED/) })
  })

  it('returns the session with the token null if `tokens` is false', async () => {
    answerWith(null)
    expect(await forRequest('better-auth.session_token=s.1', { tokens: false }).getAuth()).toEqual({ ...ada, token: null })
  })
})

describe('convexRequest.preloadByName', () => {
  it('runs the query with this name, and returns its arguments and its result as JSON', async () => {
    upstream.answer = json({ status: 'success', value: { $integer: 'AQAAAAAAAAA=' } })
    expect(await forRequest('').preloadByName('values:echo', { value: 1n })).toEqual({
      name: 'values:echo',
      args: { value: { $integer: 'AQAAAAAAAAA=' } },
      value: { $integer: 'AQAAAAAAAAA=' },
      userId: null,
    })
    expect(JSON.parse(upstream.requests[0]!.body)).toMatchObject({ path: 'values:echo' })
  })
})
