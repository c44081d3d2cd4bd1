import type { ScriptedTab } from '../../support/scripted/shared-worker.ts'
import { ConvexClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SharedSocket } from '../../../src/tabs/shared-socket.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { ScriptedDeployment } from '../../support/scripted/scripted-deployment.ts'
import { ScriptedTabs } from '../../support/scripted/shared-worker.ts'

const api = anyApi as any

let deployment: ScriptedDeployment
let browser: ScriptedTabs
let clients: ConvexClient[]

beforeEach(() => {
  vi.useFakeTimers()
  deployment = new ScriptedDeployment()
  deployment.isCoalescing = true
  browser = new ScriptedTabs(deployment.clientOptions.webSocketConstructor)
  clients = []
})

afterEach(async () => {
  clients.forEach(client => void client.close())
  await vi.advanceTimersByTimeAsync(60_000)
  vi.useRealTimers()
})

/** Lets all messages arrive. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(50)

/** Lets clients that have lost their connection connect again. */
const reconnect = (): Promise<unknown> => vi.advanceTimersByTimeAsync(3000)

function openClient(tab: ScriptedTab, token?: string | (() => string)): ConvexClient {
  const client = new ConvexClient(deployment.url, {
    webSocketConstructor: tab.WebSocket,
    logger: false,
    unsavedChangesWarning: false,
    initialAuthTokenReuse: true,
  })
  clients.push(client)
  if (token)
    client.setAuth(async () => typeof token === 'string' ? token : token())
  return client
}

/** Opens tabs, each with one client. */
function openTabs(count: number, token?: string | (() => string)) {
  return Array.from({ length: count }, () => {
    const tab = browser.open()
    return { tab, client: openClient(tab, token) }
  })
}

/** Subscribes to a query, and returns all of its values. */
function valuesOf(client: ConvexClient, query: any, args: Record<string, any> = {}): unknown[] {
  const values: unknown[] = []
  client.onUpdate(query, args, value => values.push(value), error => values.push(error.message))
  return values
}

/** A deployment with a counter, which two queries read. */
function serveCounter(): { count: number } {
  const state = { count: 0 }
  deployment.functions.set('counter:get', () => state.count)
  deployment.functions.set('counter:double', () => state.count * 2)
  deployment.functions.set('counter:add', ({ by = 1 }) => {
    state.count += by
    return state.count
  })
  return state
}

function queriesSent(): string[] {
  return deployment.frames.flatMap(({ modifications = [] }) =>
    modifications.map((change: any) => `${change.type} ${change.udfPath ?? change.queryId}`))
}

describe('SharedSocket', () => {
  it('is shared unless it has a socket of its own', () => {
    const socket = new SharedSocket({ open() {}, send() {}, close() {}, openOwn: () => ({}) as WebSocket }, 'wss://example.convex.cloud')
    expect(socket.isShared).toBe(true)
    socket.useOwn()
    expect(socket.isShared).toBe(false)
  })
})

describe('sharedTabs', () => {
  describe('queries', () => {
    it('run once for ten tabs, on one socket', async () => {
      serveCounter()
      const tabs = openTabs(10)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await settle()
      expect(values).toEqual(Array.from({ length: 10 }, () => [0]))
      expect(deployment.sockets).toHaveLength(1)
      expect(queriesSent()).toEqual(['Add counter:get'])
      expect(deployment.frames.filter(({ type }) => type === 'Connect')).toHaveLength(1)
    })

    it('reach a later tab at once, without a message to the deployment', async () => {
      serveCounter()
      const [first] = openTabs(1)
      valuesOf(first!.client, api.counter.get)
      await settle()
      const [second] = openTabs(1)
      deployment.isHolding = true
      const count = deployment.frames.length
      const values = valuesOf(second!.client, api.counter.get)
      await settle()
      expect(values).toEqual([0])
      expect(deployment.frames).toHaveLength(count)
    })

    it('are unsubscribed when the last tab that uses them unsubscribes', async () => {
      serveCounter()
      const [first, second] = openTabs(2)
      const stop = first!.client.onUpdate(api.counter.get, {}, () => {})
      const stopOther = second!.client.onUpdate(api.counter.get, {}, () => {})
      await settle()
      stop()
      await settle()
      expect(queriesSent()).toEqual(['Add counter:get'])
      stopOther()
      await settle()
      expect(queriesSent()).toEqual(['Add counter:get', 'Remove 0'])
    })

    it('show both changes of one transition together in each tab', async () => {
      serveCounter()
      const [first, second] = openTabs(2)
      const seen: unknown[] = []
      first!.client.client.addOnTransitionHandler(() => seen.push([
        first!.client.client.localQueryResult('counter:get', {}),
        first!.client.client.localQueryResult('counter:double', {}),
      ]))
      valuesOf(first!.client, api.counter.get)
      valuesOf(first!.client, api.counter.double)
      valuesOf(second!.client, api.counter.double)
      await settle()
      seen.length = 0
      void second!.client.mutation(api.counter.add, { by: 3 })
      await settle()
      expect(seen).toEqual([[3, 6]])
    })

    it('run again when a tab removes and adds them, as `refresh()` does', async () => {
      let isBroken = true
      deployment.functions.set('shop:stock', () => {
        if (isBroken)
          throw new Error('no stock')
        return 5
      })
      const [first, second] = openTabs(2)
      const values = valuesOf(second!.client, api.shop.stock)
      const { unsubscribe } = first!.client.client.subscribe('shop:stock', {})
      await settle()
      isBroken = false
      unsubscribe()
      first!.client.client.subscribe('shop:stock', {})
      await settle()
      expect(first!.client.client.localQueryResult('shop:stock', {})).toBe(5)
      expect(values).toEqual([expect.stringContaining('no stock'), 5])
    })

    it('send nothing to a tab whose queries have not changed', async () => {
      const state = serveCounter()
      deployment.functions.set('other:get', () => 'same')
      const [first, second] = openTabs(2)
      valuesOf(first!.client, api.counter.get)
      valuesOf(second!.client, api.other.get)
      await settle()
      let transitions = 0
      second!.client.client.addOnTransitionHandler(() => transitions++)
      state.count++
      deployment.invalidate()
      await settle()
      expect(first!.client.client.localQueryResult('counter:get', {})).toBe(1)
      expect(transitions).toBe(0)
    })
  })

  describe('mutations', () => {
    it('resolve in their own tab, and update all tabs', async () => {
      serveCounter()
      const tabs = openTabs(3)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await settle()
      const results = Promise.all(tabs.map(({ client }, index) => client.mutation(api.counter.add, { by: 10 ** index })))
      await settle()
      expect(await results).toEqual([1, 11, 111])
      expect(values.map(list => list.at(-1))).toEqual([111, 111, 111])
    })

    it('apply their optimistic update in their own tab only, until the result arrives', async () => {
      serveCounter()
      const [first, second] = openTabs(2)
      const values = valuesOf(first!.client, api.counter.get)
      const others = valuesOf(second!.client, api.counter.get)
      await settle()
      deployment.isHolding = true
      void first!.client.mutation(api.counter.add, { by: 1 }, {
        optimisticUpdate: store => store.setQuery(api.counter.get, {}, 100),
      })
      await settle()
      expect(values).toEqual([0, 100])
      expect(others).toEqual([0])
      deployment.flush()
      await settle()
      expect(values).toEqual([0, 100, 1])
      expect(others).toEqual([0, 1])
    })

    it('resolve in a tab whose queries they do not change', async () => {
      serveCounter()
      const [first, second] = openTabs(2)
      valuesOf(first!.client, api.counter.get)
      await settle()
      const result = second!.client.mutation(api.counter.add, {})
      await settle()
      expect(await result).toBe(1)
    })

    it('run once when the connection is lost before their answer', async () => {
      const state = serveCounter()
      const tabs = openTabs(2)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await settle()
      deployment.isHolding = true
      const results = Promise.all(tabs.map(({ client }) => client.mutation(api.counter.add, {})))
      await settle()
      deployment.drop()
      deployment.isHolding = false
      await reconnect()
      expect((await results).toSorted()).toEqual([1, 2])
      expect(state.count).toBe(2)
      expect(values.map(list => list.at(-1))).toEqual([2, 2])
    })

    it('run once when a tab returns from the back/forward cache', async () => {
      const state = serveCounter()
      const [first, second] = openTabs(2)
      valuesOf(second!.client, api.counter.get)
      await settle()
      deployment.isHolding = true
      const result = first!.client.mutation(api.counter.add, {})
      await settle()
      first!.tab.hide(true)
      await settle()
      deployment.flush()
      await reconnect()
      expect(await result).toBe(1)
      expect(state.count).toBe(1)
    })

    it('reject with the error of the function', async () => {
      deployment.functions.set('shop:buy', () => {
        throw new Error('sold out')
      })
      const [first] = openTabs(1)
      const result = first!.client.mutation(api.shop.buy, {}).catch((error: Error) => error.message)
      await settle()
      expect(await result).toContain('sold out')
    })
  })

  describe('actions', () => {
    it('resolve in their own tab', async () => {
      deployment.functions.set('mail:send', ({ to }) => `sent to ${to}`)
      const [first, second] = openTabs(2)
      const results = Promise.all([first, second].map((tab, index) => tab!.client.action(api.mail.send, { to: index })))
      await settle()
      expect(await results).toEqual(['sent to 0', 'sent to 1'])
    })
  })

  describe('identities', () => {
    beforeEach(() => {
      deployment.functions.set('me:get', (_, subject) => subject)
    })

    it('share a connection and a token only if all lasting claims are equal', async () => {
      const tokens = [
        fakeToken('ada', { claims: { serial: 0 } }),
        fakeToken('ada', { claims: { serial: 0 }, lifetimeSeconds: 910 }),
        fakeToken('bob', { claims: { serial: 0 } }),
        fakeToken('ada', { claims: { serial: 0, organization: 'other' } }),
        undefined,
      ]
      const values = tokens.map(token => valuesOf(openTabs(1, token)[0]!.client, api.me.get))
      await settle()
      expect(values).toEqual([['ada'], ['ada'], ['bob'], ['ada'], [null]])
      expect(deployment.liveSockets).toHaveLength(4)
      expect(deployment.frames.filter(({ type }) => type === 'Authenticate')).toHaveLength(3)
    })

    it('never receive the data of another identity when a client changes its identity', async () => {
      const ada = openTabs(2, fakeToken('ada'))
      const values = ada.map(({ client }) => valuesOf(client, api.me.get))
      await settle()
      ada[0]!.client.setAuth(async () => fakeToken('bob'))
      await reconnect()
      expect(values).toEqual([['ada', 'bob'], ['ada']])
    })

    it('keep a token that expires a little later, and send it before the first token expires', async () => {
      deployment.isPinging = true
      const issuedAt = Math.floor(Date.now() / 1000)
      const first = fakeToken('ada', { claims: { serial: 0 }, issuedAt })
      const second = fakeToken('ada', { claims: { serial: 0 }, issuedAt: issuedAt + 60 })
      const [one] = openTabs(1, first)
      valuesOf(one!.client, api.me.get)
      await settle()
      const [two] = openTabs(1, second)
      const values = valuesOf(two!.client, api.me.get)
      await settle()
      expect(values).toEqual(['ada'])
      one!.tab.kill()
      void one!.client.close()
      const tokens = (): string[] => deployment.frames.filter(({ type }) => type === 'Authenticate').map(({ value }) => value)
      expect(tokens()).toEqual([first])
      await vi.advanceTimersByTimeAsync(870_000)
      expect(tokens()).toEqual([first, second])
    })

    it('request another token in each tab after a refused token, and reconnect', async () => {
      const accepted = new Set(['first'])
      deployment.accepts = token => accepted.has(JSON.parse(atob(token.split('.')[1]!)).serial)
      let name = 'first'
      const tabs = openTabs(3, () => fakeToken('ada', { sessionId: null, claims: { serial: name } }))
      const values = tabs.map(({ client }) => valuesOf(client, api.me.get))
      await settle()
      expect(values).toEqual([['ada'], ['ada'], ['ada']])
      accepted.delete('first')
      accepted.add('second')
      name = 'second'
      deployment.liveSockets[0]!.refuse()
      await reconnect()
      expect(deployment.liveSockets.map(({ subject }) => subject)).toEqual(['ada'])
      expect(tabs.map(({ client }) => client.connectionState().isWebSocketConnected)).toEqual([true, true, true])
    })
  })

  describe('the end of a tab', () => {
    it('drops its subscriptions, and only these, when the tab crashes', async () => {
      serveCounter()
      const [first, second] = openTabs(2)
      valuesOf(first!.client, api.counter.get)
      valuesOf(first!.client, api.counter.double)
      const values = valuesOf(second!.client, api.counter.get)
      await settle()
      first!.tab.kill()
      await settle()
      expect(queriesSent().at(-1)).toMatch(/^Remove/)
      expect(deployment.liveSockets[0]!.queries.size).toBe(1)
      const result = second!.client.mutation(api.counter.add, {})
      await settle()
      expect(await result).toBe(1)
      expect(values).toEqual([0, 1])
    })

    it('closes the connection when it was the last tab', async () => {
      serveCounter()
      const [only] = openTabs(1)
      valuesOf(only!.client, api.counter.get)
      await settle()
      only!.tab.kill()
      await settle()
      expect(deployment.liveSockets).toEqual([])
    })

    it('drops the subscriptions of a frozen page, which subscribes again when it returns', async () => {
      serveCounter()
      const [first, second] = openTabs(2)
      valuesOf(second!.client, api.counter.get)
      const values = valuesOf(first!.client, api.counter.double)
      await settle()
      first!.tab.hide(true)
      await settle()
      expect(deployment.liveSockets[0]!.queries.size).toBe(1)
      await reconnect()
      expect(deployment.liveSockets[0]!.queries.size).toBe(2)
      // A client receives all results again when it has connected again.
      expect(values).toEqual([0, 0])
    })
  })

  describe('the connection', () => {
    it('is opened again after it was lost', async () => {
      const state = serveCounter()
      const tabs = openTabs(3)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await settle()
      deployment.drop()
      state.count = 7
      await reconnect()
      expect(values).toEqual([[0, 7], [0, 7], [0, 7]])
      expect(deployment.liveSockets).toHaveLength(1)
    })

    it('is not open while the deployment cannot be reached, so calls wait', async () => {
      serveCounter()
      deployment.isReachable = false
      const [only] = openTabs(1)
      const result = only!.client.action(api.counter.add, {})
      await vi.advanceTimersByTimeAsync(10_000)
      expect(only!.client.connectionState().hasEverConnected).toBe(false)
      deployment.isReachable = true
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await result).toBe(1)
    })

    it('remains open in a quiet tab while another tab is busy', async () => {
      const state = serveCounter()
      deployment.functions.set('other:get', () => 'same')
      const [quiet, busy] = openTabs(2)
      valuesOf(quiet!.client, api.other.get)
      valuesOf(busy!.client, api.counter.get)
      await settle()
      for (let second = 0; second < 200; second += 5) {
        state.count++
        deployment.invalidate()
        await vi.advanceTimersByTimeAsync(5000)
      }
      expect(quiet!.client.connectionState().connectionCount).toBe(1)
    })

    it('is opened again when it receives no messages', async () => {
      serveCounter()
      deployment.isPinging = true
      const tabs = openTabs(2)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await settle()
      deployment.cut()
      await vi.advanceTimersByTimeAsync(60_000)
      expect(tabs.map(({ client }) => client.connectionState().connectionCount)).toEqual([2, 2])
      expect(values).toEqual([[0, 0], [0, 0]])
    })

    it('is opened again by another worker when the worker has ended', async () => {
      const state = serveCounter()
      const tabs = openTabs(2)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await settle()
      browser.killWorker()
      state.count = 3
      await reconnect()
      expect(values).toEqual([[0, 3], [0, 3]])
      expect(deployment.liveSockets).toHaveLength(1)
    })

    it('runs a mutation once if its number arrives after the worker has ended', async () => {
      const state = serveCounter()
      const [only] = openTabs(1)
      await settle()
      browser.messageMs = 30
      deployment.isHolding = true
      const result = only!.client.mutation(api.counter.add, {})
      await vi.advanceTimersByTimeAsync(40)
      expect(state.count).toBe(1)
      browser.killWorker()
      deployment.isHolding = false
      await reconnect()
      expect(await result).toBe(1)
      expect(state.count).toBe(1)
    })

    it('does not use the session of an ended worker again if all mutations were settled', async () => {
      serveCounter()
      const [only] = openTabs(1)
      valuesOf(only!.client, api.counter.get)
      await settle()
      void only!.client.mutation(api.counter.add, {})
      await settle()
      browser.killWorker()
      await reconnect()
      const sessions = deployment.frames.flatMap(({ type, sessionId }) => type === 'Connect' ? [sessionId] : [])
      expect(new Set(sessions).size).toBe(2)
      expect(sessions).toHaveLength(2)
    })

    it('runs a mutation once if the worker ends between the mutation and its answer', async () => {
      const state = serveCounter()
      const tabs = openTabs(2)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await settle()
      deployment.isHolding = true
      const results = tabs.map(({ client }, index) => client.mutation(api.counter.add, { by: index + 1 }))
      await settle()
      expect(state.count).toBe(3)
      browser.killWorker()
      deployment.isHolding = false
      // Another tab starts the next worker first.
      const values3 = valuesOf(openTabs(1)[0]!.client, api.counter.get)
      await settle()
      const later = tabs[0]!.client.mutation(api.counter.add, { by: 10 })
      await reconnect()
      await reconnect()
      expect(await Promise.all(results)).toEqual([1, 3])
      expect(await later).toBe(13)
      expect(state.count).toBe(13)
      expect([...values, values3].map(seen => seen.at(-1))).toEqual([13, 13, 13])
      expect(deployment.liveSockets).toHaveLength(1)
    })
  })

  describe('without a shared connection', () => {
    it.each([
      ['the browser has no shared workers', 'unsupported', () => Object.assign(browser, { isSupported: false })],
      ['the worker cannot be started', 'failed', () => Object.assign(browser, { startError: new Error('blocked') })],
      ['the worker does not answer', 'silent', () => Object.assign(browser, { isSilent: true })],
    ] as const)('uses a socket for each tab when %s', async (_, problem, prepare) => {
      serveCounter()
      prepare()
      const tabs = openTabs(2)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await vi.advanceTimersByTimeAsync(21_000)
      expect(values).toEqual([[0], [0]])
      expect(deployment.liveSockets).toHaveLength(2)
      expect(tabs.map(({ tab }) => tab.problems)).toEqual([[problem], [problem]])
    })

    it('uses a socket for each tab after a message that it does not understand', async () => {
      serveCounter()
      const tabs = openTabs(2)
      const values = tabs.map(({ client }) => valuesOf(client, api.counter.get))
      await settle()
      deployment.liveSockets[0]!.onmessage!({ data: '{"type":"Novelty"}' })
      await reconnect()
      expect(deployment.liveSockets).toHaveLength(2)
      expect(values).toEqual([[0, 0], [0, 0]])
      expect(tabs.map(({ tab }) => tab.problems)).toEqual([['unknownMessage'], ['unknownMessage']])
    })
  })
})
