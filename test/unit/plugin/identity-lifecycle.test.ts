import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { ConvueError, createConvex, useAuthedQuery, useConvexAuth, useConvexClient, useConvexMutation, useConvexQuery } from 'convue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { reactive } from 'vue'
import { stubBroadcastChannel } from '../../support/scripted/broadcast-channel.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { identityApi as api, leaveHint, recordTicks, scriptIdentity } from '../../support/scripted/identity.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'
import { ScriptedSource, signedIn } from '../../support/scripted/scripted-source.ts'

afterEach(() => void vi.unstubAllGlobals())
setupScriptedPage()

function openPage(options?: ScriptedPageOptions): ScriptedPage {
  const page = new ScriptedPage(options)
  scriptIdentity(page.deployment)
  return page
}

/** The outcome of a promise so far, without waiting for it. */
function watched<T>(promise: Promise<T>): { value: T | 'pending' | 'rejected' } {
  const outcome: { value: T | 'pending' | 'rejected' } = { value: 'pending' }
  promise.then(value => outcome.value = value, () => outcome.value = 'rejected')
  return outcome
}

function refuseNow({ deployment }: ScriptedPage): void {
  const socket = deployment.liveSockets.at(-1)!
  socket.onmessage!({ data: JSON.stringify({ type: 'AuthError', error: 'Token expired', baseVersion: 1, authUpdateAttempted: false }) })
  socket.drop(1000)
}

describe('useConvexAuth', () => {
  describe('ready', () => {
    it('resolves with true once the deployment has confirmed the user, not before', async () => {
      const page = openPage({ user: 'silent' })
      const ready = watched(page.convex.auth.ready())
      await page.tick(1000)
      expect(ready.value).toBe('pending')
      page.source.report(signedIn('ada'))
      await page.tick(1000)
      expect(ready.value).toBe('pending')
      page.deployment.isHolding = true
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(1000)
      expect(page.convex.auth.status.value).toBe('authenticating')
      expect(ready.value).toBe('pending')
      page.deployment.flush()
      await page.tick(0)
      expect(ready.value).toBe(true)
    })

    it('resolves with true at once if the deployment has already confirmed the user', async () => {
      const page = openPage({ user: 'ada' })
      void page.convex
      await page.tick()
      await expect(page.convex.auth.ready()).resolves.toBe(true)
    })

    it('resolves with false once the provider reports that no user is signed in', async () => {
      const page = openPage({ user: 'silent' })
      const ready = watched(page.convex.auth.ready())
      await page.tick(1000)
      expect(ready.value).toBe('pending')
      page.source.report({ status: 'signedOut' })
      await page.tick(0)
      expect(ready.value).toBe(false)
      await expect(page.convex.auth.ready()).resolves.toBe(false)
      expect(page.convex.auth.error.value).toBeNull()
    })

    it.each([
      ['the session', (page: ScriptedPage) => page.source.report({ status: 'failed', error: new Error('503') })],
      ['the token', (page: ScriptedPage) => {
        page.source.report(signedIn('ada'))
        page.source.lastRequest.settle({ kind: 'failed', error: new Error('503') })
      }],
    ])('resolves with undefined and sets `error` if the request for %s fails', async (_name, fail) => {
      const page = openPage({ user: 'silent' })
      const ready = watched(page.convex.auth.ready())
      fail(page)
      await page.tick(0)
      expect(ready.value).toBeUndefined()
      expect(page.convex.auth.error.value).toMatchObject({ message: '503' })
    })

    it('resolves with undefined if the provider does not answer within ten seconds', async () => {
      const page = openPage({ user: 'silent' })
      const ready = watched(page.convex.auth.ready())
      await page.tick(9990)
      expect(ready.value).toBe('pending')
      await page.tick(20)
      expect(ready.value).toBeUndefined()
      expect(page.convex.auth.error.value).toMatchObject({ code: 'TOKEN_REQUEST_TIMEOUT' })
    })

    it('resolves with false if the token request is denied', async () => {
      const page = openPage({ user: 'silent' })
      leaveHint(page.deployment)
      const ready = watched(page.convex.auth.ready())
      page.source.lastRequest.settle({ kind: 'denied' })
      await page.tick(0)
      expect(ready.value).toBe(false)
    })

    it('waits while the status is `refreshing`, until the user is confirmed again', async () => {
      const page = openPage({ user: 'ada' })
      void page.convex
      await page.tick()
      page.source.answer = null
      refuseNow(page)
      const ready = watched(page.convex.auth.ready())
      await page.tick(1000)
      expect(page.convex.auth.status.value).toBe('refreshing')
      expect(ready.value).toBe('pending')
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(2000)
      expect(ready.value).toBe(true)
    })

    it('waits as long as the deployment is unreachable, and then resolves with true', async () => {
      const page = openPage({ user: 'ada' })
      page.deployment.isReachable = false
      const ready = watched(page.convex.auth.ready())
      await page.tick(60_000)
      expect(ready.value).toBe('pending')
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(ready.value).toBe(true)
    })

    it('resolves even if the component that called it is unmounted', async () => {
      const page = openPage({ user: 'silent' })
      const { result, stop } = page.run(() => watched(useConvexAuth().ready()))
      stop()
      page.source.signIn('ada')
      await page.tick()
      expect(result.value).toBe(true)
    })

    it('resolves for every caller if it is called several times', async () => {
      const page = openPage({ user: 'silent' })
      const readies = Array.from({ length: 5 }, () => page.convex.auth.ready())
      page.source.signIn('ada')
      await page.tick()
      expect(await Promise.all(readies)).toEqual([true, true, true, true, true])
    })
  })

  describe('status', () => {
    it('becomes `authenticated` in the tick in which the first data appears', async () => {
      const page = openPage({ user: 'ada' })
      page.deployment.isCoalescing = true
      const { result } = page.run(() => useAuthedQuery(api.tasks, {}))
      const ticks = recordTicks(() => [page.convex.auth.status.value, result.data.value])
      await page.tick()
      expect(ticks.map(tick => JSON.parse(tick))).toEqual([['loading', null], ['authenticating', null], ['authenticated', 'ada\'s tasks']])
    })
  })

  describe('signOut', () => {
    it('resolves once the page is anonymous', async () => {
      const page = openPage({ user: 'ada' })
      const { signOut } = page.convex.auth
      await page.tick()
      const done = signOut()
      expect(page.convex.auth.status.value).toBe('authenticated')
      await expect(done).resolves.toBeUndefined()
      expect(page.convex.auth.status.value).toBe('unauthenticated')
      expect(page.convex.auth.error.value).toBeNull()
      expect(page.source.signOuts).toBe(1)
    })

    it('rejects with a ConvueError and changes nothing if the request fails', async () => {
      const page = openPage({ user: 'ada' })
      const { result } = page.run(() => useAuthedQuery(api.tasks, {}))
      await page.tick()
      page.takeFrames()
      const ticks = recordTicks(() => [page.convex.auth.status.value, page.convex.auth.error.value, result.data.value])
      page.source.signOutError = new TypeError('Failed to fetch')
      const error = await page.convex.auth.signOut().catch(error => error)
      expect(error).toBeInstanceOf(ConvueError)
      expect(error).toMatchObject({ code: 'SIGN_OUT_FAILED', cause: page.source.signOutError })
      await page.tick(5000)
      expect(ticks).toHaveLength(1)
      expect(page.takeFrames()).toEqual([])
      expect(localStorage.length).toBe(1)
      page.source.signOutError = null
      await page.convex.auth.signOut()
      expect(page.convex.auth.status.value).toBe('unauthenticated')
    })

    it('can be called twice, while the page is anonymous, and before the identity is known', async () => {
      const page = openPage({ user: 'silent' })
      leaveHint(page.deployment)
      await Promise.all([page.convex.auth.signOut(), page.convex.auth.signOut()])
      await page.convex.auth.signOut()
      expect(page.convex.auth.status.value).toBe('unauthenticated')
      await page.tick(60_000)
      expect(page.source.requests).toHaveLength(1)
    })
  })
})

describe('createConvex', () => {
  describe('two apps on one page', () => {
    it('have separate identities if they use two deployments', async () => {
      const one = openPage({ user: 'ada' })
      const other = openPage({ user: 'bea', url: 'https://another-deployment.convex.cloud' })
      const tasks = [one, other].map(page => page.run(() => useAuthedQuery(api.tasks, {})).result)
      await one.tick()
      expect(tasks.map(({ data }) => data.value)).toEqual(['ada\'s tasks', 'bea\'s tasks'])
      await one.convex.auth.signOut()
      expect(tasks.map(({ data }) => data.value)).toEqual([undefined, 'bea\'s tasks'])
      expect(other.convex.auth.status.value).toBe('authenticated')
      expect(Object.keys(localStorage)).toEqual(['convue:https://another-deployment.convex.cloud'])
      await one.convex.close()
      await one.tick(1_000_000)
      expect(other.convex.auth.status.value).toBe('authenticated')
      expect(other.source.requests).toHaveLength(2)
    })

    it('have separate identities if they use the same deployment', async () => {
      stubBroadcastChannel()
      const one = openPage({ user: 'ada' })
      const other = openPage({ user: 'bea' })
      const tasks = [one, other].map(page => page.run(() => useAuthedQuery(api.tasks, {})).result)
      for (const { source } of [one, other])
        source.refresh = () => source.report(structuredClone(source.getSnapshot()))
      await one.tick(1000)
      expect(tasks.map(({ data }) => data.value)).toEqual(['ada\'s tasks', 'bea\'s tasks'])
      one.source.report({ status: 'signedOut' })
      await one.tick(1000)
      expect(tasks.map(({ data }) => data.value)).toEqual([undefined, 'bea\'s tasks'])
    })
  })

  describe('close', () => {
    const stages: [string, (page: ScriptedPage) => unknown][] = [
      ['before the provider has answered', () => {}],
      ['during the first token request', page => page.source.report(signedIn('ada'))],
      ['in a back-off', async (page) => {
        page.source.answer = () => ({ kind: 'failed', error: new Error('503') })
        page.source.report(signedIn('ada'))
        await page.tick()
      }],
      ['while the token is being confirmed', async (page) => {
        page.deployment.isHolding = true
        page.source.signIn('ada')
        await page.tick()
      }],
      ['while a user is signed in', async (page) => {
        page.source.signIn('ada')
        await page.tick()
      }],
      ['while a rejected token is being replaced', async (page) => {
        page.source.signIn('ada')
        await page.tick()
        page.source.answer = null
        refuseNow(page)
        await page.tick()
      }],
      ['during a renewal', async (page) => {
        page.source.signIn('ada')
        await page.tick()
        page.source.answer = null
        await page.tick(895_000)
      }],
      ['while the deployment is unreachable', async (page) => {
        page.deployment.isReachable = false
        page.source.signIn('ada')
        await page.tick(5000)
      }],
      ['while the page is anonymous', async (page) => {
        page.source.report({ status: 'signedOut' })
        await page.tick()
      }],
    ]

    it.each(stages)('removes every timer, listener, socket, channel and request if it is called %s', async (_name, reach) => {
      const channel = stubBroadcastChannel()
      const page = openPage({ user: 'silent' })
      leaveHint(page.deployment)
      page.run(() => [
        useAuthedQuery(api.tasks, {}),
        useConvexQuery(api.whoami),
        useConvexQuery(api.whoami, {}, { auth: 'public' }),
      ])
      expect(channel.openCount()).toBe(1)
      await reach(page)
      const closed = page.convex.close()
      page.deployment.isHolding = false
      await page.tick()
      await closed
      expect(vi.getTimerCount()).toBe(0)
      expect(page.deployment.liveSockets).toEqual([])
      expect(page.source.listenerCount).toBe(0)
      expect(channel.openCount()).toBe(0)
      expect(page.source.requests.every(({ signal }, i, { length }) => i < length - 1 || signal.aborted || page.convex.auth.status.value !== 'loading')).toBe(true)

      const { length } = page.deployment.sockets
      const requests = page.source.requests.length
      window.dispatchEvent(new Event('online'))
      document.dispatchEvent(new Event('visibilitychange'))
      await page.tick(600_000)
      expect(page.deployment.sockets).toHaveLength(length)
      expect(page.source.requests).toHaveLength(requests)
      expect(vi.getTimerCount()).toBe(0)
    })

    it('runs when the app is unmounted', async () => {
      const page = openPage({ user: 'ada' })
      const { app } = page
      app.mount(document.createElement('div'))
      page.run(() => useAuthedQuery(api.tasks, {}))
      await page.tick()
      expect(page.deployment.liveSockets).toHaveLength(1)
      app.unmount()
      await page.tick()
      expect(page.deployment.liveSockets).toEqual([])
      expect(page.source.listenerCount).toBe(0)
      expect(vi.getTimerCount()).toBe(0)
    })

    it('makes pending calls and later calls reject with the code CLOSED', async () => {
      const page = openPage({ user: 'ada' })
      const { result } = page.run(() => ({ add: useConvexMutation(api.add), client: useConvexClient() }))
      await page.tick()
      page.deployment.isHolding = true
      const addition = result.add.mutate({}).catch(error => error)
      await page.tick()
      void page.convex.close()
      expect(await addition).toMatchObject({ code: 'CLOSED' })
      expect(await result.add.mutate({}).catch(error => error)).toMatchObject({ code: 'CLOSED' })
      expect(() => page.convex.client).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    })
  })

  describe('a query() call of useConvexClient', () => {
    it('closes the anonymous connection after its result has arrived', async () => {
      const page = openPage()
      const { result } = page.run(useConvexClient)
      const answer = result.query(api.whoami)
      await page.tick()
      await expect(answer).resolves.toBe('anonymous')
      await page.tick()
      expect(page.deployment.liveSockets).toEqual([])
    })

    it('opens no connection until the identity is known, and then runs as the user', async () => {
      const page = openPage({ user: 'silent' })
      const { result } = page.run(useConvexClient)
      const answer = result.query(api.whoami)
      await page.tick()
      expect(page.deployment.sockets).toEqual([])
      page.source.signIn('ada')
      await page.tick()
      await expect(answer).resolves.toBe('ada')
      expect(page.deployment.sockets).toHaveLength(1)
    })
  })

  describe('the warning about unsaved changes', () => {
    const isWarned = (): boolean => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))

    it('is shown while a call is pending, but not for a call of the previous user', async () => {
      const page = openPage({ user: 'ada' })
      const { result } = page.run(() => useConvexMutation(api.add))
      await page.tick()
      expect(isWarned()).toBe(false)
      page.deployment.isHolding = true
      const addition = result.mutate({}).catch(() => {})
      await page.tick()
      expect(isWarned()).toBe(true)
      page.source.signIn('bea')
      await addition
      expect(isWarned()).toBe(false)
    })

    it('is shown while a call waits until the identity is known', async () => {
      const page = openPage({ user: 'silent' })
      const { result } = page.run(() => useConvexMutation(api.add))
      result.mutate({}).catch(() => {})
      expect(isWarned()).toBe(true)
      page.source.signIn('ada')
      await page.tick()
      expect(isWarned()).toBe(false)
    })

    it('is not shown if `unsavedChangesWarning` is false, or after close()', async () => {
      const page = openPage({ user: 'ada', clientOptions: { unsavedChangesWarning: false } })
      const { result } = page.run(() => useConvexMutation(api.add))
      await page.tick()
      page.deployment.isHolding = true
      result.mutate({}).catch(() => {})
      await page.tick()
      expect(isWarned()).toBe(false)
      const other = openPage({ user: 'ada', url: 'https://another-deployment.convex.cloud' })
      const { result: call } = other.run(() => useConvexMutation(api.add))
      call.mutate({}).catch(() => {})
      expect(isWarned()).toBe(true)
      void other.convex.close()
      expect(isWarned()).toBe(false)
    })
  })

  describe('on a server', () => {
    it('sends no request, opens no connection, and resolves ready() at once', async () => {
      vi.stubGlobal('window', undefined)
      const source = new ScriptedSource()
      const channel = stubBroadcastChannel()
      const sockets = vi.fn()
      const convex = createConvex({ url: 'https://scripted-deployment.convex.cloud', tokenSource: source, clientOptions: { webSocketConstructor: sockets as never } })
      await expect(convex.auth.ready()).resolves.toBeUndefined()
      expect(convex.auth.status.value).toBe('loading')
      expect(source.listenerCount).toBe(0)
      expect(source.requests).toEqual([])
      expect(sockets).not.toHaveBeenCalled()
      expect(channel.openCount()).toBe(0)
      expect(vi.getTimerCount()).toBe(0)
      expect(() => convex.client).toThrow(expect.objectContaining({ code: 'CLIENT_UNAVAILABLE' }))
      await convex.close()
    })
  })

  describe('invalid options', () => {
    it.each([
      ['no url', {}, 'URL_INVALID'],
      ['an invalid url', { url: 'happy-otter-123' }, 'URL_INVALID'],
      ['two sources', { url: 'https://a.convex.cloud', authClient: {}, tokenSource: {} }, 'AUTH_SOURCE_CONFLICT'],
      ['an invalid auth client', { url: 'https://a.convex.cloud', authClient: {} }, 'AUTH_CLIENT_INVALID'],
    ])('make createConvex throw an error whose code names the mistake: %s', (_name, options, code) => {
      expect(() => createConvex(options as never)).toThrow(expect.objectContaining({ code }))
      expect(vi.getTimerCount()).toBe(0)
    })
  })

  describe('a plugin in reactive state', () => {
    it('is the same object, not a reactive proxy', () => {
      const { convex } = openPage()
      expect(reactive({ convex }).convex).toBe(convex)
    })
  })
})
