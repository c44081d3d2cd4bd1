import type { ConvexPlugin } from 'convue'
import { useAuthedQuery, useConvexQuery } from 'convue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, leaveHint, recordTicks, subjectsOf } from '../../support/scripted/identity.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

afterEach(() => void vi.unstubAllGlobals())

function useTasks() {
  return {
    tasks: useAuthedQuery(api.tasks, {}),
    me: useConvexQuery(api.whoami),
    news: useConvexQuery(api.whoami, {}, { auth: 'public' }),
  }
}

function statusOf(convex: ConvexPlugin): string {
  return convex.auth.status.value
}

describe('createConvex', () => {
  describe('boot without a session', () => {
    it('requests no token, and pauses queries that require a user', async () => {
      const { source, deployment, convex } = openPage({ user: 'silent' })
      const { result } = page.run(useTasks)
      expect(result.tasks.status.value).toBe('pending')
      source.report({ status: 'signedOut' })
      await page.tick(60_000)
      expect(source.requests).toHaveLength(0)
      expect(statusOf(convex)).toBe('unauthenticated')
      expect(result.tasks.status.value).toBe('paused')
      expect(result.me.data.value).toBe('anonymous')
      expect(subjectsOf(deployment, 'tasks:list')).toEqual([])
      expect(page.takeFrames().filter(frame => frame.startsWith('Authenticate'))).toEqual([])
    })

    it('opens only one connection', async () => {
      const { deployment } = openPage()
      page.run(useTasks)
      await page.tick()
      expect(deployment.sockets).toHaveLength(1)
    })

    it('opens no connection while there is no query or call', async () => {
      const { deployment, convex } = openPage()
      expect(statusOf(convex)).toBe('unauthenticated')
      await page.tick(10_000)
      expect(deployment.sockets).toHaveLength(0)
    })
  })

  describe('the sign-in hint in localStorage', () => {
    it('causes a token request in the same tick, in parallel with get-session', () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      void page.convex
      expect(source.requests).toHaveLength(1)
      expect(deployment.sockets).toHaveLength(1)
      expect(source.listenerCount).toBe(1)
    })

    it('is stored when the first token arrives, and contains no user id', async () => {
      const { source } = openPage({ user: 'silent' })
      void page.convex
      source.signIn('ada')
      await page.tick()
      expect(statusOf(page.convex)).toBe('authenticated')
      expect({ ...localStorage }).toEqual({ 'convue:https://scripted-deployment.convex.cloud': '1' })
    })

    it.each([
      ['the token request is denied', () => page.source.lastRequest.settle({ kind: 'denied' })],
      ['the provider reports that the user is signed out', () => page.source.report({ status: 'signedOut' })],
      ['signOut() is called', () => page.convex.auth.signOut()],
    ])('is removed when %s', async (_name, act) => {
      openPage({ user: 'silent' })
      leaveHint(page.deployment)
      void page.convex
      await act()
      await page.tick()
      expect(localStorage.length).toBe(0)
    })

    it('causes a token request whose denial does not sign out a user who has signed in meanwhile', async () => {
      const { source } = openPage({ user: 'silent' })
      leaveHint(page.deployment)
      void page.convex
      const asked = source.lastRequest
      source.signIn('ada')
      asked.settle({ kind: 'denied' })
      await page.tick()
      expect(statusOf(page.convex)).toBe('authenticated')
      expect(source.requests).toHaveLength(2)
    })

    it('does not keep a session alive if two token requests in a row are denied', async () => {
      const { source } = openPage({ user: 'silent' })
      leaveHint(page.deployment)
      void page.convex
      source.answer = () => ({ kind: 'denied' })
      source.report(signedIn('ada'))
      source.lastRequest.settle({ kind: 'denied' })
      await page.tick()
      expect(source.requests).toHaveLength(2)
      expect(page.convex.auth.error.value).toMatchObject({ code: 'SESSION_ENDED' })
    })

    it('has no effect if it was stored for another deployment', () => {
      openPage({ user: 'silent' })
      localStorage.setItem('convue:https://another-deployment.convex.cloud', '1')
      void page.convex
      expect(page.source.requests).toHaveLength(0)
    })

    it('is not required: a user can sign in and out if the browser blocks localStorage', async () => {
      vi.stubGlobal('localStorage', new Proxy({}, {
        get() {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        },
      }))
      const { source, convex } = openPage({ user: 'silent' })
      expect(statusOf(convex)).toBe('loading')
      expect(source.requests).toHaveLength(0)
      source.signIn('ada')
      await page.tick()
      expect(statusOf(convex)).toBe('authenticated')
      await convex.auth.signOut()
      expect(statusOf(convex)).toBe('unauthenticated')
    })
  })

  describe('a tab that cannot use BroadcastChannel', () => {
    it('authenticates the user if the constructor throws', async () => {
      vi.stubGlobal('BroadcastChannel', class {
        constructor() {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        }
      })
      const { convex } = openPage({ user: 'ada' })
      const { result } = page.run(useTasks)
      await page.tick()
      expect(statusOf(convex)).toBe('authenticated')
      expect(result.tasks.data.value).toBe('ada\'s tasks')
    })

    it('authenticates the user if the class does not exist', async () => {
      vi.stubGlobal('BroadcastChannel', undefined)
      const { convex } = openPage({ user: 'ada' })
      void convex
      await page.tick()
      expect(statusOf(convex)).toBe('authenticated')
    })
  })

  describe('boot with a session', () => {
    const burst = ['Connect', 'Authenticate', '+tasks:list {}, +users:whoami {}']

    it('sends one token request, one Authenticate, and all queries in one message', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      const { result } = page.run(() => ({ tasks: useAuthedQuery(api.tasks, {}), me: useConvexQuery(api.whoami) }))
      await page.tick(500)
      expect(page.takeFrames()).toEqual([])
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      source.report(signedIn('ada'))
      await page.tick(5000)
      expect(page.takeFrames()).toEqual(burst)
      expect(source.requests).toHaveLength(1)
      expect(deployment.sockets).toHaveLength(1)
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expect(result.me.data.value).toBe('ada')
      expect(subjectsOf(deployment, 'tasks:list')).toEqual(['ada'])
    })

    it('sends one Authenticate and then all queries if the token arrives before the socket opens', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      deployment.latencyMs = 200
      page.run(() => ({ tasks: useAuthedQuery(api.tasks, {}), me: useConvexQuery(api.whoami) }))
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(1000)
      expect(page.takeFrames()).toEqual(burst)
    })

    it('sends one Authenticate and then all queries if localStorage contains no sign-in hint', async () => {
      const { source } = openPage({ user: 'silent' })
      page.run(() => ({ tasks: useAuthedQuery(api.tasks, {}), me: useConvexQuery(api.whoami) }))
      await page.tick(300)
      source.report(signedIn('ada'))
      expect(source.requests).toHaveLength(1)
      await page.tick(300)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      expect(page.takeFrames()).toEqual(burst)
      expect(source.requests).toHaveLength(1)
    })

    it('needs one round trip from the arrival of the token to the first result of the user', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      deployment.latencyMs = 100
      const { result } = page.run(() => useAuthedQuery(api.tasks, {}))
      await page.tick(150)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(100)
      expect(result.data.value).toBe('ada\'s tasks')
    })

    it('sets the status to `loading`, `authenticating` and `authenticated`, once each', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      const { convex } = page
      const ticks = recordTicks(() => [convex.auth.status.value, convex.auth.isLoading.value, convex.auth.isAuthenticated.value])
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      source.report(signedIn('ada'))
      await page.tick()
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([['loading', true, false], ['authenticating', true, false], ['authenticated', false, true]])
    })
  })

  describe('the session that get-session returns', () => {
    it('causes no message and no update if it is returned again in a new object', async () => {
      const { source, deployment, convex } = openPage({ user: 'ada' })
      page.run(useTasks)
      await page.tick()
      const { user, session } = convex.auth
      const before = [user.value, session.value]
      page.takeFrames()
      const ticks = recordTicks(() => [convex.auth.status.value, convex.auth.user.value])
      for (let answers = 0; answers < 50; answers++)
        source.report(structuredClone(signedIn('ada')))
      await page.tick(60_000)
      expect(page.takeFrames()).toEqual([])
      expect(source.requests).toHaveLength(1)
      expect(deployment.sockets).toHaveLength(2) // One for ada, and one for public queries.
      expect(ticks).toHaveLength(1)
      expect([user.value, session.value]).toEqual(before)
      expect(user.value).toBe(before[0])
    })

    it('sets `user` without a message to the deployment if it arrives after the token', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      const { convex } = page
      page.run(() => useAuthedQuery(api.tasks, {}))
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      expect(convex.auth.user.value).toMatchObject({ id: 'ada' })
      expect(convex.auth.session.value).toBeNull()
      page.takeFrames()
      source.report(signedIn('ada'))
      expect(convex.auth.user.value).toEqual({ id: 'ada', name: 'ada' })
      await page.tick(5000)
      expect(page.takeFrames()).toEqual([])
      expect(source.requests).toHaveLength(1)
    })
  })

  describe('boot with a slow token', () => {
    it('runs optional queries anonymously after two seconds, and does not run required queries', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      const { result } = page.run(useTasks)
      await page.tick(1990)
      expect(result.me.data.value).toBeUndefined()
      expect(result.news.data.value).toBe('anonymous')
      await page.tick(30)
      expect(result.me.data.value).toBe('anonymous')
      expect(result.me.isStale.value).toBe(true)
      expect(result.tasks.status.value).toBe('pending')

      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      expect(result.me.data.value).toBe('ada')
      expect(result.me.isStale.value).toBe(false)
      expect(result.tasks.data.value).toBe('ada\'s tasks')
      expect(subjectsOf(deployment, 'tasks:list')).toEqual(['ada'])
    })

    it('shows anonymous results until the user\'s first results arrive', async () => {
      const { source, deployment } = openPage({ user: 'silent' })
      leaveHint(deployment)
      const { result } = page.run(() => useConvexQuery(api.whoami))
      await page.tick(2100)
      const ticks = recordTicks(() => result.data.value)
      deployment.latencyMs = 300
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(1000)
      expect(ticks).toEqual(['"anonymous"', '"ada"'])
      expect(deployment.liveSockets).toHaveLength(1)
    })

    it('runs optional queries anonymously 2 s after the page loads, even if get-session is slow', async () => {
      const { source } = openPage({ user: 'silent' })
      const { result } = page.run(() => useConvexQuery(api.whoami))
      await page.tick(1500)
      source.report(signedIn('ada'))
      await page.tick(600)
      expect(result.data.value).toBe('anonymous')
    })

    it('runs public queries at once', async () => {
      openPage({ user: 'silent' })
      const { result } = page.run(useTasks)
      await page.tick()
      expect(result.news.data.value).toBe('anonymous')
    })
  })

  describe('initialAuth', () => {
    const token = fakeToken('ada')
    const initialAuth = { token, user: { id: 'ada', name: 'Ada' }, session: { id: 'session-of-ada' } }

    it('authenticates the first connection without a token request', async () => {
      const { source, convex } = openPage({ user: 'silent', initialAuth })
      const { result } = page.run(() => useAuthedQuery(api.tasks, {}))
      expect(statusOf(convex)).toBe('authenticated')
      expect(convex.auth.user.value).toEqual({ id: 'ada', name: 'Ada' })
      await page.tick()
      source.report(signedIn('ada'))
      await page.tick(5000)
      expect(page.takeFrames()).toEqual(['Connect', 'Authenticate', '+tasks:list {}'])
      expect(source.requests).toHaveLength(0)
      expect(result.data.value).toBe('ada\'s tasks')
    })

    it('makes the page anonymous at once if it is null', async () => {
      const { convex } = openPage({ user: 'silent', initialAuth: null })
      const { result } = page.run(useTasks)
      expect(statusOf(convex)).toBe('unauthenticated')
      expect(result.tasks.status.value).toBe('paused')
      await page.tick()
      expect(result.me.data.value).toBe('anonymous')
    })

    it('sets the status to `refreshing` if its token is rejected, until another token arrives', async () => {
      const { source, deployment, convex } = openPage({ user: 'silent', initialAuth })
      deployment.accepts = value => value !== token
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      const ticks = recordTicks(() => convex.auth.status.value)
      const { result } = page.run(() => useAuthedQuery(api.tasks, {}))
      await page.tick(5000)
      expect(ticks).toEqual(['"authenticated"', '"refreshing"', '"authenticated"'])
      expect(result.data.value).toBe('ada\'s tasks')
      expect(subjectsOf(deployment, 'tasks:list')).not.toContain(null)
    })
  })
})
