import type { PageEvent } from '../../../src/shared/page-events.ts'
import type { ScriptedTab } from '../../support/scripted/shared-worker.ts'
import { ConvexClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchForStalls } from '../../../src/client/stalled-sockets.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { ScriptedDeployment } from '../../support/scripted/scripted-deployment.ts'
import { ScriptedTabs } from '../../support/scripted/shared-worker.ts'

const api = anyApi as any

const LATENCY_MS = 100
/** The wait, then a handshake and a round trip of the other connection and of the next one. */
const REPLACED_MS = 500 + 6 * LATENCY_MS
const HOUR_MS = 3_600_000

/** A tab with one client, as Convue sets it up. */
interface Tab {
  page: ScriptedTab
  client: ConvexClient
  /** All values of the query. */
  values: unknown[]
  /** The types of all messages that the client has received. */
  messages: string[]
  end: () => void
}

const tick = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

let deployment: ScriptedDeployment
let browser: ScriptedTabs
let tabs: Tab[]
let value: number

beforeEach(() => {
  vi.useFakeTimers()
  deployment = new ScriptedDeployment()
  deployment.latencyMs = LATENCY_MS
  deployment.isCoalescing = true
  deployment.isPinging = true
  browser = new ScriptedTabs(deployment.clientOptions.webSocketConstructor)
  tabs = []
  value = 1
  deployment.functions.set('values:get', () => value)
})

afterEach(async () => {
  tabs.forEach(tab => tab.end())
  await tick(120_000)
  expect(vi.getTimerCount()).toBe(0)
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** Opens a tab that shows a query. */
function openTab(token?: () => string | Promise<string>): Tab {
  const page = browser.open()
  const messages: string[] = []
  class RecordedSocket extends page.WebSocket {
    constructor(url: string | URL) {
      super(url)
      this.addEventListener('message', ({ data }) => messages.push(JSON.parse(data).type))
    }
  }
  const client = new ConvexClient(deployment.url, {
    webSocketConstructor: RecordedSocket,
    logger: false,
    unsavedChangesWarning: false,
    initialAuthTokenReuse: true,
  })
  const stop = watchForStalls(client)!
  if (token)
    client.setAuth(async () => await token())
  const values: unknown[] = []
  client.onUpdate(api.values.get, {}, next => values.push(next))
  const end = (): void => {
    stop()
    void client.close()
  }
  const tab = { page, client, values, messages, end }
  tabs.push(tab)
  return tab
}

/** Opens tabs on which nothing happens for some seconds. */
async function openTabs(count: number, token?: () => string | Promise<string>): Promise<Tab[]> {
  const opened = Array.from({ length: count }, () => openTab(token))
  await tick(5000)
  expect(opened.map(({ values }) => values.at(-1))).toEqual(opened.map(() => 1))
  deployment.frames = []
  opened.forEach(({ messages }) => messages.splice(0))
  return opened
}

/** Loses all connections without a close event, and then changes the result of the query. */
async function stall(): Promise<void> {
  deployment.cut()
  value = 2
  await tick(5000)
}

/** How many probes the deployment has received on the connection of the tabs. */
function probes(): number {
  return deployment.frames.filter(({ type, modifications, baseVersion }) =>
    type === 'ModifyQuerySet' && modifications.length === 0 && baseVersion > 0).length
}

const latestValues = (): unknown[] => tabs.map(({ values }) => values.at(-1))
const connections = (): number[] => tabs.map(({ client }) => client.connectionState().connectionCount)

describe('sharedTabs', () => {
  describe('a connection that is open and receives nothing', () => {
    it.each<[PageEvent, 'ada' | null]>([
      ['shown', 'ada'],
      ['shown', null],
      ['online', 'ada'],
      ['online', null],
    ])('is replaced for all tabs when one is %s (user: %s)', async (event, user) => {
      const [first] = await openTabs(3, user ? () => fakeToken(user, { claims: { serial: 0 } }) : undefined)
      await stall()
      first!.page.report(event)
      await tick(REPLACED_MS)
      expect(latestValues()).toEqual([2, 2, 2])
      expect(connections()).toEqual([2, 2, 2])
      expect(deployment.liveSockets.filter(({ isCut }) => !isCut)).toHaveLength(1)
    })

    it('is kept for a while if no tab is shown or online again', async () => {
      await openTabs(2)
      await stall()
      await tick(30_000)
      expect(latestValues()).toEqual([1, 1])
      expect(deployment.sockets).toHaveLength(1)
    })

    it('is replaced when a page is opened, which shows the results of other tabs', async () => {
      await openTabs(1)
      await stall()
      await tick(20_000)
      openTab()
      await tick(LATENCY_MS)
      expect(latestValues()).toEqual([1, 1])
      await tick(REPLACED_MS)
      expect(latestValues()).toEqual([2, 2])
    })

    it('is replaced once when all tabs are shown and online at the same time', async () => {
      await openTabs(5)
      await stall()
      tabs.forEach(({ page }) => page.report('shown'))
      tabs.forEach(({ page }) => page.report('online'))
      await tick(REPLACED_MS)
      expect(latestValues()).toEqual([2, 2, 2, 2, 2])
      // The connection, that of the comparison, and the next connection.
      expect(deployment.sockets).toHaveLength(3)
    })

    it('is replaced, and a mutation without an answer runs once', async () => {
      deployment.functions.set('messages:send', () => 'id')
      const [first, second] = await openTabs(2)
      deployment.onFrame = ({ type }, { index }) => {
        if (type === 'Mutation' && index === 0)
          deployment.cut()
      }
      const onAnswer = vi.fn()
      void first!.client.mutation(api.messages.send, {}).then(onAnswer)
      await tick(5000)
      second!.page.report('shown')
      await tick(REPLACED_MS)
      expect(onAnswer).toHaveBeenCalledWith('id')
      expect(deployment.executions.filter(({ kind }) => kind === 'mutation')).toHaveLength(1)
    })

    it('is not regarded as answered by messages that arrive late', async () => {
      const [first] = await openTabs(1)
      deployment.isHolding = true
      deployment.invalidate()
      await tick(5000)
      value = 2
      first!.page.report('shown')
      await tick(0)
      deployment.flush()
      deployment.cut()
      await tick(REPLACED_MS)
      expect(latestValues()).toEqual([2])
    })

    it('is kept while the deployment cannot be reached, and replaced as soon as it can', async () => {
      const [first] = await openTabs(2)
      deployment.isReachable = false
      await stall()
      first!.page.report('shown')
      await tick(15_000)
      expect(connections()).toEqual([1, 1])
      expect(deployment.sockets.length).toBeGreaterThan(2)
      deployment.isReachable = true
      await tick(10_000)
      expect(latestValues()).toEqual([2, 2])
      expect(connections()).toEqual([2, 2])
    })

    it.each<[string, (tab: Tab) => void]>([
      ['hidden', ({ page }) => page.report('hidden')],
      ['closed', tab => tab.end()],
      ['killed', ({ page }) => page.kill()],
    ])('is kept if the tab is %s before the check has ended', async (_, leave) => {
      const [first] = await openTabs(2)
      tabs[1]!.page.report('hidden')
      await stall()
      first!.page.report('shown')
      await tick(LATENCY_MS)
      leave(first!)
      await tick(20_000)
      expect(deployment.sockets).toHaveLength(1)
      expect(connections()[1]).toBe(1)
    })

    it('is replaced if one of two shown tabs is hidden before the check has ended', async () => {
      const [first, second] = await openTabs(2)
      await stall()
      first!.page.report('shown')
      second!.page.report('shown')
      await tick(LATENCY_MS)
      first!.page.report('hidden')
      await tick(REPLACED_MS)
      expect(latestValues()).toEqual([2, 2])
    })

    it('is replaced with the back-off of the client in a tab that waits for a token', async () => {
      const [first, second] = await openTabs(2)
      second!.client.setAuth(() => new Promise(() => {}))
      // The back-off of the client is random, from 0.5 to 1.5 s.
      vi.spyOn(Math, 'random').mockReturnValue(0.9)
      await stall()
      first!.page.report('shown')
      await tick(REPLACED_MS)
      expect(connections()).toEqual([2, 1])
      await tick(2000)
      expect(connections()).toEqual([2, 2])
    })

    it('is the only one that is replaced if other users of other tabs have another', async () => {
      await openTabs(1, () => fakeToken('ada', { claims: { serial: 0 } }))
      const [anonymous] = await openTabs(1)
      deployment.sockets[1]!.isCut = true
      value = 2
      await tick(5000)
      anonymous!.page.report('shown')
      await tick(REPLACED_MS)
      expect(latestValues()).toEqual([1, 2])
      expect(connections()).toEqual([1, 2])
      expect(deployment.sockets[0]!.readyState).toBe(1)
      expect(probes()).toBe(0)
    })
  })

  describe('a connection that works', () => {
    it('is kept after one probe for several tabs and events, of which no tab receives anything', async () => {
      await openTabs(4)
      const executions = deployment.executions.length
      for (const event of ['shown', 'online', 'shown'] as const)
        tabs.forEach(({ page }) => page.report(event))
      await tick(3000)
      expect(probes()).toBe(1)
      expect(deployment.sockets).toHaveLength(1)
      expect(deployment.executions).toHaveLength(executions)
      expect(tabs.map(({ messages }) => messages)).toEqual([[], [], [], []])
    })

    it('sends changes, queries and mutations after a probe', async () => {
      deployment.functions.set('values:set', ({ to }) => value = to)
      const [first] = await openTabs(2)
      first!.page.report('shown')
      await tick(1000)
      const other = openTab()
      const result = first!.client.mutation(api.values.set, { to: 5 })
      await tick(1000)
      expect(await result).toBe(5)
      expect(latestValues()).toEqual([5, 5, 5])
      expect(other.values).toEqual([1, 5])
      expect(connections()).toEqual([1, 1, 1])
    })

    it('is kept if it has become slow, and another one is open only for a while', async () => {
      const [first] = await openTabs(2)
      deployment.latencyMs = 3000
      for (let round = 0; round < 5; round++) {
        first!.page.report('shown')
        await tick(10_000)
      }
      expect(connections()).toEqual([1, 1])
      expect(deployment.liveSockets).toHaveLength(1)
      expect(deployment.sockets.length).toBeGreaterThan(1)
      value = 2
      deployment.invalidate()
      await tick(3000)
      expect(latestValues()).toEqual([2, 2])
    })

    it('is given twice the time of its longest answer so far', async () => {
      deployment.latencyMs = 2000
      const [first] = await openTabs(1)
      await tick(1000)
      first!.page.report('shown')
      await tick(3900)
      expect(probes()).toBe(1)
      expect(deployment.sockets).toHaveLength(1)
    })

    it('is kept while a large transition arrives in parts', async () => {
      const [first] = await openTabs(1)
      deployment.latencyMs = 20_000
      first!.page.report('shown')
      await tick(0)
      deployment.sockets[0]!.receive({ type: 'TransitionChunk', chunk: '{', partNumber: 0, totalParts: 2, transitionId: 'large' })
      await tick(15_000)
      expect(deployment.sockets).toHaveLength(1)
    })

    it('is not probed if a message has just arrived, except after a change of networks', async () => {
      const [first] = await openTabs(1)
      deployment.invalidate()
      await tick(LATENCY_MS)
      first!.page.report('shown')
      await tick(LATENCY_MS)
      expect(probes()).toBe(0)
      first!.page.report('online')
      await tick(LATENCY_MS)
      expect(probes()).toBe(1)
    })

    it('is not probed when a page is opened, since it receives a ping every 15 s', async () => {
      await openTabs(1)
      await tick(14_000)
      openTab()
      await tick(1000)
      expect(latestValues()).toEqual([1, 1])
      expect(probes()).toBe(0)
    })

    it('is not compared if it is closed during the check', async () => {
      const [first] = await openTabs(1)
      first!.page.report('shown')
      await tick(0)
      deployment.drop()
      await tick(5000)
      expect(connections()).toEqual([2])
      expect(deployment.sockets).toHaveLength(2)
    })

    it('is not probed when a tab is hidden, or while its tabs connect', async () => {
      const [first] = await openTabs(1)
      first!.page.report('hidden')
      await tick(LATENCY_MS)
      deployment.drop()
      first!.page.report('online')
      await tick(LATENCY_MS)
      expect(probes()).toBe(0)
    })
  })

  describe('a connection whose token has expired', () => {
    let tokens: number
    /** How long a request for a token takes. */
    let tokenMs: number

    /** Opens a tab, and lets an hour pass in which no timer runs, as in a laptop that sleeps. */
    async function sleep(): Promise<Tab> {
      tokens = 0
      tokenMs = 0
      const [tab] = await openTabs(1, requestToken)
      value = 2
      vi.setSystemTime(Date.now() + HOUR_MS)
      return tab!
    }

    /** The tab renews its token when it returns. */
    async function returnTo({ page, client }: Tab): Promise<void> {
      page.report('shown')
      client.setAuth(requestToken)
      await tick(tokenMs)
    }

    async function requestToken(): Promise<string> {
      await new Promise(resolve => setTimeout(resolve, tokenMs))
      return fakeToken('ada', { claims: { serial: 0, jti: `${tokens++}` } })
    }

    it('is probed after the next token, since the deployment would refuse the probe before', async () => {
      const tab = await sleep()
      tokenMs = 1000
      await returnTo(tab)
      await tick(1000)
      const changes = deployment.frames.filter(({ type }) => type === 'Authenticate' || type === 'ModifyQuerySet')
      expect(changes.map(({ type }) => type)).toEqual(['Authenticate', 'ModifyQuerySet'])
      expect(connections()).toEqual([1])
      expect(deployment.sockets).toHaveLength(1)
    })

    it('is replaced if it receives nothing', async () => {
      const tab = await sleep()
      deployment.cut()
      await returnTo(tab)
      await tick(500 + REPLACED_MS)
      expect(latestValues()).toEqual([2])
      expect(connections()).toEqual([2])
    })
  })
})
