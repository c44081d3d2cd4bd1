import type { Mock } from 'vitest'
import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { ConvexClient as NextConvexClient } from 'convex-next/browser'
import { ConvexClient } from 'convex/browser'
import { useConvexMutation, useConvexQuery } from 'convue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { watchForStalls } from '../../../src/client/stalled-sockets.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedDeployment } from '../../support/scripted/scripted-deployment.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

let page: ScriptedPage

setupScriptedPage()
afterEach(async () => {
  vi.restoreAllMocks()
  page.end()
  // The messages that are under way arrive.
  await page.tick(120_000)
})

const LATENCY_MS = 100

/** A page with a live query, on which nothing has happened for some seconds. */
async function openPage(options?: ScriptedPageOptions) {
  page = new ScriptedPage(options)
  const { deployment } = page
  deployment.latencyMs = LATENCY_MS
  deployment.isPinging = true
  deployment.functions.set('values:get', () => 1)
  deployment.functions.set('messages:send', () => 'id')
  const { result } = page.run(() => ({ query: useConvexQuery(api.values.get), send: useConvexMutation(api.messages.send) }))
  await page.tick(5000)
  expect(result.query.data.value).toBe(1)
  page.takeFrames()
  return result
}

const returns: Record<string, () => void> = {
  visibilitychange: () => document.dispatchEvent(new Event('visibilitychange')),
  pageshow: () => dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false })),
  resume: () => document.dispatchEvent(new Event('resume')),
  online: () => dispatchEvent(new Event('online')),
}

function returnToPage(): void {
  Object.values(returns).forEach(happen => happen())
}

function setHidden(isHidden: boolean): void {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden)
  document.dispatchEvent(new Event('visibilitychange'))
}

function probes(): number {
  const { frames } = page.deployment
  return frames.filter(({ type, modifications, baseVersion }) => type === 'ModifyQuerySet' && modifications.length === 0 && baseVersion > 0).length
}

/** How many connections the client itself has opened. */
const connections = (): number => page.convex.client.connectionState().connectionCount

describe('watchForStalls', () => {
  describe('with a socket that is open and receives nothing', () => {
    it.each(Object.keys(returns).flatMap(name => [[name, 'ada'], [name, null]] as const))('replaces it after %s (user: %s)', async (name, user) => {
      const { query } = await openPage({ user })
      page.deployment.cut()
      page.deployment.functions.set('values:get', () => 2)
      await page.tick(5000)
      returns[name]!()
      // The wait, then a handshake and a round trip of the other connection and of the next socket.
      await page.tick(500 + 8 * LATENCY_MS)
      expect(query.data.value).toBe(2)
      expect(connections()).toBe(2)
      expect(page.deployment.liveSockets.filter(({ isCut }) => !isCut)).toHaveLength(1)
    })

    it('leaves it to the Convex client without an event', async () => {
      const { query } = await openPage()
      page.deployment.cut()
      page.deployment.functions.set('values:get', () => 2)
      await page.tick(30_000)
      expect(query.data.value).toBe(1)
      expect(connections()).toBe(1)
    })

    it('sends a mutation without an answer again, which runs once', async () => {
      const { send } = await openPage({ user: 'ada' })
      page.deployment.onFrame = ({ type }, { index }) => {
        if (type === 'Mutation' && index === 0)
          page.deployment.cut()
      }
      const onAnswer = vi.fn()
      void send.mutate({ channel: 'a', body: 'b' }).then(onAnswer, () => {})
      await page.tick(5000)
      returnToPage()
      await page.tick(3000)
      expect(onAnswer).toHaveBeenCalledWith('id')
      expect(page.deployment.executions.filter(({ kind }) => kind === 'mutation')).toHaveLength(1)
    })

    it('does not treat messages that arrive late as an answer', async () => {
      const { query } = await openPage()
      page.deployment.isHolding = true
      page.deployment.invalidate()
      await page.tick(5000)
      page.deployment.functions.set('values:get', () => 2)
      returnToPage()
      page.deployment.flush()
      page.deployment.cut()
      await page.tick(500 + 8 * LATENCY_MS)
      expect(query.data.value).toBe(2)
    })

    it('keeps it while the deployment cannot be reached, and replaces it as soon as it can', async () => {
      const { query } = await openPage()
      page.deployment.cut()
      page.deployment.isReachable = false
      page.deployment.functions.set('values:get', () => 2)
      await page.tick(5000)
      returnToPage()
      await page.tick(15_000)
      expect(connections()).toBe(1)
      expect(page.deployment.sockets.length).toBeGreaterThan(2)
      page.deployment.isReachable = true
      await page.tick(10_000)
      expect(query.data.value).toBe(2)
      expect(connections()).toBe(2)
    })

    it('begins another comparison when the page is online again', async () => {
      const { query } = await openPage()
      page.deployment.cut()
      page.deployment.functions.set('values:get', () => 2)
      // The other connection does not open.
      page.deployment.latencyMs = 60_000
      await page.tick(5000)
      returns.visibilitychange!()
      await page.tick(5000)
      expect(connections()).toBe(1)
      page.deployment.latencyMs = LATENCY_MS
      returns.online!()
      await page.tick(8 * LATENCY_MS)
      expect(query.data.value).toBe(2)
    })
  })

  describe('with a socket that works', () => {
    it('sends one probe for several events, and keeps the socket', async () => {
      const { query } = await openPage({ user: 'ada' })
      const executions = page.deployment.executions.length
      returnToPage()
      expect(probes()).toBe(1)
      await page.tick(10_000)
      expect(probes()).toBe(1)
      expect(page.deployment.sockets).toHaveLength(1)
      expect(page.deployment.executions).toHaveLength(executions)
      page.deployment.functions.set('values:get', () => 2)
      page.deployment.invalidate()
      await page.tick(LATENCY_MS)
      expect(query.data.value).toBe(2)
    })

    it('keeps it if it has become slow, and only opens another connection for a while', async () => {
      const { query } = await openPage()
      page.deployment.latencyMs = 3000
      for (let round = 0; round < 5; round++) {
        returnToPage()
        await page.tick(10_000)
      }
      expect(connections()).toBe(1)
      expect(page.deployment.liveSockets).toHaveLength(1)
      expect(page.deployment.sockets.length).toBeGreaterThan(1)
      page.deployment.functions.set('values:get', () => 2)
      page.deployment.invalidate()
      await page.tick(3000)
      expect(query.data.value).toBe(2)
    })

    it('waits twice as long as the longest answer so far', async () => {
      await openPage()
      page.deployment.latencyMs = 3000
      returnToPage()
      await page.tick(10_000)
      const opened = page.deployment.sockets.length
      returnToPage()
      await page.tick(10_000)
      expect(probes()).toBe(2)
      expect(page.deployment.sockets).toHaveLength(opened)
    })

    it('keeps it while a large transition arrives in parts', async () => {
      await openPage()
      page.deployment.latencyMs = 20_000
      returnToPage()
      const [socket] = page.deployment.sockets
      socket!.receive({ type: 'TransitionChunk', chunk: '{', partNumber: 0, totalParts: 2, transitionId: 'large' })
      await page.tick(15_000)
      expect(page.deployment.sockets).toHaveLength(1)
    })

    it('keeps it while other messages arrive before the answer', async () => {
      await openPage()
      page.deployment.latencyMs = 20_000
      returnToPage()
      for (let message = 0; message < 50; message++) {
        await page.tick(200)
        page.deployment.sockets[0]!.receive({ type: 'Ping' })
      }
      expect(page.deployment.sockets).toHaveLength(1)
    })

    it('sends subscriptions after a probe', async () => {
      await openPage()
      returnToPage()
      const { result } = page.run(() => useConvexQuery(api.values.get, { other: true } as any))
      await page.tick(1000)
      expect(result.data.value).toBe(1)
    })

    it('sends no probe if a message has just arrived, except after a change of networks', async () => {
      await openPage()
      page.deployment.invalidate()
      await page.tick(LATENCY_MS)
      returns.visibilitychange!()
      expect(probes()).toBe(0)
      returns.online!()
      expect(probes()).toBe(1)
    })
  })

  describe('with a token that has expired', () => {
    const HOUR_MS = 3_600_000

    /** Lets an hour pass in which no timer runs, as in a laptop that sleeps. */
    async function sleep() {
      const { query } = await openPage({ user: 'ada' })
      page.deployment.functions.set('values:get', () => 2)
      vi.setSystemTime(Date.now() + HOUR_MS)
      page.takeFrames()
      return query
    }

    it('sends the probe after the next token, since the deployment would refuse it before', async () => {
      await sleep()
      page.source.answer = async () => {
        await new Promise(resolve => setTimeout(resolve, 1000))
        return { kind: 'token', token: fakeToken('ada') }
      }
      returnToPage()
      await page.tick(1500)
      expect(page.takeFrames()).toEqual(['Authenticate', ''])
      await page.tick(10_000)
      expect(connections()).toBe(1)
      expect(page.deployment.sockets).toHaveLength(1)
    })

    it('replaces a socket that receives nothing', async () => {
      const query = await sleep()
      page.deployment.cut()
      returnToPage()
      await page.tick(500 + 500 + 8 * LATENCY_MS)
      expect(query.data.value).toBe(2)
      expect(connections()).toBe(2)
    })
  })

  it('sends nothing on a page that is hidden, and ends a check when the page is hidden', async () => {
    await openPage()
    setHidden(true)
    returnToPage()
    await page.tick(1000)
    expect(page.deployment.frames).toEqual([])
    page.deployment.cut()
    setHidden(false)
    setHidden(true)
    await page.tick(10_000)
    expect(page.deployment.sockets).toHaveLength(1)
  })

  it('leaves a socket to the Convex client that is connecting or disconnected', async () => {
    await openPage()
    page.deployment.latencyMs = 4000
    page.deployment.drop()
    returnToPage()
    await page.tick(1000)
    const opened = page.deployment.sockets.length
    returnToPage()
    await page.tick(1000)
    expect(page.deployment.sockets).toHaveLength(opened)
    expect(probes()).toBe(0)
  })

  it('removes its listeners when the page is closed, even if there is no connection', async () => {
    await openPage()
    page.deployment.isReachable = false
    page.deployment.drop()
    await page.tick(5000)
    const removed = vi.fn()
    vi.spyOn(AbortController.prototype, 'abort').mockImplementation(removed)
    void page.convex.close()
    await page.tick()
    expect(removed).toHaveBeenCalled()
  })

  it.each([0, 600])('ends when the page is closed (%i ms after an event)', async (ms) => {
    await openPage()
    page.deployment.cut()
    returnToPage()
    await page.tick(ms)
    // Fails if a timer or a socket remains.
    await page.close()
    const opened = page.deployment.sockets.length
    returnToPage()
    expect(page.deployment.sockets).toHaveLength(opened)
  })
})

describe.each([
  ['the installed version of Convex', ConvexClient],
  ['the next version of Convex', NextConvexClient as unknown as typeof ConvexClient],
])('watchForStalls, with %s', (_name, Client) => {
  async function openClient() {
    const deployment = new ScriptedDeployment()
    deployment.functions.set('values:get', () => 1)
    const client = new Client(deployment.url, { ...deployment.clientOptions, unsavedChangesWarning: false })
    const onUpdate: Mock = vi.fn()
    client.onUpdate(api.values.get, {}, onUpdate)
    await vi.advanceTimersByTimeAsync(5000)
    const { webSocketManager } = client.client as any
    return { deployment, client, onUpdate, webSocketManager }
  }

  async function close(client: ConvexClient, stop: (() => void) | undefined): Promise<void> {
    stop?.()
    const closed = client.close()
    await vi.advanceTimersByTimeAsync(1000)
    await closed
  }

  it('replaces a socket that receives nothing', async () => {
    const { deployment, client, onUpdate } = await openClient()
    const stop = watchForStalls(client)
    deployment.cut()
    deployment.functions.set('values:get', () => 2)
    returnToPage()
    await vi.advanceTimersByTimeAsync(1100)
    expect(onUpdate).toHaveBeenLastCalledWith(2, expect.anything())
    expect(client.connectionState().connectionCount).toBe(2)
    await close(client, stop)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does nothing while the client waits for a token', async () => {
    const { deployment, client } = await openClient()
    const stop = watchForStalls(client)
    client.setAuth(() => new Promise(() => {}))
    deployment.frames = []
    deployment.cut()
    returnToPage()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(deployment.sockets).toHaveLength(1)
    await close(client, stop)
  })

  it('does not replace the socket if the client waits for a token meanwhile', async () => {
    const { deployment, client } = await openClient()
    const stop = watchForStalls(client)
    deployment.cut()
    returnToPage()
    client.setAuth(() => new Promise(() => {}))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(client.connectionState().connectionCount).toBe(1)
    await close(client, stop)
  })

  it.each<[string, (socket: any) => void]>([
    ['that tabs share', socket => socket.isShared = true],
    ['without listeners', socket => socket.addEventListener = undefined],
  ])('does not check a socket %s', async (_kind, change) => {
    const { deployment, client } = await openClient()
    change(deployment.sockets[0])
    const stop = watchForStalls(client)
    deployment.frames = []
    deployment.cut()
    returnToPage()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(deployment.frames).toEqual([])
    expect(deployment.sockets).toHaveLength(1)
    await close(client, stop)
  })

  it.each<[string, (members: any) => void]>([
    ['sessionId', client => Object.defineProperty(client, 'sessionId', { value: undefined })],
    ['state', client => client.state = undefined],
    ['querySetVersion', client => Object.defineProperty(client.state, 'querySetVersion', { value: undefined })],
    ['paused', client => Object.defineProperty(client.state, 'paused', { value: undefined })],
    ['remoteQuerySet', client => client.remoteQuerySet = undefined],
    ['uri', client => client.webSocketManager.uri = undefined],
    ['transitionChunkBuffer', client => client.webSocketManager.transitionChunkBuffer = undefined],
    ['socket', client => client.webSocketManager.socket = {}],
    ['webSocketConstructor', client => client.webSocketManager.webSocketConstructor = undefined],
    ['sendMessage', client => client.webSocketManager.sendMessage = undefined],
    ['closeAndReconnect', client => client.webSocketManager.closeAndReconnect = undefined],
    ['tryReconnectImmediately', client => client.webSocketManager.tryReconnectImmediately = undefined],
  ])('does nothing without the member %s', async (_member, remove) => {
    const { deployment, client } = await openClient()
    const added = [vi.spyOn(window, 'addEventListener'), vi.spyOn(document, 'addEventListener')]
    const { socket } = (client.client as any).webSocketManager
    remove(client.client)
    const stop = watchForStalls(client)
    deployment.cut()
    expect(stop).toBeUndefined()
    expect(added.map(({ mock }) => mock.calls)).toEqual([[], []])
    ;(client.client as any).webSocketManager.socket = socket
    await close(client, stop)
  })

  it('does nothing without a socket manager', async () => {
    const { client, webSocketManager } = await openClient()
    const internals = client.client as any
    internals.webSocketManager = undefined
    const stop = watchForStalls(client)
    expect(stop).toBeUndefined()
    internals.webSocketManager = webSocketManager
    await close(client, stop)
  })
})
