import type { ConvexPlugin, SessionSnapshot, TokenOutcome, TokenSource } from 'convue'
import type { ScriptedTab } from '../../support/scripted/shared-worker.ts'
import { createConvex } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stubBroadcastChannel } from '../../support/scripted/broadcast-channel.ts'
import { fakeToken, subjectOf } from '../../support/scripted/fake-token.ts'
import { ScriptedDeployment } from '../../support/scripted/scripted-deployment.ts'
import { ScriptedSource, signedIn } from '../../support/scripted/scripted-source.ts'
import { ScriptedTabs } from '../../support/scripted/shared-worker.ts'

/** When a token whose lifetime is 900 s is renewed. */
const RENEWAL_MS = 810_000
const LATENCY_MS = 100

interface Tab {
  source: ScriptedSource
  page: ScriptedTab
  convex: ConvexPlugin
}

let deployment: ScriptedDeployment
let browser: ScriptedTabs
let tabs: Tab[]
/** The user whose session cookie the browser has. */
let cookie: string | null
/** The answers to all token requests that have not been aborted. */
let issued: string[]
let requests: number

beforeEach(() => {
  vi.useFakeTimers()
  stubBroadcastChannel()
  deployment = new ScriptedDeployment()
  deployment.isPinging = true
  browser = new ScriptedTabs(deployment.clientOptions.webSocketConstructor)
  tabs = []
  issued = []
  requests = 0
  cookie = 'ada'
})

afterEach(async () => {
  const closed = Promise.all(tabs.map(({ convex }) => convex.close()))
  await vi.advanceTimersByTimeAsync(60_000)
  await closed
  localStorage.clear()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const settle = (ms = 1000): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** The answer of the token endpoint to a browser with the current cookie. */
async function answer(): Promise<TokenOutcome> {
  const user = cookie
  requests++
  await new Promise(resolve => setTimeout(resolve, LATENCY_MS))
  if (!user)
    return { kind: 'denied' }
  const token = fakeToken(user)
  issued.push(token)
  return { kind: 'token', token }
}

/** Opens a tab. `pending`: its provider has not reported the session yet. */
function openTab(snapshot: SessionSnapshot | 'pending' = signedIn('ada'), options: { initialAuth?: any } = {}): Tab {
  const page = browser.open()
  const source = new ScriptedSource(snapshot === 'pending' ? { status: 'pending', mayBeSignedIn: true } : snapshot)
  source.answer = answer
  const clientOptions = { webSocketConstructor: page.WebSocket, logger: false as const }
  const convex = createConvex({ url: deployment.url, tokenSource: source, clientOptions, ...options })
  void convex.auth.ready()
  void convex.client
  const tab = { source, page, convex }
  tabs.push(tab)
  return tab
}

const openTabs = (count: number): Tab[] => Array.from({ length: count }, () => openTab())
const stateOf = ({ convex: { auth } }: Tab): unknown[] => [auth.status.value, auth.user.value?.id]
const states = (): unknown[][] => tabs.map(stateOf)
const all = (status: string, id?: string): unknown[][] => tabs.map(() => [status, id])

describe('sharedTabs', () => {
  describe('token requests', () => {
    it('are one for ten tabs that open at once, and one for their renewal', async () => {
      openTabs(10)
      await settle()
      expect(states()).toEqual(all('authenticated', 'ada'))
      expect(requests).toBe(1)
      await settle(RENEWAL_MS)
      expect(requests).toBe(2)
      await settle(RENEWAL_MS)
      expect(requests).toBe(3)
      expect(states()).toEqual(all('authenticated', 'ada'))
    })

    it('are one for ten tabs that open one after another, and one for each renewal', async () => {
      for (let minute = 0; minute < 10; minute++) {
        openTab(minute % 2 === 0 ? 'pending' : signedIn('ada')).source.report(signedIn('ada'))
        await settle(60_000)
      }
      expect(requests).toBe(1)
      expect(states()).toEqual(all('authenticated', 'ada'))
      await settle(RENEWAL_MS - 600_000 + 1000)
      expect(requests).toBe(2)
      await settle(RENEWAL_MS)
      expect(requests).toBe(3)
      expect(states()).toEqual(all('authenticated', 'ada'))
    })

    it('renew the token of a tab that has ended before it expires', async () => {
      const first = openTab()
      await settle(700_000)
      const second = openTab()
      await settle()
      await Promise.all([first.convex.close(), settle()])
      expect(requests).toBe(1)
      await settle(RENEWAL_MS - 700_000)
      expect(second.source.requests).toHaveLength(1)
      expect(stateOf(second)).toEqual(['authenticated', 'ada'])
    })

    it('are one for the renewal of tokens that a server has passed to the pages', async () => {
      for (const _ of [1, 2, 3]) {
        openTab(signedIn('ada'), { initialAuth: { token: fakeToken('ada'), user: { id: 'ada' }, session: { id: 'session-of-ada' } } })
        await settle(20_000)
      }
      expect(requests).toBe(0)
      await settle(RENEWAL_MS)
      expect(requests).toBe(1)
      expect(states()).toEqual(all('authenticated', 'ada'))
    })
  })

  describe('a token of another tab', () => {
    it('is not used before the session of the tab is known', async () => {
      openTab()
      await settle()
      const tab = openTab('pending')
      await settle()
      expect(stateOf(tab)).toEqual(['loading', undefined])
      tab.source.report(signedIn('ada'))
      await settle()
      expect(stateOf(tab)).toEqual(['authenticated', 'ada'])
      expect(requests).toBe(1)
    })

    it('is not used by a tab with another user, another session or none', async () => {
      openTab()
      await settle()
      const [bob, later, anonymous, unnamed] = [
        openTab(signedIn('bob')),
        openTab(signedIn('ada', 'second session of ada')),
        openTab('pending'),
        openTab(signedIn('ada', null)),
      ]
      bob!.source.answer = async () => ({ kind: 'token', token: fakeToken('bob') })
      anonymous!.source.report({ status: 'signedOut' })
      await settle()
      expect(stateOf(bob!)).toEqual(['authenticated', 'bob'])
      expect(stateOf(anonymous!)).toEqual(['unauthenticated', undefined])
      expect([bob, later, anonymous, unnamed].map(tab => tab!.source.requests.length)).toEqual([1, 1, 0, 1])
    })

    it('is not used if it is the token that the tab has from its server', async () => {
      const { page } = openTab()
      await settle()
      const [token] = issued
      const source = new ScriptedSource(signedIn('ada'))
      source.answer = answer
      const shared = page.WebSocket.shareTokens(source, { url: deployment.url, initialAuth: { token: token! } })
      const outcome = shared.fetchToken({ force: true, signal: new AbortController().signal })
      await settle()
      expect(await outcome).toEqual({ kind: 'token', token: issued[1] })
    })

    it('is not used if the provider reports other data of the user or the session', async () => {
      openTab()
      await settle()
      const changed = { ...signedIn('ada'), user: { id: 'ada', role: 'admin' } }
      const tab = openTab(changed)
      await settle()
      expect(tab.source.requests).toHaveLength(1)
      // Both dates change while the session remains the same.
      const later = openTab({ ...changed, user: { ...changed.user, updatedAt: new Date() }, session: { ...changed.session as object, expiresAt: 1 } })
      await settle()
      expect(later.source.requests).toHaveLength(0)
    })

    it('is not used after a sign-out, even if the provider then reports the session late', async () => {
      const [first, second] = openTabs(2)
      await settle()
      // The second tab then has a more recent token than the first.
      void second!.convex.auth.refresh()
      second!.source.report(signedIn('ada'))
      await settle()
      second!.source.refreshes = 0
      cookie = null
      await first!.convex.auth.signOut()
      expect(stateOf(first!)).toEqual(['unauthenticated', undefined])
      first!.source.report(signedIn('ada'))
      await settle()
      expect(stateOf(first!)).toEqual(['unauthenticated', undefined])
      expect(second!.source.refreshes).toBe(1)
      second!.source.report({ status: 'signedOut' })
      await settle()
      expect(states()).toEqual(all('unauthenticated'))
      const third = openTab('pending')
      third.source.report(signedIn('ada'))
      await settle()
      expect(stateOf(third)).toEqual(['unauthenticated', undefined])
    })

    it('is not used after a request that has been denied', async () => {
      const [first] = openTabs(2)
      await settle()
      cookie = null
      void first!.convex.auth.refresh()
      first!.source.report(signedIn('ada'))
      await settle()
      expect(stateOf(first!)).toEqual(['unauthenticated', undefined])
      const third = openTab()
      await settle()
      expect(stateOf(third)).toEqual(['unauthenticated', undefined])
    })

    it('is never of the previous user when all tabs switch', async () => {
      openTabs(5)
      await settle()
      cookie = 'bob'
      deployment.frames.length = 0
      tabs[2]!.source.report(signedIn('bob'))
      await settle(10)
      for (const { source } of tabs)
        source.report(signedIn('bob'))
      await settle()
      expect(states()).toEqual(all('authenticated', 'bob'))
      const sent = deployment.frames.filter(({ type }) => type === 'Authenticate').map(({ value }) => subjectOf(value))
      expect(new Set(sent)).toEqual(new Set(['bob']))
      // Before the request, the other tabs had already begun to request the session.
      expect(requests).toBe(2)
    })
  })

  describe('a token that is requested again', () => {
    it('by `refresh()` is requested after the call', async () => {
      const [first, second] = openTabs(2)
      await settle()
      void first!.convex.auth.refresh()
      first!.source.report(signedIn('ada'))
      await settle()
      expect(requests).toBe(2)
      void second!.convex.auth.refresh()
      second!.source.report(signedIn('ada'))
      await settle()
      expect(requests).toBe(3)
    })

    it('by `refresh()` is requested by each tab if the source has no method `refresh`', async () => {
      const { page } = openTab()
      await settle()
      const source: TokenSource = { ...new ScriptedSource(signedIn('ada')), refresh: undefined as never }
      expect(page.WebSocket.shareTokens(source, { url: deployment.url })).toBe(source)
    })

    it('is shared by tabs whose `refresh()` was called before the request', async () => {
      const [first, second] = openTabs(2)
      await settle()
      for (const { convex } of tabs)
        void convex.auth.refresh()
      await settle()
      first!.source.report(signedIn('ada'))
      second!.source.report(signedIn('ada'))
      await settle()
      expect(requests).toBe(2)
      expect(states()).toEqual(all('authenticated', 'ada'))
    })

    it('because the deployment has refused it is requested once, after the refusal', async () => {
      openTabs(10)
      await settle()
      const [refused] = issued
      deployment.accepts = token => token !== refused
      deployment.liveSockets[0]!.refuse()
      await settle(3000)
      expect(states()).toEqual(all('authenticated', 'ada'))
      expect(requests).toBe(2)
    })

    it('is not the answer to a request that began before the deployment has refused a token', async () => {
      openTabs(3)
      await settle()
      deployment.accepts = token => token !== issued[0]
      // Another tab is about to receive a token that was requested before the refusal.
      const [slow] = [openTab({ ...signedIn('ada') })]
      slow.convex.auth.refresh().catch(() => {})
      slow.source.report(signedIn('ada'))
      await settle(10)
      expect(requests).toBe(2)
      deployment.liveSockets[0]!.refuse()
      await settle(3000)
      expect(requests).toBe(3)
      expect(states()).toEqual(all('authenticated', 'ada'))
    })
  })

  describe('a tab that requests for others', () => {
    it.each<[string, (page: ScriptedTab) => void]>([
      ['is killed', page => page.kill()],
      ['leaves the page', page => page.hide(false)],
      ['is frozen', page => page.hide(true)],
    ])('is replaced at once when it %s', async (_, end) => {
      openTabs(3)
      await settle(LATENCY_MS / 2)
      const [owner] = tabs.filter(({ source }) => source.requests.length > 0)
      owner!.source.answer = null
      end(owner!.page)
      await settle(LATENCY_MS * 3)
      const others = tabs.filter(tab => tab !== owner)
      expect(others.map(stateOf)).toEqual([['authenticated', 'ada'], ['authenticated', 'ada']])
      expect(others.flatMap(({ source }) => source.requests)).toHaveLength(1)
    })

    it('delays the others by at most five seconds when its request hangs', async () => {
      const first = openTab()
      first.source.answer = null
      await settle(10)
      const others = openTabs(3)
      await settle(4900)
      expect(requests).toBe(0)
      await settle(300)
      expect(others.map(stateOf)).toEqual(others.map(() => ['authenticated', 'ada']))
      const later = openTab('pending')
      later.source.report(signedIn('ada'))
      await settle(100)
      expect(stateOf(later)).toEqual(['authenticated', 'ada'])
    })

    it('passes neither a failure nor a denial to the others', async () => {
      const first = openTab()
      const others = openTabs(2)
      first.source.answer = async () => {
        await new Promise(resolve => setTimeout(resolve, 50))
        return { kind: 'denied' }
      }
      await settle()
      expect(stateOf(first)).toEqual(['unauthenticated', undefined])
      expect(others.map(stateOf)).toEqual(others.map(() => ['authenticated', 'ada']))
    })

    it('signs no tab out when the requests of all tabs fail, and one success is shared', async () => {
      openTabs(4)
      for (const { source } of tabs)
        source.answer = async () => ({ kind: 'failed', error: new Error('unreachable') })
      await settle(400)
      expect(states()).toEqual(all('loading', 'ada'))
      expect(tabs.map(({ source }) => source.requests.length)).toEqual([1, 1, 1, 1])
      tabs.forEach(({ source }) => source.answer = answer)
      await settle(2000)
      expect(states()).toEqual(all('authenticated', 'ada'))
      expect(requests).toBe(1)
    })
  })

  describe('without a worker', () => {
    it('each tab requests its own token where the browser has no shared workers', async () => {
      browser.isSupported = false
      openTabs(3)
      await settle()
      expect(requests).toBe(3)
      expect(states()).toEqual(all('authenticated', 'ada'))
    })

    it('each tab requests its own token after five seconds if the worker does not answer', async () => {
      browser.isSilent = true
      openTabs(3)
      await settle(4900)
      expect(requests).toBe(0)
      await settle(200)
      expect(requests).toBe(3)
    })

    it('the tabs share a token again after the worker has ended', async () => {
      openTabs(3)
      await settle()
      browser.killWorker()
      await settle(3000)
      expect(states()).toEqual(all('authenticated', 'ada'))
      await settle(RENEWAL_MS)
      expect(requests).toBe(2)
    })
  })
})
