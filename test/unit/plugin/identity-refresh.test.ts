import { useAuthedQuery, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, recordTicks, subjectsOf } from '../../support/scripted/identity.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

function useTasks() {
  return {
    tasks: useAuthedQuery(api.tasks, {}),
    me: useConvexQuery(api.whoami),
    add: useConvexMutation(api.add),
  }
}

/** All that a page can show. */
function readAll(result: ReturnType<typeof useTasks>): unknown {
  const { auth } = page.convex
  const { tasks, me, add } = result
  return [auth.status.value, auth.user.value, auth.error.value, ...[tasks, me].map(({ data, status, isStale, error }) => [data.value, status.value, isStale.value, error.value]), add.status.value, add.data.value]
}

/** The server reports that the token of this connection is no longer valid. */
function refuseNow(socketIndex = page.deployment.liveSockets.at(-1)!.index, baseVersion = 1): void {
  const socket = page.deployment.sockets[socketIndex]!
  socket.onmessage!({ data: JSON.stringify({ type: 'AuthError', error: 'Token expired', baseVersion, authUpdateAttempted: false }) })
  socket.drop(1000)
}

describe('createConvex', () => {
  describe('the renewal of a token', () => {
    it('happens before the token expires, and changes nothing on the page', async () => {
      const { source } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => readAll(result))
      page.takeFrames()
      await page.tick(809_000)
      expect(source.requests).toHaveLength(1)
      await page.tick(2000)
      expect(source.requests).toHaveLength(2)
      expect(source.lastRequest.force).toBe(true)
      expect(page.takeFrames()).toEqual(['Authenticate'])
      expect(ticks).toHaveLength(1)
    })

    it('is repeated for hours without a change on the page', async () => {
      const { source, convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => readAll(result))
      await page.tick(3 * 3_600_000)
      expect(source.requests.length).toBeGreaterThan(12)
      expect(source.requests.length).toBeLessThan(16)
      expect(ticks).toHaveLength(1)
      expect(convex.auth.status.value).toBe('authenticated')
    })

    it('is repeated soon if the provider returns the same token again', async () => {
      const { source } = openPage({ user: 'ada' })
      const cached = fakeToken('ada')
      source.answer = () => ({ kind: 'token', token: cached })
      void page.convex
      await page.tick()
      await page.tick(895_000)
      expect(source.requests.length).toBeGreaterThanOrEqual(2)
      page.takeFrames()
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      await page.tick(60_000)
      expect(page.takeFrames()).toEqual(['Authenticate'])
      const renewed = source.requests.length
      await page.tick(900_000)
      expect(source.requests).toHaveLength(renewed + 1)
    })

    it('depends on the lifetime of the token, and not on the clock of the browser', async () => {
      const issuedAt = Math.floor(Date.now() / 1000)
      for (const skewSeconds of [-86_400, 86_400]) {
        const { source, deployment } = openPage({ user: 'ada' })
        deployment.clientClockSkewMs = skewSeconds * 1000
        vi.setSystemTime((issuedAt + skewSeconds) * 1000)
        source.answer = () => ({ kind: 'token', token: fakeToken('ada', { issuedAt: Math.floor(Date.now() / 1000) - skewSeconds }) })
        const { convex } = page
        await page.tick()
        await page.tick(809_000)
        expect(source.requests).toHaveLength(1)
        await page.tick(20_000)
        expect(source.requests).toHaveLength(2)
        expect(convex.auth.status.value).toBe('authenticated')
        await page.close()
      }
    })

    // The Convex client adds the age of the page at its first connection to its clock: for a user who
    // signs in ten minutes after the page has loaded, the renewal would be ten minutes late.
    it('happens in time, even if the Convex client would schedule it too late', async () => {
      const { source, deployment } = openPage({ user: 'ada' })
      deployment.clientClockSkewMs = 600_000
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => readAll(result))
      page.takeFrames()
      for (const renewals of [1, 2, 3]) {
        await page.tick(820_000)
        expect(source.requests).toHaveLength(1 + renewals)
      }
      expect(page.takeFrames()).toEqual(['Authenticate', 'Authenticate', 'Authenticate'])
      expect(ticks).toHaveLength(1)
      expect(deployment.sockets).toHaveLength(1)
    })

    it('does not happen in a tight loop if tokens expire after five seconds', async () => {
      const { source } = openPage({ user: 'ada', clientOptions: { authRefreshTokenLeewaySeconds: 1 } })
      page.deployment.clientClockSkewMs = 60_000
      source.answer = () => ({ kind: 'token', token: fakeToken('ada', { lifetimeSeconds: 5 }) })
      void page.convex
      await page.tick(60_000)
      // Each token is renewed after half of its five seconds.
      expect(source.requests.length).toBeGreaterThanOrEqual(12)
      expect(source.requests.length).toBeLessThan(27)
    })

    it('is not scheduled if the token has no expiry time', async () => {
      const { source } = openPage({ user: 'ada' })
      source.answer = () => ({ kind: 'token', token: `a.${btoa('{"sub":"ada"}')}.c` })
      void page.convex
      await page.tick(3_600_000)
      expect(source.requests).toHaveLength(1)
    })

    it('causes the deployment to run each query only once more, on the same connection', async () => {
      const { deployment } = openPage({ user: 'ada' })
      page.run(useTasks)
      await page.tick(900_000)
      expect(deployment.sockets).toHaveLength(1)
      expect(subjectsOf(deployment, 'tasks:list')).toEqual(['ada', 'ada'])
    })
  })

  describe('a page that wakes after its token has expired', () => {
    it.each([
      ['it becomes visible', () => document.dispatchEvent(new Event('visibilitychange'))],
      ['it becomes online', () => window.dispatchEvent(new Event('online'))],
    ])('requests a new token when %s, before its timers run', async (_name, wake) => {
      const { source } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => readAll(result))
      page.takeFrames()
      // The clock advances and timers do not fire.
      vi.setSystemTime(Date.now() + 7_200_000)
      wake()
      expect(source.requests).toHaveLength(2)
      await page.tick()
      expect(page.takeFrames()).toEqual(['Authenticate'])
      expect(ticks).toHaveLength(1)
      // Renewal continues with the new token.
      await page.tick(900_000)
      expect(source.requests).toHaveLength(3)
    })

    it('keeps the data and requests a new token if the deployment rejects the expired token', async () => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      const asleep = source.answer!
      const expired = source.requests.length
      deployment.accepts = token => JSON.parse(atob(token.split('.')[1]!)).exp * 1000 > Date.now()
      vi.setSystemTime(Date.now() + 7_200_000)
      source.answer = asleep
      const ticks = recordTicks(() => [convex.auth.status.value, result.tasks.data.value])
      deployment.drop()
      await page.tick(5000)
      expect(source.requests.length).toBeGreaterThan(expired)
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([
        ['authenticated', 'ada\'s tasks'],
        ['refreshing', 'ada\'s tasks'],
        ['authenticated', 'ada\'s tasks'],
      ])
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
    })
  })

  describe('a token that the deployment rejects during a session', () => {
    it('makes the data stale until a new token arrives, and no function runs anonymously', async () => {
      const { source, deployment } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      source.answer = null
      const ticks = recordTicks(() => [page.convex.auth.status.value, page.convex.auth.isAuthenticated.value, page.convex.auth.isRefreshing.value, result.tasks.data.value, result.tasks.isStale.value, result.tasks.status.value])
      refuseNow()
      await page.tick(1000)
      page.takeFrames()
      const news = deployment.executions.length
      await page.tick(1000)
      expect(page.takeFrames()).toEqual([])
      expect(deployment.executions).toHaveLength(news)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(2000)
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([
        ['authenticated', true, false, 'ada\'s tasks', false, 'success'],
        ['refreshing', true, true, 'ada\'s tasks', true, 'success'],
        ['authenticated', true, false, 'ada\'s tasks', false, 'success'],
      ])
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
      expect(subjectsOf(deployment, 'users:whoami')).not.toContain(null)
    })

    it('delays mutations until a new token arrives, so that they run as the same user', async () => {
      const { source, deployment } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      source.answer = null
      refuseNow()
      await page.tick()
      const addition = result.add.mutate({})
      await page.tick(1000)
      expect(subjectsOf(deployment, 'tasks:add')).toEqual([])
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(2000)
      await expect(addition).resolves.toBe('ada\'s addition')
    })

    it('sets `error` if the request for a new token fails, until a retry succeeds', async () => {
      const { source, convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      source.answer = () => ({ kind: 'failed', error: new Error('503') })
      refuseNow()
      await page.tick(30_000)
      expect(convex.auth.status.value).toBe('refreshing')
      expect(convex.auth.error.value).toMatchObject({ message: '503' })
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      await page.tick(60_000)
      expect(convex.auth.status.value).toBe('authenticated')
      expect(convex.auth.error.value).toBeNull()
    })

    it('signs the user out if the request for a new token is denied', async () => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      source.answer = () => ({ kind: 'denied' })
      refuseNow()
      await page.tick(5000)
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(convex.auth.error.value).toMatchObject({ code: 'SESSION_ENDED' })
      expect(result.tasks.status.value).toBe('paused')
      expect(result.tasks.data.value).toBeUndefined()
      expect(result.me.data.value).toBe('anonymous')
      expect(subjectsOf(deployment, 'tasks:list')).toEqual(['ada'])
    })
  })

  describe('tokens that the deployment rejects repeatedly', () => {
    it('sign the user out with an error after five minutes, without an endless loop', async () => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      deployment.accepts = () => false
      const { result } = page.run(useTasks)
      await page.tick(299_000)
      expect(convex.auth.status.value).toBe('refreshing')
      expect(convex.auth.error.value).toMatchObject({ code: 'TOKEN_REJECTED' })
      await page.tick(120_000)
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(convex.auth.error.value).toMatchObject({ code: 'TOKEN_REJECTED' })
      expect(result.tasks.status.value).toBe('paused')
      expect(result.me.data.value).toBe('anonymous')
      expect(subjectsOf(deployment, 'tasks:list')).toEqual([])
      const requests = source.requests.length
      expect(requests).toBeLessThan(16)
      source.report(signedIn('ada'))
      await page.tick(3_600_000)
      // One attempt in five minutes.
      expect(source.requests.length - requests).toBeLessThanOrEqual(12)
      expect(deployment.liveSockets).toHaveLength(1)
    })

    it('sign the user out, and remove the data of the user in the same tick', async () => {
      const { deployment, convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => [convex.auth.status.value, result.tasks.data.value, result.me.data.value])
      deployment.accepts = () => false
      refuseNow()
      await page.tick(420_000)
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([
        ['authenticated', 'ada\'s tasks', 'ada'],
        ['refreshing', 'ada\'s tasks', 'ada'],
        ['unauthenticated', null, null],
        ['unauthenticated', null, 'anonymous'],
      ])
    })

    it('sign the user out even if each token is accepted at first and rejected a minute later', async () => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      page.run(useTasks)
      await page.tick()
      const begin = Date.now()
      for (let rounds = 0; rounds < 30 && convex.auth.status.value !== 'unauthenticated'; rounds++) {
        if (deployment.liveSockets.length > 0 && convex.auth.status.value === 'authenticated')
          refuseNow()
        await page.tick(60_000)
      }
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(convex.auth.error.value).toMatchObject({ code: 'TOKEN_REJECTED' })
      expect(source.requests.length).toBeLessThan(12)
      expect(Date.now() - begin).toBeGreaterThan(300_000)
    })

    it('do not prevent a later sign-in with another session whose token is accepted', async () => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      deployment.accepts = () => false
      void convex
      await page.tick(420_000)
      expect(convex.auth.status.value).toBe('unauthenticated')
      deployment.accepts = () => true
      source.signIn('ada', 'another-session')
      await page.tick(100)
      expect(convex.auth.status.value).toBe('authenticated')
      expect(convex.auth.error.value).toBeNull()
    })
  })

  describe('a session change of the same user', () => {
    it('keeps the data on the page, and sends the token of the new session', async () => {
      const { source, deployment } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      const addition = result.add.mutate({})
      await page.tick()
      await addition
      const ticks = recordTicks(() => [result.tasks.data.value, result.me.data.value, result.add.data.value, result.tasks.isStale.value, page.convex.auth.status.value])
      page.takeFrames()
      source.signIn('ada', 'another-session')
      await page.tick()
      expect(page.takeFrames()).toEqual(['Authenticate'])
      expect(source.requests).toHaveLength(2)
      expect(source.lastRequest.force).toBe(true)
      expect(ticks).toHaveLength(1)
      expect(deployment.sockets).toHaveLength(1)
      expect(page.convex.auth.session.value).toMatchObject({ id: 'another-session' })
    })

    it('keeps the data while the connection is lost, and reconnects as the user', async () => {
      const { source, deployment } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => [result.tasks.data.value, page.convex.auth.status.value])
      deployment.isReachable = false
      deployment.drop()
      source.signIn('ada', 'another-session')
      await page.tick(5000)
      deployment.isReachable = true
      page.takeFrames()
      await page.tick(60_000)
      expect(page.takeFrames()).toEqual(['Connect', 'Authenticate', '+tasks:list {}, +users:whoami {}'])
      expect(ticks).toHaveLength(1)
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
    })

    it('causes no message if only the dates of the session have changed', async () => {
      const { source } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      page.takeFrames()
      const ticks = recordTicks(() => readAll(result))
      for (let answers = 0; answers < 3; answers++) {
        const { session, ...rest } = signedIn('ada')
        source.report({ ...rest, session: { ...session as object, updatedAt: new Date(answers), expiresAt: new Date(answers + 1000) } })
        await page.tick(1000)
      }
      expect(page.takeFrames()).toEqual([])
      expect(source.requests).toHaveLength(1)
      expect(ticks).toHaveLength(1)
    })

    it('keeps the data if a renewal returns the token of the new session', async () => {
      const { source } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => readAll(result))
      source.answer = () => ({ kind: 'token', token: fakeToken('ada', { sessionId: 'rotated' }) })
      await page.tick(900_000)
      expect(source.requests).toHaveLength(2)
      expect(ticks).toHaveLength(1)
    })
  })
})
