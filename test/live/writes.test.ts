import type { OptimisticLocalStore } from 'convex/browser'
import type { Deployment } from '../../src/testing/index.ts'
import type { Id } from '../support/convex/_generated/dataModel'
import { ConvexError } from 'convex/values'
import { useAuthedQuery, useConvexAction, useConvexClient, useConvexConnectionState, useConvexMutation, useConvexQuery } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { watch } from 'vue'
import { WebSocket } from 'ws'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { becomePage, LivePage, LiveSource } from '../support/live/live-page.ts'

let deployment: Deployment
let page: LivePage
/** A name that no other test uses. */
let channel: string
let channels = 0
let isOnline: boolean

beforeAll(async () => {
  deployment = await startFixture()
})
beforeEach(() => {
  becomePage()
  channel = `channel-${++channels}`
  isOnline = true
})
afterEach(async () => {
  await page.close()
  vi.unstubAllGlobals()
  await deployment.settled()
  await expect.poll(() => deployment.connections).toEqual([])
})
afterAll(() => deployment.close())

/** Cannot connect while the page is offline. */
class PageSocket extends WebSocket {
  constructor(url: string) {
    super(isOnline ? url : 'ws://127.0.0.1:1')
  }
}

async function goOffline(): Promise<void> {
  isOnline = false
  deployment.disconnectAll()
  await eventually(() => page.convex.client.connectionState().isWebSocketConnected).toBe(false)
}

/** Adds a message at the position that it will have on the deployment. */
function append(queries: OptimisticLocalStore, { channel, body }: { channel: string, body: string }): void {
  const list = queries.getQuery(api.messages.list, { channel })
  if (list)
    queries.setQuery(api.messages.list, { channel }, [...list, { _id: `optimistic ${body}` as Id<'messages'>, _creationTime: Date.now(), channel, body, author: null }])
}

/** Shows the channel on the page of an anonymous user, or of the given user. */
async function openChannel(userId?: string) {
  const source = new LiveSource({ status: 'signedOut' })
  if (userId !== undefined)
    source.signIn(userId)
  page = new LivePage(deployment, { tokenSource: source, clientOptions: { webSocketConstructor: PageSocket as any } })
  const seen: unknown[] = []
  const mounted = page.run(() => {
    const list = useConvexQuery(api.messages.list, { channel })
    watch([list.data, list.status], ([data, status]) => seen.push(status === 'success' ? bodies(data) : status), { flush: 'sync' })
    return {
      list,
      send: useConvexMutation(api.messages.send, { optimisticUpdate: append }),
      wait: useConvexAction(api.jobs.wait),
      relay: useConvexAction(api.jobs.relay),
      connection: useConvexConnectionState(),
    }
  })
  await mounted.list
  await page.convex.auth.ready()
  seen.length = 0
  return { ...mounted, source, seen, shown: () => bodies(mounted.list.data.value) }
}

function bodies(list: { body: string }[] | undefined): string | undefined {
  return list?.map(({ body }) => body).join()
}

/** The bodies of all successful executions of a function with this test's channel. */
function runs(name: string): unknown[] {
  return deployment.log.filter(entry => entry.name === name && (entry.args as any)?.channel === channel && entry.outcome === 'success').map(({ args }) => (args as any).body)
}

describe('useConvexMutation', () => {
  describe('mutations of an offline page', () => {
    it('are queued and shown, and run exactly once, in order', async () => {
      const { send, shown, seen, connection } = await openChannel('ada')
      await goOffline()
      const sent = ['one', 'two', 'three'].map(body => send.mutate({ channel, body }))
      expect([shown(), send.isQueued.value]).toEqual(['one,two,three', true])
      await eventually(() => connection.value.connectionRetries).toBeGreaterThan(1)
      expect([shown(), send.isQueued.value, runs('messages:send')]).toEqual(['one,two,three', true, []])
      isOnline = true
      await Promise.all(sent)
      expect(send.isQueued.value).toBe(false)
      await deployment.settled()
      expect(runs('messages:send')).toEqual(['one', 'two', 'three'])
      // No row ever disappeared, or was shown twice.
      expect(seen).toEqual(expect.arrayContaining(['one', 'one,two', 'one,two,three']))
      expect([...new Set(seen)]).toHaveLength(3)
      expect(deployment.log.filter(({ name }) => name === 'messages:send').map(({ subject }) => subject)).not.toContain(null)
    })

    it('are rejected as not sent after a sign-out, and never run', async () => {
      const { source, send, shown, list } = await openChannel('ada')
      await goOffline()
      const failure = send.mutate({ channel, body: 'secret' }).catch(error => error)
      expect(shown()).toBe('secret')
      source.report({ status: 'signedOut' })
      expect(shown()).toBeUndefined()
      expect(await failure).toMatchObject({ code: 'IDENTITY_CHANGED', outcome: 'notSent' })
      isOnline = true
      await eventually(() => list.status.value).toBe('success')
      await deployment.settled()
      expect([shown(), runs('messages:send')]).toEqual(['', []])
    })
  })

  describe('an optimistic update', () => {
    it('is rolled back when the mutation fails, and keeps the writes of other calls', async () => {
      await openChannel()
      const { total, failing, good, seen } = page.run(() => {
        const total = useConvexQuery(api.counters.get, { name: channel })
        const seen: unknown[] = []
        watch(total.data, value => seen.push(value), { flush: 'sync' })
        const optimisticUpdate = (queries: OptimisticLocalStore, { name }: { name: string }): void =>
          queries.setQuery(api.counters.get, { name }, queries.getQuery(api.counters.get, { name })! + 100)
        return {
          total,
          seen,
          failing: useConvexMutation(api.counters.incrementAndFail, { optimisticUpdate }),
          good: useConvexMutation(api.counters.increment, { optimisticUpdate }),
        }
      })
      await total
      const calls = Promise.allSettled([good.mutate({ name: channel }), failing.mutate({ name: channel }), good.mutate({ name: channel, by: 10 })])
      expect(total.data.value).toBe(300)
      await deployment.mutation(api.counters.increment, { name: channel, by: 5 })
      expect((await calls).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      await eventually(() => total.data.value).toBe(16)
      expect(seen.slice(0, 4)).toEqual([0, 100, 200, 300])
      expect(seen).not.toContain(undefined)
    })

    it('keeps the objects of the rows that it does not change', async () => {
      const { list, send } = await openChannel()
      await send.mutate({ channel, body: 'one' })
      const row = list.data.value![0]
      const sent = send.mutate({ channel, body: 'two' })
      expect(list.data.value![0]).toBe(row)
      await sent
      expect(list.data.value!.map(({ _id }) => _id)).not.toContain('optimistic two')
      expect(list.data.value![0]).toBe(row)
    })

    it('shows each row once, whether the response or the transition arrives first', async () => {
      const { send, shown, seen } = await openChannel()
      const numbers = Array.from({ length: 20 }, (_, index) => `${index}`)
      await Promise.all(numbers.map(body => send.mutate({ channel, body })))
      expect(shown()).toBe(numbers.join())
      const prefixes = numbers.map((_, index) => numbers.slice(0, index + 1).join())
      for (const list of seen)
        expect(prefixes).toContain(list)
    })

    it('is shown at once when useConvexClient runs the mutation', async () => {
      const { shown } = await openChannel('ada')
      const client = page.run(() => useConvexClient())
      const sent = client.mutation(api.messages.send, { channel, body: 'one' }, { optimisticUpdate: append })
      expect(shown()).toBe('one')
      await sent
      expect(shown()).toBe('one')
      expect(await client.query(api.messages.list, { channel })).toEqual([expect.objectContaining({ body: 'one', author: 'ada' })])
    })
  })

  describe('a mutation whose user signs out before the response', () => {
    it('is rejected with an unknown outcome, shows no result and does not call onSuccess', async () => {
      const { source } = await openChannel('ada')
      const onSuccess = vi.fn()
      const onSettled = vi.fn()
      const { add, tasks } = page.run(() => ({ add: useConvexMutation(api.tasks.add, { onSuccess, onSettled }), tasks: useAuthedQuery(api.tasks.list) }))
      await tasks
      const failure = add.mutate({ text: channel }).catch(error => error)
      source.signIn('bea')
      expect(await failure).toMatchObject({ code: 'IDENTITY_CHANGED', outcome: 'unknown' })
      await eventually(() => tasks.status.value).toBe('success')
      await deployment.settled()
      expect([add.status.value, add.data.value, tasks.data.value]).toEqual(['idle', undefined, []])
      expect(onSuccess).not.toHaveBeenCalled()
      expect(onSettled).toHaveBeenCalledExactlyOnceWith(undefined, await failure, { text: channel })
    })
  })
})

describe('useConvexAction: an action', () => {
  it('is queued while the page is offline, and runs once', async () => {
    const { relay, shown } = await openChannel('ada')
    await goOffline()
    const ran = relay.run({ channel, body: 'one' })
    expect(relay.isQueued.value).toBe(true)
    isOnline = true
    expect(await ran).toEqual({ before: 0, subject: 'ada' })
    expect(relay.isQueued.value).toBe(false)
    await eventually(shown).toBe('one,one, scheduled')
    await eventually(() => runs('jobs:relay')).toEqual(['one'])
  })

  it('rejects after a reconnect if it was in progress when the connection dropped', async () => {
    const { send, wait } = await openChannel()
    const failure = wait.run({ ms: 60_000 }).catch(error => error)
    // A mutation that was sent after the action has run, so the action has arrived.
    await send.mutate({ channel, body: 'after' })
    await goOffline()
    expect([wait.status.value, wait.isQueued.value]).toEqual(['pending', false])
    isOnline = true
    expect((await failure).message).toMatch(/connection lost/i)
    expect(wait.status.value).toBe('error')
    // Lets the action end.
    await deployment.advanceClock(60_000)
  })

  it('rejects with the ConvexError and its data, as a mutation does', async () => {
    const onError = vi.fn()
    await openChannel()
    const { act, mutate } = page.run(() => ({
      act: useConvexAction(api.failures.failingAction, { onError }).run,
      mutate: useConvexMutation(api.failures.failingMutation, { onError }).mutate,
    }))
    for (const call of [act, mutate]) {
      const error = await call({ kind: 'convex' }).catch(error => error)
      expect(error).toBeInstanceOf(ConvexError)
      expect(error.data).toEqual({ code: 'ON_DEMAND', amount: 3n })
      expect(onError).toHaveBeenLastCalledWith(error, { kind: 'convex' })
    }
  })
})
