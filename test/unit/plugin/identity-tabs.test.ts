import type { SessionSnapshot } from 'convue'
import { useAuthedQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, onMounted } from 'vue'
import { stubBroadcastChannel } from '../../support/scripted/broadcast-channel.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { identityApi as api, recordTicks, scriptIdentity } from '../../support/scripted/identity.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

/** One browser, whose tabs share their cookies. */
class Browser {
  session: SessionSnapshot = { status: 'signedOut' }

  openTab({ id, ...options }: ConstructorParameters<typeof ScriptedPage>[0] & { id?: string | Promise<string> } = {}) {
    const page = new ScriptedPage({ user: 'silent', ...options })
    const source = Object.assign(page.source, { id })
    scriptIdentity(page.deployment)
    source.refresh = () => {
      source.refreshes++
      queueMicrotask(() => source.report(structuredClone(this.session)))
    }
    source.answer = () => this.session.status === 'signedIn' ? { kind: 'token', token: fakeToken(this.session.userId) } : { kind: 'denied' }
    const { result: tasks } = page.run(() => useAuthedQuery(api.tasks, {}))
    source.report(this.session)
    return { page, source, tasks, convex: page.convex }
  }
}

let browser: Browser
let channel: ReturnType<typeof stubBroadcastChannel>
afterEach(() => {
  expect(channel.openCount()).toBe(0)
  vi.unstubAllGlobals()
})
setupScriptedPage()
beforeEach(() => {
  browser = new Browser()
  channel = stubBroadcastChannel()
})

const tick = async (): Promise<void> => void await vi.advanceTimersByTimeAsync(100)

async function openTwoTabs(session: SessionSnapshot) {
  browser.session = session
  const tabs = [browser.openTab(), browser.openTab()] as const
  await tick()
  return tabs
}

describe('createConvex', () => {
  describe('a sign-in in another tab', () => {
    it('signs this tab in', async () => {
      const [here, there] = await openTwoTabs({ status: 'signedOut' })
      browser.session = signedIn('ada')
      there.source.report(browser.session)
      await tick()
      expect(here.convex.auth.status.value).toBe('authenticated')
      expect(here.tasks.data.value).toBe('ada\'s tasks')
    })

    it('removes the data of the previous user in the tick in which the next user is shown', async () => {
      const [here, there] = await openTwoTabs(signedIn('ada'))
      expect(here.tasks.data.value).toBe('ada\'s tasks')
      const ticks = recordTicks(() => [here.convex.auth.user.value?.id, here.tasks.data.value])
      browser.session = signedIn('bea')
      there.source.report(browser.session)
      await tick()
      expect(ticks.map(text => JSON.parse(text))).toEqual([['ada', 'ada\'s tasks'], ['bea', null], ['bea', 'bea\'s tasks']])
      expect(here.page.deployment.liveSockets.map(({ subject }) => subject)).toEqual(['bea'])
    })
  })

  describe('a sign-out in another tab', () => {
    it('signs this tab out', async () => {
      const [here, there] = await openTwoTabs(signedIn('ada'))
      browser.session = { status: 'signedOut' }
      await there.convex.auth.signOut()
      await tick()
      expect(here.convex.auth.status.value).toBe('unauthenticated')
      expect(here.tasks.data.value).toBeUndefined()
      expect(here.page.deployment.liveSockets).toEqual([])
    })

    it('causes a session request, and is ignored if the session continues', async () => {
      const [here, there] = await openTwoTabs(signedIn('ada'))
      // The provider keeps the session.
      await there.convex.auth.signOut()
      await tick()
      expect(here.source.refreshes).toBe(1)
      expect(here.convex.auth.status.value).toBe('authenticated')
      expect(here.tasks.data.value).toBe('ada\'s tasks')
    })

    it('changes nothing in this tab if the session request fails', async () => {
      const [here, there] = await openTwoTabs(signedIn('ada'))
      browser.session = { status: 'failed', error: new Error('offline') }
      there.source.report({ status: 'signedOut' })
      await tick()
      expect(here.convex.auth.status.value).toBe('authenticated')
    })
  })

  describe('an identity change in another tab while session requests fail', () => {
    const failed: SessionSnapshot = { status: 'failed', error: new Error('too many requests') }

    it.each([
      ['a sign-out', signedIn('ada'), { status: 'signedOut' } as const, undefined],
      ['a sign-in', { status: 'signedOut' } as const, signedIn('bea'), 'bea\'s tasks'],
      ['a switch to another user', signedIn('ada'), signedIn('bea'), 'bea\'s tasks'],
    ])('causes session requests until one of them succeeds: %s', async (_name, before, then, tasks) => {
      browser.session = before
      const here = browser.openTab()
      const there = browser.openTab()
      await tick()
      browser.session = failed
      there.source.report(then)
      await vi.advanceTimersByTimeAsync(10_000)
      // One request at once, and one after each of the first three delays of the back-off.
      expect(here.source.refreshes).toBeGreaterThanOrEqual(4)
      browser.session = then
      await vi.advanceTimersByTimeAsync(60_000)
      expect(here.tasks.data.value).toBe(tasks)
      here.source.refreshes = 0
      await vi.advanceTimersByTimeAsync(600_000)
      expect(here.source.refreshes).toBe(0)
    })

    it('causes further calls of refresh() until the provider reports a session', async () => {
      browser.session = signedIn('ada')
      const here = browser.openTab()
      const there = browser.openTab()
      await tick()
      const { refresh } = here.source
      here.source.refresh = () => {}
      browser.session = signedIn('bea')
      there.source.report(browser.session)
      await vi.advanceTimersByTimeAsync(9000)
      here.source.refresh = refresh
      await vi.advanceTimersByTimeAsync(3000)
      expect(here.tasks.data.value).toBe('bea\'s tasks')
    })
  })

  describe('pageshow', () => {
    const comeBack = (persisted: boolean): boolean => dispatchEvent(Object.assign(new Event('pageshow'), { persisted }))

    it('causes a session request if the page is restored from the back/forward cache', async () => {
      browser.session = signedIn('ada')
      const here = browser.openTab()
      await tick()
      browser.session = signedIn('bea')
      comeBack(true)
      await tick()
      expect(here.tasks.data.value).toBe('bea\'s tasks')
      expect(here.source.refreshes).toBe(1)
    })

    it('causes no session request if the page was loaded normally', async () => {
      browser.session = signedIn('ada')
      const here = browser.openTab()
      comeBack(false)
      await tick()
      expect(here.source.refreshes).toBe(0)
    })
  })

  describe('ten tabs', () => {
    it('send one message at an identity change, after which each other tab requests the session', async () => {
      const tabs = Array.from({ length: 10 }, () => browser.openTab())
      await tick()
      channel.messages.length = 0
      for (const { source } of tabs)
        source.refreshes = 0
      browser.session = signedIn('ada')
      tabs[3]!.source.report(browser.session)
      await tick()
      expect(channel.messages).toHaveLength(1)
      expect(tabs.map(({ source }) => source.refreshes).sort()).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
      expect(tabs.every(({ convex }) => convex.auth.status.value === 'authenticated')).toBe(true)
    })

    it('send no message to each other while the identity does not change', async () => {
      browser.session = signedIn('ada')
      const tabs = Array.from({ length: 3 }, () => browser.openTab())
      await tick()
      channel.messages.length = 0
      for (const { source } of tabs)
        source.report(structuredClone(browser.session))
      await vi.advanceTimersByTimeAsync(1_800_000)
      expect(channel.messages).toEqual([])
    })
  })

  describe('two apps on one page with separate providers', () => {
    it.each([true, false])('keep separate users although they share a channel (provider with refresh(): %s)', async (canRefresh) => {
      const other = new Browser()
      browser.session = signedIn('ada')
      other.session = signedIn('bea')
      const first = browser.openTab()
      const second = other.openTab()
      if (!canRefresh) {
        for (const { source } of [first, second])
          Object.assign(source, { refresh: undefined })
      }
      await tick()
      const shown = (): unknown[] => [first.tasks.data.value, second.tasks.data.value]
      expect(shown()).toEqual(['ada\'s tasks', 'bea\'s tasks'])
      // One announcement for each user, and at most one more token request for each announcement.
      expect(channel.messages).toHaveLength(2)
      expect(first.source.requests.length + second.source.requests.length).toBeLessThanOrEqual(4)
      browser.session = { status: 'signedOut' }
      await first.convex.auth.signOut()
      await tick()
      expect(shown()).toEqual([undefined, 'bea\'s tasks'])
      channel.messages.length = 0
      await vi.advanceTimersByTimeAsync(600_000)
      expect(channel.messages).toEqual([])
      expect(second.convex.auth.status.value).toBe('authenticated')
    })
  })

  describe('two apps of one origin whose providers have different ids', () => {
    it('send their messages on different channels', async () => {
      const other = new Browser()
      const first = browser.openTab({ id: 'https://one.example/api/auth' })
      const second = other.openTab({ id: Promise.resolve('https://two.example/api/auth') })
      await tick()
      channel.messages.length = 0
      for (const { source } of [first, second])
        source.refreshes = 0
      browser.session = signedIn('ada')
      first.source.report(browser.session)
      await tick()
      other.session = signedIn('bea')
      second.source.report(other.session)
      await tick()
      expect([first.source.refreshes, second.source.refreshes]).toEqual([0, 0])
      expect(channel.messages).toEqual([
        { channel: 'convue:https://scripted-deployment.convex.cloud:https://one.example/api/auth', data: 'ada' },
        { channel: 'convue:https://scripted-deployment.convex.cloud:https://two.example/api/auth', data: 'bea' },
      ])
    })
  })

  describe('a message of another tab about an identity that the provider does not confirm', () => {
    it.each([
      ['sent by a tab whose session data are wrong', async () => {
        const misled = browser.openTab()
        await tick()
        misled.source.report({ status: 'signedOut' })
      }],
      ['sent by another app', async () => {
        const other = new BroadcastChannel('convue:https://scripted-deployment.convex.cloud')
        other.postMessage(null)
        other.close()
      }],
    ])('does not prevent the message about a later sign-out: %s', async (_name, mislead) => {
      const [here, there] = await openTwoTabs(signedIn('ada'))
      await mislead()
      await tick()
      expect([here.tasks.data.value, there.tasks.data.value]).toEqual(['ada\'s tasks', 'ada\'s tasks'])
      browser.session = { status: 'signedOut' }
      await here.convex.auth.signOut()
      await tick()
      expect(there.convex.auth.status.value).toBe('unauthenticated')
      expect(there.tasks.data.value).toBeUndefined()
    })

    it('does not prevent the message about a later sign-out while a token request is pending', async () => {
      const [here, there] = await openTwoTabs(signedIn('ada'))
      here.source.answer = () => new Promise(() => {})
      vi.setSystemTime(Date.now() + 7_200_000)
      document.dispatchEvent(new Event('visibilitychange'))
      const other = new BroadcastChannel('convue:https://scripted-deployment.convex.cloud')
      other.postMessage(null)
      other.close()
      await tick()
      browser.session = { status: 'signedOut' }
      await here.convex.auth.signOut()
      await tick()
      expect(there.convex.auth.status.value).toBe('unauthenticated')
    })

    it('does not prevent the message about a later sign-out if session requests fail at first', async () => {
      const [here, there] = await openTwoTabs(signedIn('ada'))
      browser.session = { status: 'failed', error: new Error('too many requests') }
      const other = new BroadcastChannel('convue:https://scripted-deployment.convex.cloud')
      other.postMessage(null)
      other.close()
      await vi.advanceTimersByTimeAsync(10_000)
      browser.session = signedIn('ada')
      await vi.advanceTimersByTimeAsync(60_000)
      browser.session = { status: 'signedOut' }
      await here.convex.auth.signOut()
      await tick()
      expect(there.convex.auth.status.value).toBe('unauthenticated')
    })
  })

  describe('a message that reaches a tab before its provider has answered', () => {
    function announce(userId: string | null): void {
      const other = new BroadcastChannel('convue:https://scripted-deployment.convex.cloud')
      other.postMessage(userId)
      other.close()
    }

    it.each([['a user', 'ada', signedIn('ada')], ['anonymous', null, { status: 'signedOut' } as const]])('causes no session request if the provider then reports the same identity: %s', async (_name, userId, session) => {
      browser.session = { status: 'pending' }
      const here = browser.openTab()
      announce(userId)
      await tick()
      browser.session = session
      here.source.report(session)
      await tick()
      expect(here.source.refreshes).toBe(0)
      expect(here.convex.auth.user.value?.id ?? null).toBe(userId)
      // The tab does not announce the identity again.
      expect(channel.messages).toHaveLength(1)
    })

    it.each([['a user', signedIn('ada')], ['anonymous', { status: 'signedOut' } as const]])('causes a session request if the provider then reports another identity: %s', async (_name, late) => {
      browser.session = { status: 'pending' }
      const here = browser.openTab()
      announce('bea')
      await tick()
      expect(here.source.refreshes).toBe(0)
      browser.session = signedIn('bea')
      here.source.report(late)
      await tick()
      expect(here.source.refreshes).toBe(1)
      expect(here.tasks.data.value).toBe('bea\'s tasks')
    })
  })

  describe('a message between tabs', () => {
    it('contains the user id, but neither a token nor a session', async () => {
      browser.session = signedIn('ada')
      browser.openTab()
      await tick()
      expect(channel.messages).toEqual([{ channel: expect.stringContaining('scripted-deployment'), data: 'ada' }])
    })

    it.each([undefined, 42, {}, 'mallory', ['ada']])('changes nothing in the tab that receives it if its content is invalid: %o', async (data) => {
      browser.session = signedIn('ada')
      const here = browser.openTab()
      await tick()
      const ticks = recordTicks(() => [here.convex.auth.status.value, here.tasks.data.value])
      const other = new BroadcastChannel('convue:https://scripted-deployment.convex.cloud')
      other.postMessage(data)
      other.close()
      await tick()
      expect(ticks).toHaveLength(1)
      expect(here.source.requests).toHaveLength(1)
      // The tab still announces a change.
      channel.messages.length = 0
      await here.convex.auth.signOut()
      expect(channel.messages).toHaveLength(1)
    })

    it('causes a session request each time, even if it equals the previous message', async () => {
      browser.session = signedIn('ada')
      const here = browser.openTab()
      await tick()
      here.source.refreshes = 0
      const other = new BroadcastChannel('convue:https://scripted-deployment.convex.cloud')
      for (let announcement = 0; announcement < 2; announcement++) {
        other.postMessage(null)
        await tick()
      }
      other.close()
      expect(here.source.refreshes).toBe(2)
    })

    it('reaches a plugin that a component has created in `onMounted`', async () => {
      const outer = browser.openTab()
      browser.session = signedIn('ada')
      let inner: ReturnType<Browser['openTab']> | undefined
      outer.page.mount(defineComponent(() => {
        onMounted(() => inner = browser.openTab())
        return () => null
      }))
      await tick()
      expect(channel.openCount()).toBe(2)
      browser.session = signedIn('bea')
      outer.source.report(browser.session)
      await tick()
      expect(inner!.tasks.data.value).toBe('bea\'s tasks')
    })

    it('does not reach apps of another deployment', async () => {
      const here = browser.openTab()
      const elsewhere = browser.openTab({ url: 'https://another-deployment.convex.cloud' })
      await tick()
      elsewhere.source.refreshes = 0
      browser.session = signedIn('ada')
      here.source.report(browser.session)
      await tick()
      expect(elsewhere.source.refreshes).toBe(0)
    })
  })

  describe('a provider without refresh()', () => {
    it('receives a token request when another tab announces another user', async () => {
      browser.session = signedIn('ada')
      const here = browser.openTab()
      Object.assign(here.source, { refresh: undefined })
      const there = browser.openTab()
      await tick()
      browser.session = signedIn('bea')
      there.source.report(browser.session)
      await tick()
      expect(here.tasks.data.value).toBe('bea\'s tasks')
    })

    it('receives a token request when another tab announces a sign-out', async () => {
      browser.session = signedIn('ada')
      const here = browser.openTab()
      Object.assign(here.source, { refresh: undefined })
      const there = browser.openTab()
      await tick()
      browser.session = { status: 'signedOut' }
      await there.convex.auth.signOut()
      await tick()
      expect(here.convex.auth.status.value).toBe('unauthenticated')
    })

    it('receives a token request when another tab announces a sign-in', async () => {
      const here = browser.openTab()
      Object.assign(here.source, { refresh: undefined })
      const there = browser.openTab()
      await tick()
      browser.session = signedIn('ada')
      there.source.report(browser.session)
      await tick()
      expect(here.tasks.data.value).toBe('ada\'s tasks')
      // A later report of a sign-out counts, although the provider has reported a sign-out before.
      here.source.report({ status: 'signedOut' })
      expect(here.tasks.data.value).toBeUndefined()
    })
  })

  describe('pageshow after a sign-out in another tab', () => {
    const show = (persisted: boolean): unknown => window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }))

    it('signs this tab out if the page is restored from the back/forward cache', async () => {
      browser.session = signedIn('ada')
      const here = browser.openTab()
      await tick()
      expect(here.tasks.data.value).toBe('ada\'s tasks')
      browser.session = { status: 'signedOut' }
      show(true)
      await tick()
      expect(here.convex.auth.status.value).toBe('unauthenticated')
      expect(here.tasks.data.value).toBeUndefined()
    })

    it('causes no session request if the page is shown for the first time', async () => {
      const here = browser.openTab()
      await tick()
      show(false)
      expect(here.source.refreshes).toBe(0)
    })
  })
})
