import type { SessionSnapshot, TokenOutcome, TokenSource } from '../../../src/token/token-source.ts'
import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { betterAuthSource } from '../../../src/token/better-auth-source.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'

/** Answers the requests of one path in order. The last answer is repeated. */
type Answer = () => Response | Promise<Response>

function json(body: unknown, init: ResponseInit = {}): Answer {
  return () =>
    new Response(JSON.stringify(body), { ...init, headers: { 'content-type': 'application/json', ...init.headers as Record<string, string> } })
}
function html(status: number, headers: Record<string, string> = {}): Answer {
  return () =>
    new Response('<!doctype html><title>Just a moment...</title>', { status, headers: { 'content-type': 'text/html', ...headers } })
}
const empty = (status: number, headers: Record<string, string> = {}): Answer => () => new Response(status === 204 ? null : '', { status, headers })
const networkError: Answer = () => Promise.reject(new TypeError('Failed to fetch'))

const UNAUTHORIZED = { code: 'UNAUTHORIZED', message: 'Unauthorized' }

function sessionOf(userId: string, sessionId = `session-of-${userId}`): object {
  return {
    user: { id: userId, name: userId, email: `${userId}@example.com`, createdAt: '2026-01-01T00:00:00.000Z' },
    session: { id: sessionId, userId, token: 'secret-cookie-value', expiresAt: '2036-01-01T00:00:00.000Z' },
  }
}

/** The real client of Better Auth over a scripted `fetch`. */
function createSource(answers: { session?: Answer[], token?: Answer[], signOut?: Answer[] } = {}, fetchOptions: object = {}, tokenPath?: string) {
  const scripts: Record<string, Answer[]> = {
    '/get-session': [...answers.session ?? [json(null)]],
    [tokenPath ?? '/convex/token']: [...answers.token ?? [json(UNAUTHORIZED, { status: 401 })]],
    '/sign-out': [...answers.signOut ?? [json({ success: true })]],
  }
  const requests: { path: string, method: string | undefined, signal: AbortSignal | null | undefined }[] = []
  const client = createAuthClient({
    baseURL: 'https://app.example.com/api/auth',
    plugins: [convexClient()],
    fetchOptions: {
      ...fetchOptions,
      customFetchImpl: async (input, init) => {
        const path = new URL(String(input)).pathname.replace('/api/auth', '')
        requests.push({ path, method: init?.method, signal: init?.signal })
        const script = scripts[path]!
        const answer = script.length > 1 ? script.shift()! : script[0]!
        return await answer()
      },
    },
  })
  const source: Required<TokenSource> = betterAuthSource(client, tokenPath) as Required<TokenSource>
  const pathsOf = (): string[] => requests.map(({ path }) => path)
  return { client, source, requests, paths: pathsOf }
}

const request = { signal: new AbortController().signal }
const cleanups: (() => void)[] = []
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  for (const cleanup of cleanups.splice(0))
    cleanup()
  vi.useRealTimers()
})

/** All snapshots that a subscriber receives until all requests are answered. */
async function listen(source: TokenSource): Promise<SessionSnapshot[]> {
  const snapshots: SessionSnapshot[] = []
  cleanups.push(source.subscribe(snapshot => snapshots.push(snapshot)))
  await vi.advanceTimersByTimeAsync(100)
  return snapshots
}

function fetchToken(source: TokenSource, signal: AbortSignal = new AbortController().signal): Promise<TokenOutcome> {
  return source.fetchToken({ force: false, signal })
}

describe('betterAuthSource', () => {
  describe('a client that is not a Better Auth client', () => {
    it.each([{}, { $fetch: () => {} }, { $store: {} }, { $store: { atoms: {} } }])('throws AUTH_CLIENT_INVALID: %o', (client) => {
      expect(() => betterAuthSource(client as never)).toThrow(expect.objectContaining({ code: 'AUTH_CLIENT_INVALID' }))
    })
  })

  describe('the session before the first answer', () => {
    it('is pending and sends no request before the first subscription', async () => {
      const { source, requests } = createSource()
      expect(source.getSnapshot()).toEqual({ status: 'pending' })
      await vi.advanceTimersByTimeAsync(5000)
      expect(requests).toEqual([])
    })
  })

  describe('get-session with status 200', () => {
    it('reports the user and the session without its secret', async () => {
      const { source, paths } = createSource({ session: [json(sessionOf('ada'))] })
      const last = (await listen(source)).at(-1)!
      expect(last).toMatchObject({ status: 'signedIn', userId: 'ada', sessionId: 'session-of-ada', user: { name: 'ada' }, session: { userId: 'ada' } })
      expect(JSON.stringify(last)).not.toContain('secret-cookie-value')
      expect(paths()).toEqual(['/get-session'])
    })

    it('reports a sign-out for null', async () => {
      const { source } = createSource({ session: [json(null)] })
      expect((await listen(source)).map(({ status }) => status)).toEqual(['pending', 'signedOut'])
      expect(source.getSnapshot()).toEqual({ status: 'signedOut' })
    })

    it.each([
      ['a page', html(200)],
      ['a page with the content type of JSON', () => new Response('<html></html>', { headers: { 'content-type': 'application/json' } })],
      ['a string', json('ok')],
      ['a number', json(1)],
      ['true', json(true)],
      ['a list', json([])],
      ['an empty object', json({})],
      ['a user without a session', json({ user: { id: 'ada' } })],
      ['a user and a session without ids', json({ user: {}, session: {} })],
      ['the answer of another service', json({ status: 'ok', session: 'none', user: 'none' })],
    ])('reports a failure for %s', async (_name, answer) => {
      const { source } = createSource({ session: [answer] })
      expect((await listen(source)).at(-1)).toMatchObject({ status: 'failed', error: { code: 'SESSION_REQUEST_FAILED' } })
    })
  })

  describe('get-session with an error status', () => {
    it.each([UNAUTHORIZED, { error: 'unauthorized' }])('reports a sign-out for 401 in JSON: %o', async (body) => {
      const { source } = createSource({ session: [json(body, { status: 401 })] })
      expect((await listen(source)).at(-1)).toEqual({ status: 'signedOut' })
    })

    it.each([
      ['401 with a page', html(401)],
      ['401 with an empty body', empty(401)],
      ['401 with a word as text', () => new Response('Unauthorized', { status: 401 })],
      ['403 with a page', html(403)],
      ['403 in JSON', json({ message: 'Forbidden' }, { status: 403 })],
      ['404', html(404)],
      ['408', empty(408)],
      ['425', empty(425)],
      ['429', json({ message: 'Too many requests' }, { status: 429 })],
      ['500', json({ message: 'Internal' }, { status: 500 })],
      ['502 with a page', html(502)],
      ['no answer', networkError],
    ])('reports a failure for %s', async (_name, answer) => {
      const { source } = createSource({ session: [answer] })
      expect((await listen(source)).at(-1)).toMatchObject({ status: 'failed', error: { code: 'SESSION_REQUEST_FAILED' } })
    })
  })

  describe('get-session without an answer', () => {
    it('stays pending', async () => {
      const { source } = createSource({ session: [() => new Promise(() => {})] })
      expect((await listen(source)).at(-1)).toEqual({ status: 'pending' })
    })
  })

  describe('a client that throws its errors', () => {
    it('reports definite answers and failures', async () => {
      for (const [answer, status] of [[json(UNAUTHORIZED, { status: 401 }), 'signedOut'], [html(401), 'failed'], [() => new Response('null', { status: 401 }), 'failed'], [empty(503), 'failed'], [json(sessionOf('ada')), 'signedIn']] as const) {
        const { source } = createSource({ session: [answer] }, { throw: true })
        expect((await listen(source)).at(-1)).toMatchObject({ status })
      }
    })
  })

  describe('a repeated get-session', () => {
    it.each([
      ['429', json({}, { status: 429 })],
      ['500', json({ message: 'Internal' }, { status: 500 })],
      ['no answer', networkError],
    ])('reports a failure for %s instead of the previous answer', async (_name, answer) => {
      const { source } = createSource({ session: [json(sessionOf('ada')), answer] })
      const snapshots = await listen(source)
      snapshots.length = 0
      source.refresh()
      await vi.advanceTimersByTimeAsync(100)
      expect(snapshots).toMatchObject([{ status: 'failed', error: { code: 'SESSION_REQUEST_FAILED' } }])
    })

    it('reports nothing before it is answered', async () => {
      const { source } = createSource({ session: [json(sessionOf('ada')), () => new Promise(() => {})] })
      const snapshots = await listen(source)
      snapshots.length = 0
      source.refresh()
      await vi.advanceTimersByTimeAsync(100)
      expect(snapshots).toEqual([])
      expect(source.getSnapshot()).toMatchObject({ status: 'signedIn', userId: 'ada' })
    })

    it('reports a failure for the 401 page of a firewall', async () => {
      const { source } = createSource({ session: [json(sessionOf('ada')), html(401), json(sessionOf('ada'))] })
      const snapshots = await listen(source)
      source.refresh()
      await vi.advanceTimersByTimeAsync(100)
      source.refresh()
      await vi.advanceTimersByTimeAsync(100)
      expect(snapshots.some(({ status }) => status === 'signedOut')).toBe(false)
      expect(snapshots.at(-1)).toMatchObject({ status: 'signedIn', userId: 'ada' })
    })

    it('reports equal data in a new object if nothing has changed', async () => {
      const { source } = createSource({ session: [json(sessionOf('ada'))] })
      const snapshots = await listen(source)
      source.refresh()
      await vi.advanceTimersByTimeAsync(100)
      for (const snapshot of snapshots.filter(({ status }) => status === 'signedIn'))
        expect(snapshot).toEqual(snapshots.find(({ status }) => status === 'signedIn'))
    })

    it('reports that the user has signed out', async () => {
      const { source } = createSource({ session: [json(sessionOf('ada')), json(null)] })
      const snapshots = await listen(source)
      source.refresh()
      await vi.advanceTimersByTimeAsync(100)
      expect(snapshots.at(-1)).toEqual({ status: 'signedOut' })
    })
  })

  describe('the token endpoint', () => {
    it('is requested once, with GET and the signal of the attempt', async () => {
      const { source, requests } = createSource({ token: [json({ token: fakeToken('ada') })] })
      const controller = new AbortController()
      await fetchToken(source, controller.signal)
      expect(requests).toEqual([{ path: '/convex/token', method: 'GET', signal: controller.signal }])
    })

    it('is requested at `tokenPath`, which the error for 404 names with the usual other path', async () => {
      const token = fakeToken('ada')
      const { source, paths } = createSource({ token: [json({ token }), html(404)] }, {}, '/token')
      expect(await fetchToken(source)).toEqual({ kind: 'token', token })
      expect(await fetchToken(source)).toMatchObject({
        error: { why: expect.stringContaining('endpoint /token'), fix: expect.stringMatching(/such as \/convex\/token, .*`tokenPath`/) },
      })
      expect(paths()).toEqual(['/token', '/token'])
    })

    it('returns a token for 200', async () => {
      const token = fakeToken('ada')
      const { source } = createSource({ token: [json({ token })] })
      expect(await fetchToken(source)).toEqual({ kind: 'token', token })
    })

    it('returns a denial for 401 in JSON', async () => {
      const { source } = createSource({ token: [json(UNAUTHORIZED, { status: 401 })] })
      expect(await fetchToken(source)).toEqual({ kind: 'denied' })
    })

    it.each([
      ['401 with a page', html(401)],
      ['401 with an empty body', empty(401)],
      ['403 with a page', html(403)],
      ['403 in JSON', json({ message: 'Forbidden' }, { status: 403 })],
      ['408', empty(408)],
      ['425', empty(425)],
      ['429', json({ message: 'Too many requests' }, { status: 429 })],
      ['500', json({ message: 'Internal' }, { status: 500 })],
      ['503 with a page', html(503)],
      ['200 with a page', html(200)],
      ['200 with an empty body', empty(200)],
      ['204', empty(204)],
      ['200 with null', json(null)],
      ['200 without a token', json({})],
      ['200 with a JSON string', json('token')],
    ])('returns a failure for %s', async (_name, answer) => {
      const { source } = createSource({ token: [answer] })
      expect(await fetchToken(source)).toMatchObject({ kind: 'failed', error: { code: 'TOKEN_REQUEST_FAILED' } })
    })

    it('returns TOKEN_ENDPOINT_MISSING for 404', async () => {
      const { source } = createSource({ token: [html(404)] })
      expect(await fetchToken(source)).toMatchObject({ kind: 'failed', error: { code: 'TOKEN_ENDPOINT_MISSING' } })
    })

    it('returns definite answers also with a client that throws its errors', async () => {
      const token = fakeToken('ada')
      const { source } = createSource({ token: [json({ token }), json(UNAUTHORIZED, { status: 401 }), empty(503, { 'retry-after': '7' })] }, { throw: true })
      expect(await fetchToken(source)).toEqual({ kind: 'token', token })
      expect(await fetchToken(source)).toEqual({ kind: 'denied' })
      expect(await fetchToken(source)).toMatchObject({ kind: 'failed', retryAfterMs: 7000 })
    })

    it('causes no request for the session', async () => {
      const { source, paths } = createSource({ session: [json(sessionOf('ada'))], token: [json({ token: fakeToken('ada') })] })
      await listen(source)
      await fetchToken(source)
      await vi.advanceTimersByTimeAsync(1000)
      expect(paths()).toEqual(['/get-session', '/convex/token'])
    })
  })

  describe('`Retry-After`', () => {
    async function retryAfterMs(headers: Record<string, string>): Promise<number | undefined> {
      const { source } = createSource({ token: [empty(429, headers)] })
      const outcome = await fetchToken(source)
      return outcome.kind === 'failed' ? outcome.retryAfterMs : undefined
    }

    it('is read in seconds', async () => {
      expect(await retryAfterMs({ 'retry-after': '120' })).toBe(120_000)
    })

    it('is read as a date', async () => {
      vi.setSystemTime('2026-03-01T12:00:00Z')
      expect(await retryAfterMs({ 'retry-after': 'Sun, 01 Mar 2026 12:01:30 GMT' })).toBe(90_000)
    })

    it('is a time that is compared with the `Date` header of the response, if there is one', async () => {
      vi.setSystemTime('2031-07-01T00:00:00Z')
      expect(await retryAfterMs({ 'retry-after': 'Sun, 01 Mar 2026 12:01:30 GMT', 'date': 'Sun, 01 Mar 2026 12:00:00 GMT' })).toBe(90_000)
    })

    it('is read from X-Retry-After, which Better Auth\'s rate limit sends', async () => {
      expect(await retryAfterMs({ 'x-retry-after': '10' })).toBe(10_000)
      expect(await retryAfterMs({ 'retry-after': '20', 'x-retry-after': '10' })).toBe(20_000)
    })

    it.each(['', '0', '-5', 'soon', 'Sun, 01 Mar 2020 12:00:00 GMT', '0.0'])('sets no delay for "%s"', async (header) => {
      expect(await retryAfterMs({ 'retry-after': header }) || 0).toBeLessThanOrEqual(0)
    })

    it('sets no delay if it is missing', async () => {
      expect(await retryAfterMs({}) || 0).toBe(0)
    })
  })

  describe('signOut', () => {
    it('ends the session on the server and in the client', async () => {
      const { source, requests } = createSource({ session: [json(sessionOf('ada')), json(null)] })
      const snapshots = await listen(source)
      await source.signOut(request)
      expect(requests.at(-1)).toMatchObject({ path: '/sign-out', method: 'POST' })
      await vi.advanceTimersByTimeAsync(100)
      expect(snapshots.at(-1)).toEqual({ status: 'signedOut' })
    })

    it.each([
      ['500', json({ message: 'Internal' }, { status: 500 })],
      ['a firewall\'s page', html(403)],
      ['a firewall\'s page with 200', html(200)],
      ['no answer', networkError],
    ])('rejects for %s', async (_name, answer) => {
      const { source } = createSource({ signOut: [answer], token: [json({ token: fakeToken('ada') })] })
      expect(await source.signOut(request).then(() => 'resolved', () => 'rejected')).toBe('rejected')
    })
  })

  describe('signOut with a client that throws its errors', () => {
    it('resolves after a success and rejects after a failure', async () => {
      await expect(createSource({ signOut: [json({ success: true })] }, { throw: true }).source.signOut(request)).resolves.toBeUndefined()
      await expect(createSource({ signOut: [html(503)] }, { throw: true }).source.signOut(request)).rejects.toMatchObject({ status: 503 })
    })
  })

  describe('id', () => {
    it('is the URL of the auth server and sends no request', async () => {
      const { source, requests } = createSource()
      expect(await source.id).toBe('https://app.example.com/api/auth')
      expect(requests).toEqual([])
    })

    it('is empty for a client without hooks, whose empty session does not mean a sign-out', async () => {
      const session = { data: null, error: null, isPending: false, refetch() {} }
      const $fetch = vi.fn(async () => ({ data: { token: fakeToken('ada') }, error: null }))
      const subscribe = (listener: (value: object) => void): (() => void) => {
        listener(session)
        return () => {}
      }
      const atoms = { session: { value: session, subscribe } }
      const source = betterAuthSource({ $fetch, $store: { atoms } } as never)
      expect(await source.id).toBe('')
      expect((await listen(source)).at(-1)).toMatchObject({ status: 'failed', isInconclusive: true })
    })
  })

  describe('a source without subscribers', () => {
    it('leaves the session of the client unchanged', async () => {
      const { source, client } = createSource({ session: [json(sessionOf('ada'))] })
      const stop = source.subscribe(() => {})
      await vi.advanceTimersByTimeAsync(100)
      expect((client.$store.atoms.session as unknown as { lc: number }).lc).toBe(1)
      stop()
      expect((client.$store.atoms.session as unknown as { lc: number }).lc).toBe(0)
    })
  })
})
