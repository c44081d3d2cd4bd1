import type { TokenOutcome } from 'convue'
import type { ScriptedPage } from '../../support/scripted/scripted-page.ts'
import { useAuthedQuery, useConvexMutation, useConvexQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, leaveHint, recordTicks, subjectsOf } from '../../support/scripted/identity.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

const failed: TokenOutcome = { kind: 'failed', error: new Error('503') }

beforeEach(() => {
  // The longest jitter: delays are 1, 2, 4, … seconds.
  vi.spyOn(Math, 'random').mockReturnValue(0.999_999_999)
})
afterEach(() => void vi.restoreAllMocks())

function useTasks() {
  return {
    tasks: useAuthedQuery(api.tasks, {}),
    me: useConvexQuery(api.whoami),
    news: useConvexQuery(api.whoami, {}, { auth: 'public' }),
  }
}

function becomeVisible(): void {
  document.dispatchEvent(new Event('visibilitychange'))
}

function goOnline(): void {
  window.dispatchEvent(new Event('online'))
}

describe('createConvex', () => {
  describe('a provider whose fetchToken() misbehaves', () => {
    const misdeeds: [string, (page: ScriptedPage) => void][] = [
      ['rejects', ({ source }) => source.fetchToken = () => Promise.reject(new Error('offline'))],
      ['hangs', ({ source }) => source.fetchToken = () => new Promise(() => {})],
      ['throws synchronously', ({ source }) => source.fetchToken = () => {
        throw new Error('bug')
      }],
      ['returns garbage', ({ source }) => source.fetchToken = async () => 'garbage' as never],
      ['returns a string that is not a JWT', ({ source }) => source.fetchToken = async () => ({ kind: 'token', token: 'garbage' })],
      ['fails', ({ source }) => source.fetchToken = async () => failed],
    ]

    it.each(misdeeds)('delays optional queries at boot by two seconds, but not public queries: it %s', async (_name, misbehave) => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      misbehave(page)
      const { convex } = page
      const { result } = page.run(useTasks)
      await page.tick()
      expect(result.news.data.value).toBe('anonymous')
      expect(result.me.data.value).toBeUndefined()
      await page.tick(2000)
      expect(result.me.data.value).toBe('anonymous')
      expect(result.tasks.status.value).toBe('pending')
      expect(convex.auth.status.value).toBe('loading')
      await page.tick(60_000)
      expect(convex.auth.status.value).toBe('loading')
      expect(convex.auth.error.value).toBeInstanceOf(Error)

      source.fetchToken = async () => ({ kind: 'token', token: fakeToken('ada') })
      await page.tick(120_000)
      expect(convex.auth.status.value).toBe('authenticated')
      expect(convex.auth.error.value).toBeNull()
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expect(result.me.data.value).toBe('ada')
      expect(subjectsOf(deployment, 'tasks:list')).toEqual(['ada'])
    })

    it.each(misdeeds)('does not make the Convex client run queries anonymously at a renewal: it %s', async (_name, misbehave) => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      misbehave(page)
      // The scheduled renewal, 90 seconds before the 15 minutes are over.
      await page.tick(895_000)
      expect(convex.auth.status.value).toBe('authenticated')
      expect(convex.auth.error.value).toBeNull()
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      deployment.functions.set('tasks:list', (_args, subject) => `${subject}'s new tasks`)
      deployment.invalidate()
      await page.tick()
      expect(result.tasks.data.value).toBe('ada\'s new tasks')

      source.fetchToken = async () => ({ kind: 'token', token: fakeToken('ada') })
      page.takeFrames()
      await page.tick(120_000)
      expect(page.takeFrames()).toEqual(['Authenticate'])
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
    })
  })

  describe('the answer that there is no session', () => {
    it.each([
      ['from get-session', () => page.source.report({ status: 'signedOut' })],
      ['from the token endpoint', () => page.source.lastRequest.settle({ kind: 'denied' })],
    ])('makes the page anonymous without an error if it arrives at boot: %s', async (_name, act) => {
      openPage({ user: 'silent' })
      leaveHint(page.deployment)
      const { convex } = page
      act()
      await page.tick()
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(convex.auth.error.value).toBeNull()
      await page.tick(600_000)
      expect(page.source.requests).toHaveLength(1)
    })

    it('signs the user out with the error SESSION_ENDED if it is the response to a renewal', async () => {
      const { source, convex } = openPage({ user: 'ada' })
      void convex
      await page.tick()
      source.answer = () => ({ kind: 'denied' })
      await page.tick(900_000)
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(convex.auth.error.value).toMatchObject({ code: 'SESSION_ENDED' })
      const requests = source.requests.length
      await page.tick(3_600_000)
      expect(source.requests).toHaveLength(requests)
    })
  })

  describe('a failed request', () => {
    it('does not sign the user out if it was sent to get-session', async () => {
      const { source, convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      page.takeFrames()
      const ticks = recordTicks(() => [convex.auth.status.value, convex.auth.error.value, result.tasks.data.value, result.tasks.isStale.value])
      for (let failures = 0; failures < 5; failures++)
        source.report({ status: 'failed', error: new Error('403') })
      await page.tick(60_000)
      expect(ticks).toHaveLength(1)
      expect(page.takeFrames()).toEqual([])
      expect(source.requests).toHaveLength(1)
    })

    it('is retried if it was sent to get-session at boot, and sets `error` until a retry succeeds', async () => {
      const { source, convex } = openPage({ user: 'silent' })
      const { result } = page.run(useTasks)
      source.report({ status: 'failed', error: new Error('403') })
      expect(convex.auth.status.value).toBe('loading')
      expect(convex.auth.error.value).toMatchObject({ message: '403' })
      await page.tick(2100)
      expect(source.refreshes).toBe(1)
      expect(result.me.data.value).toBe('anonymous')
      source.signIn('ada')
      await page.tick()
      expect(convex.auth.error.value).toBeNull()
      expect(result.tasks.data.value).toBe('ada\'s tasks')
    })

    it('keeps the valid token in use if it was a renewal, so that a reconnection authenticates', async () => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      source.answer = () => failed
      await page.tick(892_000)
      page.takeFrames()
      deployment.drop()
      await page.tick(3000)
      expect(convex.auth.status.value).toBe('authenticated')
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expect(page.takeFrames()).toEqual(expect.arrayContaining(['Connect', 'Authenticate', '+tasks:list {}, +users:whoami {}']))
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
    })

    it('is retried at most once per back-off delay, however often the page becomes visible', async () => {
      const { source } = openPage({ user: 'ada' })
      source.answer = () => failed
      void page.convex
      await page.tick()
      expect(source.requests).toHaveLength(1)
      for (let wakes = 0; wakes < 20; wakes++) {
        goOnline()
        becomeVisible()
        await page.tick(1)
      }
      expect(source.requests).toHaveLength(2)
      await page.tick(2000)
      expect(source.requests).toHaveLength(3)
    })

    it.each([['online', goOnline], ['visible', becomeVisible]])('is retried at once when the page becomes %s', async (_name, wake) => {
      const { source } = openPage({ user: 'ada' })
      source.answer = () => failed
      const { convex } = page
      await page.tick(20_000)
      const requests = source.requests.length
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      wake()
      expect(source.requests).toHaveLength(requests + 1)
      await page.tick()
      expect(convex.auth.status.value).toBe('authenticated')
    })

    it('is not retried when the page becomes hidden', async () => {
      const { source } = openPage({ user: 'ada' })
      source.answer = () => failed
      void page.convex
      await page.tick()
      Object.defineProperties(document, { hidden: { configurable: true, value: true }, visibilityState: { configurable: true, value: 'hidden' } })
      becomeVisible()
      Reflect.deleteProperty(document, 'hidden')
      Reflect.deleteProperty(document, 'visibilityState')
      expect(source.requests).toHaveLength(1)
    })

    it('is retried after the time in `Retry-After`, but after five minutes at the latest', async () => {
      const { source } = openPage({ user: 'ada' })
      source.answer = () => ({ ...failed, retryAfterMs: 45_000 })
      void page.convex
      await page.tick(44_900)
      expect(source.requests).toHaveLength(1)
      source.answer = () => ({ ...failed, retryAfterMs: 86_400_000 })
      await page.tick(200)
      expect(source.requests).toHaveLength(2)
      await page.tick(299_000)
      expect(source.requests).toHaveLength(2)
      await page.tick(2000)
      expect(source.requests).toHaveLength(3)
    })

    it.each([['online', goOnline], ['visible', becomeVisible]])('is retried only once before `Retry-After` ends, even if the page often becomes %s', async (_name, wake) => {
      const { source } = openPage({ user: 'ada' })
      source.answer = () => ({ ...failed, retryAfterMs: 86_400_000 })
      void page.convex
      await page.tick(1000)
      for (let wakes = 0; wakes < 10; wakes++) {
        wake()
        await page.tick()
      }
      expect(source.requests).toHaveLength(2)
    })

    it('does not delay a later sign-in, even if its response has a `Retry-After` of one day', async () => {
      const { source, convex } = openPage({ user: 'ada' })
      source.answer = () => ({ ...failed, retryAfterMs: 86_400_000 })
      const { result } = page.run(useTasks)
      await page.tick(1000)
      source.signIn('ada', 'another-session')
      await page.tick()
      expect(convex.auth.status.value).toBe('authenticated')
      expect(result.tasks.data.value).toBe('ada\'s tasks')
    })

    it('changes nothing on the page if it was a renewal and a retry succeeds a minute later', async () => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      // The deployment rejects expired tokens.
      deployment.accepts = token => JSON.parse(atob(token.split('.')[1]!)).exp * 1000 > Date.now()
      const { result } = page.run(useTasks)
      await page.tick()
      const ticks = recordTicks(() => [convex.auth.status.value, convex.auth.error.value, result.tasks.data.value, result.tasks.isStale.value])
      const good = source.answer
      source.answer = () => failed
      await page.tick(809_000)
      expect(source.requests).toHaveLength(1)
      await page.tick(61_000)
      expect(source.requests.length).toBeGreaterThan(2)
      source.answer = good
      page.takeFrames()
      await page.tick(28_000)
      expect(page.takeFrames()).toEqual(['Authenticate'])
      await page.tick(600_000)
      expect(ticks).toHaveLength(1)
      // The connection of the user, and the connection of the public query.
      expect(deployment.sockets).toHaveLength(2)
    })

    it('is retried about once a minute if all requests fail for an hour', async () => {
      const { source } = openPage({ user: 'ada' })
      source.answer = () => failed
      void page.convex
      await page.tick(3_600_000)
      expect(source.requests.length).toBeLessThan(70)
      expect(source.requests.length).toBeGreaterThan(50)
    })
  })

  describe('a sign-in whose token request fails', () => {
    it('never runs a required query anonymously, and succeeds after a retry', async () => {
      const { source, deployment, convex } = openPage()
      const { result } = page.run(useTasks)
      await page.tick()
      source.answer = () => failed
      source.report(signedIn('ada'))
      await page.tick(10_000)
      expect(convex.auth.status.value).toBe('loading')
      expect(result.tasks.status.value).toBe('pending')
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      await page.tick(20_000)
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expect(subjectsOf(deployment, 'tasks:list')).toEqual(['ada'])
    })
  })
})

describe('useConvexMutation: a call that is made before the provider has answered', () => {
  it('waits, and runs as the identity that the provider reports', async () => {
    const { source, deployment } = openPage({ user: 'silent' })
    const { result } = page.run(() => useConvexMutation(api.add))
    const addition = result.mutate({})
    await page.tick(5000)
    expect(subjectsOf(deployment, 'tasks:add')).toEqual([])
    source.signIn('ada')
    await page.tick()
    await expect(addition).resolves.toBe('ada\'s addition')
  })
})
