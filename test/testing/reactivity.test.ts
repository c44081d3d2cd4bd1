import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { add, RawClient } from './raw-client.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

/** Subscribes to the queries and waits for their first results. */
async function subscribe(...queries: [name: string, args: Record<string, unknown>][]): Promise<RawClient> {
  const client = await RawClient.open(deployment.url)
  client.modify(0, ...queries.map(([name, args], queryId) => add(queryId, name, args)))
  await client.nextOf('Transition')
  await deployment.settled()
  deployment.log.length = 0
  return client
}

/** The queries that have run since the last call of this function. */
async function reruns(): Promise<unknown[]> {
  await deployment.settled()
  return deployment.log.splice(0).filter(({ kind, connection }) => kind === 'query' && connection !== null).map(({ name, args }) => [name, args])
}

describe('a write', () => {
  it('only causes those queries to run again that read this range of the index', async () => {
    const client = await subscribe(['messages:list', { channel: 'a' }], ['messages:list', { channel: 'b' }], ['counters:total', {}])
    await deployment.mutation(api.messages.send, { channel: 'b', body: 'hello' })
    expect(await reruns()).toEqual([['messages:list', { channel: 'b' }]])
    await eventually(() => client.transitions.at(-1).modifications).toMatchObject([{ queryId: 1, value: [{ body: 'hello' }] }])
  })

  it('runs each query again whose range contains the old or the new version of the document', async () => {
    const id = await deployment.mutation(api.messages.send, { channel: 'range', body: 'x', priority: 1 })
    await subscribe(['messages:urgent', { channel: 'range', from: 5 }], ['messages:urgent', { channel: 'range', from: 1 }], ['messages:urgent', { channel: 'other', from: 0 }])
    await deployment.mutation(api.messages.edit, { id, body: 'y' })
    expect(await reruns()).toEqual([['messages:urgent', { channel: 'range', from: 1 }]])
    await deployment.mutation(api.messages.send, { channel: 'range', body: 'no priority' })
    expect(await reruns()).toEqual([])
    await deployment.mutation(api.messages.send, { channel: 'range', body: 'urgent', priority: 9 })
    expect(await reruns()).toHaveLength(2)
    await deployment.mutation(api.messages.remove, { id })
    expect(await reruns()).toEqual([['messages:urgent', { channel: 'range', from: 1 }]])
  })

  it('causes queries that read the document by id to run again, even if it is deleted', async () => {
    const id = await deployment.mutation(api.messages.send, { channel: 'point', body: 'x' })
    const other = await deployment.mutation(api.messages.send, { channel: 'point', body: 'x' })
    const client = await subscribe(['messages:get', { id }])
    await deployment.mutation(api.messages.edit, { id: other, body: 'y' })
    expect(await reruns()).toEqual([])
    await deployment.mutation(api.messages.remove, { id })
    expect(await reruns()).toHaveLength(1)
    await eventually(() => client.transitions.at(-1).modifications).toMatchObject([{ value: null }])
  })

  it('causes whole-table reads, searches and nested queries to run again', async () => {
    await subscribe(['counters:total', {}], ['messages:search', { channel: 's', text: 'hel' }], ['users:current', {}])
    await deployment.mutation(api.counters.increment, { name: 'whole' })
    expect(await reruns()).toEqual([['counters:total', {}]])
    await deployment.mutation(api.messages.send, { channel: 's', body: 'hello there' })
    expect(await reruns()).toEqual([['messages:search', { channel: 's', text: 'hel' }]])
  })

  it('updates each of more than a thousand queries of one client', async () => {
    const names = Array.from({ length: 1_100 }, (_, index) => `many ${index}`)
    const client = await subscribe(...names.map((name): [string, { name: string }] => ['counters:get', { name }]))
    for (const queryId of [0, 100, 1_099]) {
      await deployment.mutation(api.counters.increment, { name: names[queryId]! })
      expect(await client.nextOf('Transition')).toMatchObject({ modifications: [{ queryId, value: 1 }] })
    }
  })

  it('does not cause queries to run again if it fails', async () => {
    await subscribe(['counters:get', { name: 'rolled back' }])
    await expect(deployment.mutation(api.counters.incrementAndFail, { name: 'rolled back' })).rejects.toThrow()
    expect(await reruns()).toEqual([])
  })
})

describe('a result', () => {
  it('is not sent again if it is unchanged', async () => {
    await deployment.mutation(api.counters.increment, { name: 'same' })
    const client = await subscribe(['counters:exists', { name: 'same' }])
    await deployment.mutation(api.counters.increment, { name: 'same' })
    expect(await reruns()).toHaveLength(1)
    expect(client.received.slice(1).flatMap(({ modifications }) => modifications)).toEqual([])
  })

  it('can be an error, and a value again after the next write', async () => {
    const client = await subscribe(['failures:failsWhileCounted', { name: 'odd' }])
    await deployment.mutation(api.counters.increment, { name: 'odd' })
    expect(await client.nextOf('Transition')).toMatchObject({ modifications: [{ type: 'QueryFailed', queryId: 0, errorMessage: expect.stringContaining('ConvexError'), errorData: 'odd', logLines: [] }] })
    await deployment.mutation(api.counters.increment, { name: 'odd' })
    expect(await client.nextOf('Transition')).toMatchObject({ modifications: [{ type: 'QueryUpdated', queryId: 0, value: 2 }] })
  })

  it('is sent in one transition with all other results that the same commit has changed', async () => {
    const client = await subscribe(['counters:get', { name: 'snapshot' }], ['counters:total', {}], ['counters:exists', { name: 'snapshot' }])
    const total = client.received[0].modifications[1].value
    for (let round = 0; round < 10; round++)
      void deployment.mutation(api.counters.increment, { name: 'snapshot' })
    await eventually(() => client.transitions.at(-1).modifications[0]?.value).toBe(10)
    const seen = { get: 0, total }
    for (const { modifications } of client.transitions.slice(1)) {
      for (const { queryId, value } of modifications)
        Object.assign(seen, queryId === 0 ? { get: value } : queryId === 1 ? { total: value } : {})
      expect(seen.total - total).toBe(seen.get)
    }
  })
})

describe('a page', () => {
  const page = (paginationOpts: Record<string, unknown>): [string, Record<string, unknown>] => ['messages:page', { channel: 'pages', paginationOpts }]

  it('keeps its end when rows change, and after a reconnect if the client sends its journal', async () => {
    for (let index = 0; index < 6; index++)
      await deployment.mutation(api.messages.send, { channel: 'pages', body: `first ${index}` })
    const client = await subscribe(page({ numItems: 3, cursor: null }))
    const [first] = client.received[0].modifications
    expect(first.value.page.map(({ body }: { body: string }) => body)).toEqual(['first 5', 'first 4', 'first 3'])
    expect(first.journal).toEqual(expect.any(String))

    await deployment.mutation(api.messages.send, { channel: 'pages', body: 'new' })
    const [grown] = (await client.nextOf('Transition')).modifications
    expect(grown.value.page.map(({ body }: { body: string }) => body)).toEqual(['new', 'first 5', 'first 4', 'first 3'])
    expect(grown.value.continueCursor).toBe(first.value.continueCursor)

    const again = await RawClient.open(deployment.url)
    const [name, args] = page({ numItems: 3, cursor: null })
    again.modify(0, add(1, name, args, { journal: first.journal }), add(2, name, args))
    const [withJournal, without] = (await again.nextOf('Transition')).modifications
    expect(withJournal.value.page).toHaveLength(4)
    expect(without.value.page).toHaveLength(3)
  })
})
