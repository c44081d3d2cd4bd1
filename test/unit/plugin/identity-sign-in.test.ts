import { IdentityChangedError, useAuthedQuery, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, leaveHint, recordTicks, subjectsOf } from '../../support/scripted/identity.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

function useTasks() {
  return {
    tasks: useAuthedQuery(api.tasks, {}),
    me: useConvexQuery(api.whoami),
    news: useConvexQuery(api.whoami, {}, { auth: 'public' }),
    add: useConvexMutation(api.add),
  }
}

/** The frames that the page has sent on a socket, in order. */
function burstsOf(socketIndex: number): string[] {
  return page.deployment.sockets[socketIndex]!.frames.map(frame => frame.type === 'ModifyQuerySet'
    ? frame.modifications.map((change: { type: string, udfPath?: string }) => `${change.type} ${change.udfPath ?? ''}`.trim()).join(', ')
    : frame.type)
}

function expectNothingRequiredAsAnonymous(): void {
  expect(subjectsOf(page.deployment, 'tasks:list')).not.toContain(null)
  expect(subjectsOf(page.deployment, 'tasks:add')).not.toContain(null)
}

describe('createConvex', () => {
  describe('a sign-in', () => {
    it('runs required queries, runs optional queries again, and does not affect public queries', async () => {
      const { source, deployment, convex } = openPage()
      const { result } = page.run(useTasks)
      await page.tick()
      expect(result.tasks.status.value).toBe('paused')
      expect(result.me.data.value).toBe('anonymous')
      const newsTicks = recordTicks(() => [result.news.data.value, result.news.isStale.value, result.news.status.value])
      source.signIn('ada')
      expect(convex.auth.status.value).toBe('loading')
      expect(result.tasks.status.value).toBe('pending')
      await page.tick()
      expect(convex.auth.status.value).toBe('authenticated')
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expect(result.me.data.value).toBe('ada')
      expect(newsTicks).toHaveLength(1)
      expect(subjectsOf(deployment, 'tasks:list')).toEqual(['ada'])
      expect(source.requests).toHaveLength(1)
    })

    it('hides the anonymous result of an optional query at once', async () => {
      const { source } = openPage()
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => [page.convex.auth.user.value?.id ?? null, result.me.data.value ?? null])
      source.report(signedIn('ada'))
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([[null, 'anonymous'], ['ada', null]])
    })

    it('opens another connection, and sends one Authenticate on it before any query', async () => {
      const { source } = openPage()
      page.run(useTasks)
      await page.tick()
      source.signIn('ada')
      await page.tick(1000)
      expect(burstsOf(0)).not.toContain('Authenticate')
      expect(burstsOf(1)).toEqual(['Connect', 'Authenticate', 'Add tasks:list, Add users:whoami'])
    })

    it('keeps the anonymous connection only while a public query needs it', async () => {
      const { source, deployment } = openPage()
      const optional = page.run(() => useConvexQuery(api.whoami))
      const open = page.run(() => useConvexQuery(api.whoami, {}, { auth: 'public', lingerMs: 0 }))
      await page.tick()
      source.signIn('ada')
      await page.tick()
      expect(deployment.liveSockets.map(socket => socket.subject).sort()).toEqual(['ada', null])
      open.stop()
      await page.tick()
      expect(deployment.liveSockets.map(socket => socket.subject)).toEqual(['ada'])
      optional.stop()
    })
  })

  describe('a connection that drops before its user is authenticated', () => {
    it('sends no query of the user before Authenticate, however often it drops', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      const { result } = page.run(useTasks)
      await page.tick()
      for (let drops = 0; drops < 3; drops++) {
        deployment.drop()
        await page.tick(20_000)
      }
      expect(subjectsOf(deployment, 'tasks:list')).toEqual([])
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      await page.tick(60_000)
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expectNothingRequiredAsAnonymous()
      for (const socket of deployment.sockets.filter(({ subject }) => subject === 'ada'))
        expect(burstsOf(socket.index).slice(0, 2)).toEqual(['Connect', 'Authenticate'])
    })

    it('sends Authenticate first if it is reconnecting when the token arrives', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      const { result } = page.run(() => useAuthedQuery(api.tasks, {}))
      await page.tick()
      deployment.latencyMs = 5000
      deployment.drop()
      await page.tick(2500)
      expect(deployment.sockets.at(-1)!.readyState).toBe(0)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      deployment.latencyMs = 0
      await page.tick(20_000)
      expect(result.data.value).toBe('ada\'s tasks')
      expectNothingRequiredAsAnonymous()
    })

    it('sends Authenticate first if it waits to reconnect when the token arrives', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      const { result } = page.run(() => useAuthedQuery(api.tasks, {}))
      await page.tick()
      deployment.drop()
      expect(deployment.sockets).toHaveLength(1)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(20_000)
      expect(result.data.value).toBe('ada\'s tasks')
      expectNothingRequiredAsAnonymous()
    })

    it('sends Authenticate first again if it drops before Authenticate is answered', async () => {
      const { source, deployment, convex } = openPage({ user: 'silent' })
      source.signIn('ada')
      void convex
      page.run(useTasks)
      deployment.isHolding = true
      await page.tick()
      deployment.drop()
      deployment.isHolding = false
      await page.tick(20_000)
      expect(convex.auth.status.value).toBe('authenticated')
      expectNothingRequiredAsAnonymous()
    })
  })

  describe('a sign-in while the page waits to reconnect', () => {
    it('runs no query anonymously that requires a user', async () => {
      const { source, deployment } = openPage()
      const { result } = page.run(useTasks)
      await page.tick()
      deployment.isReachable = false
      deployment.drop()
      await page.tick(30_000)
      source.signIn('ada')
      await page.tick(5000)
      deployment.isReachable = true
      await page.tick(60_000)
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expect(result.me.data.value).toBe('ada')
      expectNothingRequiredAsAnonymous()
      for (const socket of deployment.sockets.filter(({ frames }) => frames.some(({ type }) => type === 'Authenticate')))
        expect(burstsOf(socket.index).slice(0, 2)).toEqual(['Connect', 'Authenticate'])
    })

    it('runs no query anonymously that requires a user, even if the token arrives late', async () => {
      const { source, deployment } = openPage()
      const { result } = page.run(useTasks)
      await page.tick()
      deployment.drop()
      source.report(signedIn('ada'))
      await page.tick(9000)
      deployment.drop()
      await page.tick(500)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(60_000)
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expectNothingRequiredAsAnonymous()
    })
  })

  describe('the reconnection of a signed-in user', () => {
    it('sends Authenticate before the queries', async () => {
      const { deployment } = openPage({ user: 'ada' })
      page.run(useTasks)
      await page.tick()
      for (let drops = 0; drops < 3; drops++) {
        deployment.drop()
        await page.tick(40_000)
      }
      expectNothingRequiredAsAnonymous()
      expect(subjectsOf(deployment, 'tasks:list').length).toBeGreaterThanOrEqual(4)
    })
  })

  describe('a renewal that is denied', () => {
    it('closes the connection instead of running required queries anonymously', async () => {
      const { source, deployment } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      source.answer = () => ({ kind: 'denied' })
      await page.tick(900_000)
      expect(result.tasks.status.value).toBe('paused')
      expectNothingRequiredAsAnonymous()
      expect(deployment.frames.filter(frame => frame.type === 'Authenticate').map(frame => frame.tokenType)).toEqual(['User'])
      expect(deployment.liveSockets.map(({ subject }) => subject)).toEqual([null])
    })
  })

  describe('a query after a sign-in', () => {
    it.each([
      ['before the token has arrived', 0],
      ['while the token is being confirmed', 1],
      ['when the user is authenticated', 2],
    ])('runs only as the user if it is mounted %s', async (_name, stage) => {
      const { source, deployment } = openPage()
      void page.convex
      await page.tick()
      source.report(signedIn('ada'))
      deployment.isHolding = stage === 1
      if (stage > 0)
        source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      const { result } = page.run(useTasks)
      await page.tick()
      deployment.flush()
      if (stage === 0)
        source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expectNothingRequiredAsAnonymous()
      expect(result.me.data.value).toBe('ada')
    })
  })

  describe('an anonymous mutation', () => {
    it('rejects at a sign-in if it was not sent, and never runs as the user who signs in', async () => {
      const { source, deployment } = openPage()
      const { result } = page.run(useTasks)
      await page.tick()
      deployment.isReachable = false
      deployment.drop()
      const addition = result.add.mutate({ text: 'an anonymous user\'s' })
      const outcome = addition.then(() => 'ran', error => error)
      await page.tick()
      expect(result.add.status.value).toBe('pending')
      source.signIn('ada')
      expect(result.add.status.value).toBe('idle')
      deployment.isReachable = true
      await page.tick(60_000)
      expect(await outcome).toBeInstanceOf(IdentityChangedError)
      expect(await outcome).toMatchObject({ outcome: 'notSent', code: 'IDENTITY_CHANGED' })
      expect(subjectsOf(deployment, 'tasks:add')).toEqual([])
      expect(result.add.status.value).toBe('idle')
      expect(result.add.error.value).toBeUndefined()
    })

    it('rejects at a sign-in with the outcome `unknown` if it was sent', async () => {
      const { source, deployment } = openPage()
      const { result } = page.run(useTasks)
      await page.tick()
      deployment.isHolding = true
      const outcome = result.add.mutate({}).then(() => 'ran', error => error)
      await page.tick()
      source.signIn('ada')
      await page.tick()
      deployment.flush()
      await page.tick()
      expect(await outcome).toMatchObject({ outcome: 'unknown' })
      expect(subjectsOf(deployment, 'tasks:add')).toEqual([null])
      expect(result.add.data.value).toBeUndefined()
      // Public queries use another connection.
      expect(result.news.data.value).toBe('anonymous')
    })

    it('no longer shows its result after a user has signed in', async () => {
      const { source } = openPage()
      const { result } = page.run(useTasks)
      const addition = result.add.mutate({})
      await page.tick()
      await addition
      expect(result.add.data.value).toBe('anonymous\'s addition')
      source.signIn('ada')
      expect(result.add.data.value).toBeUndefined()
      expect(result.add.status.value).toBe('idle')
    })
  })
})
