import { ConvueError, IdentityChangedError, useAuthedQuery, useConvexAction, useConvexClient, useConvexMutation, useConvexQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, recordTicks, subjectsOf } from '../../support/scripted/identity.ts'

// The longest jitter: delays are 1, 2, 4, … seconds.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.999_999_999))
afterEach(() => void vi.restoreAllMocks())

function useTasks() {
  return {
    tasks: useAuthedQuery(api.tasks, {}),
    me: useConvexQuery(api.whoami),
    news: useConvexQuery(api.whoami, {}, { auth: 'public' }),
    add: useConvexMutation(api.add, {
      optimisticUpdate: queries => queries.setQuery(api.tasks, {}, 'tasks with an addition'),
    }),
    run: useConvexAction(api.run),
    convex: useConvexClient(),
  }
}

/** A page on which ada is authenticated, with the state of the page in every tick. */
async function openAuthenticated() {
  const { source, deployment, convex } = openPage({ user: 'ada' })
  const { result } = page.run(useTasks)
  await page.tick()
  const { status, isAuthenticated, error } = convex.auth
  expect(status.value).toBe('authenticated')
  const ticks = recordTicks(() => [status.value, isAuthenticated.value, result.tasks.data.value, result.tasks.isStale.value])
  return { source, deployment, status, error, ticks, ...result }
}

/**
 * The deployment's keys or clocks are wrong: the deployment rejects every token, including the
 * token of the current connection.
 */
function refuseAll(): void {
  const { deployment } = page
  deployment.accepts = () => false
  deployment.liveSockets.find(({ subject }) => subject !== null)!.refuse()
}

function acceptAll(): void {
  page.deployment.accepts = () => true
}

describe('createConvex', () => {
  describe('a deployment that rejects valid tokens', () => {
    it.each([
      ['three seconds', 3000],
      ['a minute', 60_000],
      ['four and a half minutes', 270_000],
    ])('causes the status `refreshing` and stale data if it rejects all tokens for %s', async (_name, ms) => {
      const { ticks, deployment, status, error } = await openAuthenticated()
      deployment.isCoalescing = true
      refuseAll()
      await page.tick(ms)
      expect(status.value).toBe('refreshing')
      expect(error.value).toMatchObject({ code: 'TOKEN_REJECTED' })
      acceptAll()
      await page.tick(62_000)
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([
        ['authenticated', true, 'ada\'s tasks', false],
        ['refreshing', true, 'ada\'s tasks', true],
        ['authenticated', true, 'ada\'s tasks', false],
      ])
      expect(error.value).toBeNull()
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
      expect(deployment.liveSockets.map(({ subject }) => subject).toSorted()).toEqual(['ada', null])
    })

    it('delays the results of the user at boot until it accepts a token', async () => {
      const { deployment, convex } = openPage({ user: 'ada' })
      deployment.accepts = () => false
      const { result } = page.run(useTasks)
      await page.tick(100_000)
      expect(convex.auth.status.value).toBe('refreshing')
      expect(result.me.data.value).toBeUndefined()
      expect(result.news.data.value).toBe('anonymous')
      acceptAll()
      await page.tick(62_000)
      expect(convex.auth.status.value).toBe('authenticated')
      expect(result.me.data.value).toBe('ada')
    })

    it('receives a new token at each attempt, and never the same token twice', async () => {
      const { deployment, source } = await openAuthenticated()
      page.takeFrames()
      refuseAll()
      const refused: string[] = []
      deployment.onFrame = frame => frame.type === 'Authenticate' && refused.push(frame.value)
      await page.tick(240_000)
      expect(refused.length).toBeGreaterThan(5)
      expect(new Set(refused).size).toBe(refused.length)
      expect(source.requests).toHaveLength(1 + refused.length)
    })

    it('receives no message between attempts, because no socket of the user is open', async () => {
      const { deployment } = await openAuthenticated()
      refuseAll()
      await page.tick(100_000)
      const { length } = deployment.frames
      await page.tick(10_000)
      expect(deployment.frames.slice(length).filter(({ type }) => type !== 'Ping')).toEqual([])
      expect(deployment.liveSockets.map(({ subject }) => subject)).toEqual([null])
    })

    it('runs waiting calls exactly once, as the same user, when it accepts tokens again', async () => {
      const { deployment, add, run, convex } = await openAuthenticated()
      refuseAll()
      await page.tick()
      const early = add.mutate({})
      await page.tick(60_000)
      const late = add.mutate({})
      const action = run.run({})
      const answer = convex.query(api.whoami)
      await page.tick(30_000)
      expect(add.isQueued.value).toBe(true)
      expect(subjectsOf(deployment, 'tasks:add')).toEqual([])
      acceptAll()
      await page.tick(62_000)
      await expect(Promise.all([early, late])).resolves.toEqual(['ada\'s addition', 'ada\'s addition'])
      await expect(action).resolves.toBe('ada\'s run')
      await expect(answer).resolves.toBe('ada')
      expect(subjectsOf(deployment, 'tasks:add')).toEqual(['ada', 'ada'])
      expect(subjectsOf(deployment, 'tasks:run')).toEqual(['ada'])
    })

    it('makes a call reject with CONNECTION_LOST if the call may have run', async () => {
      const { deployment, add } = await openAuthenticated()
      deployment.isHolding = true
      const addition = add.mutate({})
      const outcome = expect(addition).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
      await page.tick()
      expect(subjectsOf(deployment, 'tasks:add')).toEqual(['ada'])
      // The response is lost with the connection, and all other connections reject the token.
      deployment.accepts = () => false
      deployment.drop()
      deployment.flush()
      await page.tick(60_000)
      await outcome
      expect(await addition.catch(error => error)).toBeInstanceOf(ConvueError)
      acceptAll()
      await page.tick(62_000)
      expect(subjectsOf(deployment, 'tasks:add')).toEqual(['ada'])
    })

    it('receives a new token, and not a rejected token, when refresh() is called', async () => {
      const { source, deployment, status } = await openAuthenticated()
      refuseAll()
      await page.tick(100_000)
      const refused: string[] = deployment.frames.filter(({ type }) => type === 'Authenticate').map(({ value }) => value)
      acceptAll()
      source.refresh = () => {}
      const done = page.convex.auth.refresh()
      await page.tick(5000)
      expect(deployment.frames.filter(({ type }) => type === 'Authenticate')).toHaveLength(refused.length)
      source.report(source.getSnapshot())
      await page.tick(50)
      await done
      expect(status.value).toBe('authenticated')
      expect(refused).not.toContain(deployment.frames.findLast(({ type }) => type === 'Authenticate')!.value)
    })

    it('does not affect public queries', async () => {
      const { deployment, news } = await openAuthenticated()
      refuseAll()
      await page.tick(60_000)
      deployment.functions.set('users:whoami', (_args, subject) => subject ?? 'anonymous')
      deployment.invalidate()
      await page.tick()
      expect(news.data.value).toBe('anonymous')
      expect(news.isStale.value).toBe(false)
    })

    it('receives a new token at once when the page becomes visible', async () => {
      const { status } = await openAuthenticated()
      refuseAll()
      await page.tick(200_000)
      acceptAll()
      document.dispatchEvent(new Event('visibilitychange'))
      await page.tick(50)
      expect(status.value).toBe('authenticated')
    })

    it('does not delay the sign-in of another user, who sees no data of the first user', async () => {
      const { source, status, tasks, me } = await openAuthenticated()
      refuseAll()
      await page.tick(100_000)
      acceptAll()
      source.signIn('bea')
      expect(tasks.data.value).toBeUndefined()
      await page.tick(50)
      expect([status.value, tasks.data.value, me.data.value]).toEqual(['authenticated', 'bea\'s tasks', 'bea'])
    })

    it('makes waiting calls reject with the outcome `notSent` when the user signs out', async () => {
      const { source, add } = await openAuthenticated()
      refuseAll()
      await page.tick(100_000)
      const outcome = add.mutate({}).catch(error => error)
      await page.tick()
      source.report({ status: 'signedOut' })
      const error = await outcome
      expect(error).toBeInstanceOf(IdentityChangedError)
      expect(error.outcome).toBe('notSent')
    })

    it('causes no further token request after a sign-out', async () => {
      const { source, status, error } = await openAuthenticated()
      refuseAll()
      await page.tick(100_000)
      source.report({ status: 'signedOut' })
      const { length } = source.requests
      await page.tick(3_600_000)
      expect(source.requests).toHaveLength(length)
      expect([status.value, error.value]).toEqual(['unauthenticated', null])
    })

    it('has at most one open connection of the user at any time', async () => {
      const { deployment } = await openAuthenticated()
      refuseAll()
      for (let seconds = 0; seconds < 280; seconds++) {
        await page.tick(1000)
        expect(deployment.sockets.filter(({ readyState }) => readyState < 2).length).toBeLessThanOrEqual(2)
      }
    })
  })

  describe('a user whose tokens were rejected for more than five minutes', () => {
    async function openRejected() {
      const trial = await openAuthenticated()
      refuseAll()
      await page.tick(420_000)
      expect(trial.status.value).toBe('unauthenticated')
      expect(trial.error.value).toMatchObject({ code: 'TOKEN_REJECTED' })
      expect(trial.tasks.status.value).toBe('paused')
      expect(trial.me.data.value).toBe('anonymous')
      return trial
    }

    it.each([
      ['five minutes later', 305_000, () => {}],
      ['when the page becomes visible', 50, () => document.dispatchEvent(new Event('visibilitychange'))],
      ['when the page is online', 50, () => window.dispatchEvent(new Event('online'))],
      ['when refresh() is called', 50, () => void page.convex.auth.refresh()],
    ])('is signed in again by an accepted token, which is requested %s', async (_name, ms, act) => {
      const { source, status, error, tasks } = await openRejected()
      source.refresh = () => source.report(source.getSnapshot())
      acceptAll()
      act()
      await page.tick(ms)
      expect([status.value, error.value, tasks.data.value]).toEqual(['authenticated', null, 'ada\'s tasks'])
    })

    it('is signed out, except for one short attempt to authenticate every five minutes', async () => {
      const { deployment, status, me } = await openRejected()
      const ticks = recordTicks(() => [status.value, me.data.value])
      await page.tick(600_000)
      expect(new Set(ticks.map(tick => JSON.parse(tick)[0]))).toEqual(new Set(['unauthenticated', 'authenticating', 'refreshing']))
      expect(ticks.length).toBeLessThanOrEqual(1 + 2 * 5)
      expect([status.value, me.data.value]).toEqual(['unauthenticated', 'anonymous'])
      expect(subjectsOf(deployment, 'tasks:list').slice(1)).toEqual([])
    })

    it('has another five minutes until the sign-out if a token was accepted in between', async () => {
      const { status } = await openRejected()
      acceptAll()
      await page.tick(305_000)
      expect(status.value).toBe('authenticated')
      refuseAll()
      await page.tick(240_000)
      expect(status.value).toBe('refreshing')
    })
  })

  describe('a fatal error of the deployment', () => {
    function failFatally(subject: string | null): void {
      page.deployment.liveSockets.find(socket => socket.subject === subject)!.failFatally()
    }

    it('replaces the client of the user without a change on the page', async () => {
      const { deployment, source, status, tasks, ticks } = await openAuthenticated()
      page.takeFrames()
      failFatally('ada')
      await page.tick(900)
      expect(page.takeFrames()).toEqual([])
      expect([status.value, tasks.data.value]).toEqual(['authenticated', 'ada\'s tasks'])
      deployment.functions.set('tasks:list', () => 'new tasks')
      await page.tick(200)
      expect(page.takeFrames()).toEqual(['Connect', 'Authenticate', '+tasks:list {}, +users:whoami {}'])
      expect(tasks.data.value).toBe('new tasks')
      expect(ticks.map(tick => JSON.parse(tick)[0])).not.toContain('refreshing')
      expect(source.requests).toHaveLength(1)
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
      // Renewal continues.
      await page.tick(810_000)
      expect(source.requests).toHaveLength(2)
      expect(page.takeFrames()).toEqual(['Authenticate'])
    })

    it('replaces the anonymous client too', async () => {
      const { deployment } = openPage()
      const { result } = page.run(useTasks)
      await page.tick()
      failFatally(null)
      const addition = result.add.mutate({})
      deployment.functions.set('users:whoami', () => 'news')
      await page.tick(900)
      expect(result.news.data.value).toBe('anonymous')
      await page.tick(200)
      expect([result.news.data.value, result.me.data.value]).toEqual(['news', 'news'])
      await expect(addition).resolves.toBe('anonymous\'s addition')
      expect(subjectsOf(deployment, 'tasks:add')).toEqual([null])
    })

    it('rejects a call with CONNECTION_LOST if it may have run, and runs other calls once', async () => {
      const { deployment, add, run, convex } = await openAuthenticated()
      deployment.isHolding = true
      const calls = [add.mutate({}), run.run({})].map(call => call.catch(error => error.code))
      const query = convex.query(api.whoami)
      await page.tick()
      failFatally('ada')
      deployment.flush()
      await expect(Promise.all(calls)).resolves.toEqual(['CONNECTION_LOST', 'CONNECTION_LOST'])
      const later = add.mutate({})
      await page.tick(1100)
      await expect(later).resolves.toBe('ada\'s addition')
      await expect(query).resolves.toBe('ada')
      expect(subjectsOf(deployment, 'tasks:add')).toEqual(['ada', 'ada'])
      expect(subjectsOf(deployment, 'tasks:run')).toEqual(['ada'])
    })

    it('is followed by a new client after a delay, which grows until a result arrives', async () => {
      const { deployment, status } = await openAuthenticated()
      deployment.onFrame = (frame, socket) => frame.type === 'Authenticate' && setTimeout(() => socket.failFatally())
      failFatally('ada')
      const { length } = deployment.sockets
      await page.tick(60_000)
      expect(deployment.sockets.length - length).toBeLessThanOrEqual(6)
      expect(status.value).toBe('authenticated')
      deployment.onFrame = () => {}
      await page.tick(64_000)
      const recovered = deployment.sockets.length
      failFatally('ada')
      await page.tick(1100)
      expect(deployment.sockets).toHaveLength(recovered + 1)
    })

    it('is followed by a new client, which does not use a rejected token', async () => {
      const { deployment, source, status, tasks } = await openAuthenticated()
      source.answer = null
      refuseAll()
      await page.tick(100)
      acceptAll()
      page.takeFrames()
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(100)
      failFatally('ada')
      await page.tick(1100)
      expect([status.value, tasks.data.value]).toEqual(['authenticated', 'ada\'s tasks'])
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
    })

    it('does not affect the next user', async () => {
      const { source, tasks } = await openAuthenticated()
      failFatally('ada')
      await page.tick()
      source.signIn('bea')
      expect(tasks.data.value).toBeUndefined()
      await page.tick(50)
      expect(tasks.data.value).toBe('bea\'s tasks')
      await page.tick(2000)
      expect(page.deployment.liveSockets).toHaveLength(2)
    })
  })
})
