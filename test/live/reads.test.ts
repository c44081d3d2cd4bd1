import type { Preloaded } from 'convue'
import type { Deployment } from '../../src/testing/index.ts'
import { getFunctionName } from 'convex/server'
import { ConvexError, convexToJson } from 'convex/values'
import { prefetchConvexQuery, useAuthedQuery, useConvexQueries, useConvexQuery, usePreloadedQuery } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { becomePage, LivePage, LiveSource } from '../support/live/live-page.ts'
import { recordTicks } from '../support/scripted/identity.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})

let page: LivePage
let source: LiveSource
/** A name that no other test uses. */
let name: string
let names = 0

beforeEach(() => {
  becomePage()
  name = `name-${++names}`
  deployment.log.length = 0
})
afterEach(async () => {
  await page.close()
  vi.unstubAllGlobals()
  await deployment.settled()
  await eventually(() => deployment.connections).toEqual([])
})

afterAll(() => deployment.close())

function openPage(userId?: string): void {
  source = new LiveSource({ status: 'signedOut' })
  page = new LivePage(deployment, { tokenSource: source, lingerMs: 0 })
  if (userId !== undefined)
    source.signIn(userId)
}

/** How often a function of this test has run. */
const runs = (reference: string): number => deployment.log.filter(entry => entry.kind === 'query' && entry.name === reference).length

describe('useConvexQuery', () => {
  describe('a permission that is revoked', () => {
    const reader = (): { topic: string, subject: string } => ({ topic: name, subject: 'ada' })

    async function mountNotes(keepDataOnError: boolean) {
      await deployment.mutation(api.notes.grant, reader())
      openPage('ada')
      const { query, ticks } = page.run(() => {
        const query = useAuthedQuery(api.notes.read, { topic: name }, { keepDataOnError })
        return { query, ticks: recordTicks(() => [query.data.value ?? null, query.status.value, query.isStale.value]) }
      })
      await query
      await eventually(() => query.isStale.value).toBe(false)
      expect(query.data.value).toBe(`${name} for ada`)
      ticks.length = 0
      return { query, ticks: () => ticks.map(text => JSON.parse(text)) }
    }

    it('replaces the data with the error in one update, until the permission is granted again', async () => {
      const { query, ticks } = await mountNotes(false)
      await deployment.mutation(api.notes.revoke, reader())
      await eventually(() => query.status.value).toBe('error')
      expect((query.error.value as ConvexError<any>).data).toEqual({ code: 'FORBIDDEN' })
      expect(query.error.value).toBeInstanceOf(ConvexError)
      await deployment.mutation(api.notes.grant, reader())
      await eventually(() => query.status.value).toBe('success')
      expect(ticks()).toEqual([[null, 'error', false], [`${name} for ada`, 'success', false]])
    })

    it('keeps the data as stale with keepDataOnError', async () => {
      const { query, ticks } = await mountNotes(true)
      await deployment.mutation(api.notes.revoke, reader())
      await eventually(() => query.status.value).toBe('error')
      await deployment.mutation(api.notes.grant, reader())
      await eventually(() => query.status.value).toBe('success')
      expect(ticks()).toEqual([[`${name} for ada`, 'error', true], [`${name} for ada`, 'success', false]])
    })

    it('shows no data of the previous user when another user signs in', async () => {
      const { query, ticks } = await mountNotes(true)
      await deployment.mutation(api.notes.revoke, reader())
      await eventually(() => query.status.value).toBe('error')
      source.signIn('bob')
      await eventually(() => deployment.connections.map(({ subject }) => subject)).toEqual(['bob'])
      await eventually(() => query.status.value).toBe('error')
      expect(query.data.value).toBeUndefined()
      const seen = ticks().map(([data]) => data)
      expect(seen.slice(seen.indexOf(null))).not.toContain(`${name} for ada`)
    })
  })

  describe('a query that is not live', () => {
    it('runs once, and again at refresh()', async () => {
      openPage()
      const { once, live } = page.run(() => ({
        once: useConvexQuery(api.counters.get, { name }, { live: false }),
        // Shows when the change has reached the page.
        live: useConvexQuery(api.counters.exists, { name }),
      }))
      await Promise.all([once, live])
      expect(once.data.value).toBe(0)
      await eventually(() => deployment.connections.map(({ queries }) => queries.length)).toEqual([1])
      await deployment.mutation(api.counters.increment, { name })
      await eventually(() => live.data.value).toBe(true)
      expect(once.data.value).toBe(0)
      await once.refresh()
      expect(once.data.value).toBe(1)
      await eventually(() => runs('counters:get')).toBe(2)
      await eventually(() => deployment.connections.map(({ queries }) => queries.length)).toEqual([1])
    })

    it('runs again for another user', async () => {
      openPage('ada')
      const who = page.run(() => useConvexQuery(api.users.whoamiTagged, { tag: name }, { live: false }))
      await eventually(() => who.data.value?.subject).toBe('ada')
      source.signIn('bob')
      await eventually(() => who.data.value?.subject).toBe('bob')
      source.report({ status: 'signedOut' })
      expect(who.data.value).toBeUndefined()
      await eventually(() => who.data.value?.subject).toBe(null)
    })
  })
})

describe('useConvexQueries: a record of queries', () => {
  it('shows live results while keys are added and removed', async () => {
    openPage()
    const counted = shallowRef([`${name} a`, `${name} b`])
    const results = page.run(() => useConvexQueries(() => Object.fromEntries(counted.value.map(name => [name, { query: api.counters.get, args: { name } }]))))
    await results
    await deployment.mutation(api.counters.increment, { name: `${name} b` })
    await eventually(() => results[`${name} b`]?.data).toBe(1)
    counted.value = [`${name} b`, `${name} c`]
    await eventually(() => results[`${name} c`]?.data).toBe(0)
    expect(Object.keys(results)).toEqual(counted.value)
    await eventually(() => deployment.connections.map(({ queries }) => queries.length)).toEqual([2])
    await eventually(() => runs('counters:get')).toBe(4)
  })
})

describe('usePrefetchConvexQuery: a prefetch', () => {
  it('lets a page show its data at once, with one execution', async () => {
    openPage()
    await page.app.runWithContext(() => prefetchConvexQuery(api.counters.get, { name }))
    const { data } = page.run(() => useConvexQuery(api.counters.get, { name }))
    expect(data.value).toBe(0)
    await deployment.mutation(api.counters.increment, { name })
    await eventually(() => data.value).toBe(1)
    await eventually(() => runs('counters:get')).toBe(2)
    await deployment.settled()
    expect(deployment.connections.map(({ queries }) => queries.length)).toEqual([1])
  })
})

describe('usePreloadedQuery: a preloaded result', () => {
  async function preload(subject: string): Promise<Preloaded<typeof api.tasks.list>> {
    const value = await deployment.query(api.tasks.list, {}, { identity: { subject } })
    return { name: getFunctionName(api.tasks.list), args: {}, value: convexToJson(value as any), userId: subject }
  }

  it('is shown until the live result arrives, and never to another user', async () => {
    const [ada, bob] = [`ada-${name}`, `bob-${name}`]
    await deployment.mutation(api.tasks.add, { text: 'preloaded' }, { identity: { subject: ada } })
    const preloaded = await preload(ada)
    await deployment.mutation(api.tasks.add, { text: 'later' }, { identity: { subject: ada } })
    openPage(ada)
    const { query, ticks } = page.run(() => {
      const query = usePreloadedQuery(preloaded)
      return { query, ticks: recordTicks(() => [query.data.value?.map(({ text }) => text) ?? null, query.isStale.value]) }
    })
    await eventually(() => query.isStale.value).toBe(false)
    expect(ticks.map(text => JSON.parse(text))).toEqual([[['preloaded'], true], [['preloaded', 'later'], false]])
    ticks.length = 0
    source.signIn(bob)
    expect(query.data.value).toBeUndefined()
    await eventually(() => query.data.value).toEqual([])
    expect(ticks.join()).not.toContain('preloaded')

    const bobs = page.run(() => {
      const query = usePreloadedQuery(preloaded)
      return recordTicks(() => query.data.value ?? null)
    })
    expect(bobs).toEqual(['[]'])
  })
})
