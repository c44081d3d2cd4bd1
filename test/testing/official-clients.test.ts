import type { Deployment } from '../../src/testing/index.ts'
import { ConvexClient, ConvexHttpClient } from 'convex/browser'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createToken, startFixture } from '../support/live/deployment.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

const bodiesOf = (messages: { body: string }[]): string[] => messages.map(({ body }) => body)
const inOrder = Array.from({ length: 20 }, (_, index) => String(index))

describe('a ConvexHttpClient', () => {
  function openClient(): ConvexHttpClient {
    return new ConvexHttpClient(deployment.url, { logger: false })
  }

  it('runs queries, mutations and actions', async () => {
    const client = openClient()
    const id = await client.mutation(api.messages.send, { channel: 'http', body: 'one' })
    expect(await client.query(api.messages.get, { id })).toMatchObject({ body: 'one', author: null })
    expect(await client.action(api.jobs.relay, { channel: 'http', body: 'two' })).toEqual({ before: 1, subject: null })
    expect(await client.query(api.jobs.revealed)).toBe('revealed: for functions only')
  })

  it('runs calls as the user after setAuth, and anonymously after clearAuth', async () => {
    const client = openClient()
    client.setAuth(await createToken('ada', { claims: { name: 'Ada' } }))
    expect(await client.query(api.users.whoami)).toMatchObject({ subject: 'ada', name: 'Ada' })
    client.clearAuth()
    expect(await client.query(api.users.whoami)).toBeNull()
  })

  it('sends mutations one after the other, unless they skip the queue', async () => {
    const client = openClient()
    const send = (channel: string, body: string, skipQueue = false) => client.mutation(api.messages.send, { channel, body }, { skipQueue })
    await Promise.all(inOrder.map(body => send('queue', body)))
    expect(bodiesOf(await client.query(api.messages.list, { channel: 'queue' }))).toEqual(inOrder)
    await Promise.all(inOrder.map(body => send('no queue', body, true)))
    expect(bodiesOf(await client.query(api.messages.list, { channel: 'no queue' })).toSorted()).toEqual(inOrder.toSorted())
  })

  it('continues with the queue after a mutation that fails', async () => {
    const client = openClient()
    const failing = expect(client.mutation(api.failures.failingMutation, { kind: 'convex' })).rejects.toMatchObject({ data: { code: 'ON_DEMAND', amount: 3n } })
    expect(await client.mutation(api.counters.increment, { name: 'after a failure' })).toBe(1)
    await failing
  })
})

describe('a ConvexClient', () => {
  function openClient(): ConvexClient {
    const client = new ConvexClient(deployment.url, { unsavedChangesWarning: false, logger: false })
    onTestFinished(() => client.close())
    return client
  }

  it('receives each change of a query until it unsubscribes', async () => {
    const client = openClient()
    const values: number[] = []
    const unsubscribe = client.onUpdate(api.counters.get, { name: 'live' }, value => values.push(value))
    await eventually(() => values).toEqual([0])
    expect(await client.mutation(api.counters.increment, { name: 'live' })).toBe(1)
    expect(await client.query(api.counters.get, { name: 'live' })).toBe(1)
    await eventually(() => values).toEqual([0, 1])
    unsubscribe()
    await client.mutation(api.counters.increment, { name: 'live' })
    await deployment.settled()
    expect(values).toEqual([0, 1])
    expect(deployment.connections.flatMap(({ queries }) => queries).filter(({ args }) => (args as { name?: string }).name === 'live')).toEqual([])
  })

  it('receives the error of a query, and its next result', async () => {
    const client = openClient()
    const seen: unknown[] = []
    client.onUpdate(api.failures.failsWhileCounted, { name: 'recovers' }, value => seen.push(value), error => seen.push((error as { data?: unknown }).data))
    await eventually(() => seen).toEqual([0])
    await client.mutation(api.counters.increment, { name: 'recovers' })
    await eventually(() => seen).toEqual([0, 'odd'])
    await client.mutation(api.counters.increment, { name: 'recovers' })
    await eventually(() => seen).toEqual([0, 'odd', 2])
  })

  it('shows an optimistic update until the result with the mutation arrives', async () => {
    const client = openClient()
    const seen: string[] = []
    client.onUpdate(api.messages.list, { channel: 'optimistic' }, messages => seen.push(bodiesOf(messages).join()))
    await eventually(() => seen).toEqual([''])
    await client.mutation(api.messages.send, { channel: 'optimistic', body: 'hello' }, {
      optimisticUpdate: (store, { channel, body }) => {
        const sending = { _id: 'sending', _creationTime: Date.now(), channel, body: `${body}…`, author: null } as never
        store.setQuery(api.messages.list, { channel }, [...store.getQuery(api.messages.list, { channel }) ?? [], sending])
      },
    })
    await eventually(() => seen).toEqual(['', 'hello…', 'hello'])
  })

  it('reverts an optimistic update if the mutation fails', async () => {
    const client = openClient()
    const values: number[] = []
    client.onUpdate(api.counters.get, { name: 'taken back' }, value => values.push(value))
    await eventually(() => values).toEqual([0])
    const mutation = client.mutation(api.counters.incrementAndFail, { name: 'taken back' }, {
      optimisticUpdate: store => store.setQuery(api.counters.get, { name: 'taken back' }, 100),
    })
    await expect(mutation).rejects.toThrow('the increment failed')
    await eventually(() => values).toEqual([0, 100, 0])
  })

  it('runs queries as the user after setAuth, and reports a refused token', async () => {
    const client = openClient()
    const reports: boolean[] = []
    client.setAuth(() => createToken('grace', { claims: { name: 'Grace' } }), isAuthenticated => reports.push(isAuthenticated))
    // The client may report a state twice: for its first token, and for the next one.
    await eventually(() => reports).toContain(true)
    expect(await client.query(api.users.whoami, {})).toMatchObject({ subject: 'grace', name: 'Grace' })

    const refused = openClient()
    const refusals: boolean[] = []
    refused.setAuth(() => createToken('grace', { forged: true }), isAuthenticated => refusals.push(isAuthenticated))
    await eventually(() => refusals).toContain(false)
    expect(await refused.query(api.users.whoami, {})).toBeNull()
    expect(reports).not.toContain(false)
    expect(refusals).not.toContain(true)
  })

  it('connects again after its socket was dropped: queries and mutations continue, actions fail', async () => {
    const client = openClient()
    client.setAuth(() => createToken('carol'))
    const values: number[] = []
    client.onUpdate(api.counters.get, { name: 'dropped' }, value => values.push(value))
    await eventually(() => values).toEqual([0])
    const waiting = expect(client.action(api.jobs.wait, { ms: 3_600_000 })).rejects.toThrow('Connection lost while action was in flight')
    await eventually(() => client.connectionState().inflightActions).toBe(1)
    await deployment.disconnectAll()
    await deployment.mutation(api.counters.increment, { name: 'dropped' })
    await waiting
    await eventually(() => values).toEqual([0, 1])
    expect(await client.mutation(api.counters.increment, { name: 'dropped' })).toBe(2)
    expect((await client.query(api.users.whoami, {}))?.subject).toBe('carol')
    expect(client.connectionState()).toMatchObject({ isWebSocketConnected: true, connectionCount: 2 })
    // Ends the action, which continues in the deployment.
    await deployment.advanceClock(3_600_000)
  })

  it('loads a list page by page', async () => {
    const list = 'official pages'
    await deployment.mutation(api.items.change, { list, insert: [1, 2, 3, 4, 5] })
    const client = openClient()
    let latest: any
    const unsubscribe = client.onPaginatedUpdate_experimental(api.items.page, { list } as never, { initialNumItems: 2 }, result => latest = result)
    const ranks = (): number[] | undefined => latest?.results.map(({ rank }: { rank: number }) => rank)
    await eventually(ranks).toEqual([1, 2])
    latest.loadMore(2)
    await eventually(ranks).toEqual([1, 2, 3, 4])
    await deployment.mutation(api.items.change, { list, insert: [2.5] })
    await eventually(ranks).toEqual([1, 2, 2.5, 3, 4])
    latest.loadMore(2)
    await eventually(() => latest.status).toBe('Exhausted')
    expect(ranks()).toEqual([1, 2, 2.5, 3, 4, 5])
    unsubscribe()
  })
})
