import type { Deployment } from '../../src/testing/index.ts'
import { ConvexError } from 'convex/values'
import { useAuthedQuery, useConvexMutation, useConvexQuery } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { computed, watch } from 'vue'
import { api } from '../support/convex/_generated/api.js'
import { startFixture } from '../support/live/deployment.ts'
import { becomePage, LivePage, LiveSource } from '../support/live/live-page.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

let page: LivePage
/** A name that no other test uses. */
let name: string
let names = 0

/** Opens the page of an anonymous user, or of the given user. */
function openPage(userId?: string): void {
  const tokenSource = new LiveSource({ status: 'signedOut' })
  page = new LivePage(deployment, { tokenSource })
  if (userId !== undefined)
    tokenSource.signIn(userId)
}

beforeEach(() => {
  becomePage()
  name = `name-${++names}`
})
afterEach(async () => {
  await page.close()
  vi.unstubAllGlobals()
  await deployment.settled()
  await expect.poll(() => deployment.connections).toEqual([])
})

/** Everything that a synchronous watcher sees of a query. */
function record(query: { data: { value: any }, status: { value: string }, isStale: { value: boolean } }): unknown[] {
  const seen: unknown[] = []
  watch([query.data, query.status], ([data, status]) => seen.push([data, status]), { flush: 'sync' })
  return seen
}

describe('useConvexQuery', () => {
  describe.each([
    ['every socket is cut off', () => deployment.disconnectAll()],
    ['the deployment starts again', () => deployment.restart()],
  ])('after %s', (_what, interrupt) => {
    it('resumes every subscription without a gap or a flicker', async () => {
      openPage()
      const channels = Array.from({ length: 20 }, (_, index) => `${name}-${index}`)
      const counts = page.run(() => channels.map(channel => useConvexQuery(api.counters.get, { name: channel })))
      const seen = page.run(() => counts.map(record))
      await expect.poll(() => counts.map(({ data }) => data.value)).toEqual(channels.map(() => 0))
      seen.forEach(list => list.length = 0)

      await interrupt()
      // These writes happen while the page is disconnected.
      for (const channel of channels.slice(0, 10))
        await deployment.mutation(api.counters.increment, { name: channel })
      await expect.poll(() => counts.map(({ data }) => data.value)).toEqual(channels.map((_, index) => index < 10 ? 1 : 0))
      expect(seen).toEqual(channels.map((_, index) => index < 10 ? [[1, 'success']] : []))
      await deployment.settled()
      expect(deployment.connections.map(({ queries }) => queries.length)).toEqual([20])

      await deployment.mutation(api.counters.increment, { name: channels[19]! })
      await expect.poll(() => counts[19]!.data.value).toBe(1)
    })

    it('runs mutations that were sent during the interruption exactly once, in order', async () => {
      openPage()
      const { list, send } = page.run(() => ({
        list: useConvexQuery(api.messages.list, { channel: name }),
        send: useConvexMutation(api.messages.send),
      }))
      await list
      const bodies = Array.from({ length: 20 }, (_, index) => `message ${index}`)
      const sent: Promise<unknown>[] = []
      for (const [index, body] of bodies.entries()) {
        sent.push(send.mutate({ channel: name, body }))
        if (index === 10)
          await interrupt()
      }
      await Promise.all(sent)
      expect(list.data.value!.map(({ body }) => body)).toEqual(bodies)
      await deployment.settled()
      const executed = deployment.log.filter(entry => entry.kind === 'mutation' && (entry.args as any)?.channel === name)
      expect(executed.filter(({ outcome }) => outcome === 'success')).toHaveLength(20)
    })

    it('resumes a user\'s subscriptions as that user', async () => {
      openPage('ada')
      const { whoami, tagged } = page.run(() => ({
        whoami: useAuthedQuery(api.users.whoami),
        tagged: useConvexQuery(api.users.whoamiTagged, { tag: name }),
      }))
      await Promise.all([whoami, tagged])
      const seen = page.run(() => record(tagged))
      deployment.log.length = 0
      await interrupt()
      await expect.poll(() => deployment.connections.map(({ subject, queries }) => [subject, queries.length])).toEqual([['ada', 2]])
      await expect.poll(() => deployment.log.filter(({ kind }) => kind === 'query').length).toBeGreaterThanOrEqual(2)
      expect(deployment.log.filter(({ kind }) => kind === 'query').map(({ subject }) => subject)).not.toContain(null)
      expect(tagged.data.value).toEqual({ tag: name, subject: 'ada' })
      expect(seen).toEqual([])
    })
  })

  describe('queries that one mutation changes', () => {
    it('shows all changes together', async () => {
      openPage()
      const seen: string[] = []
      const { increment, one, exists } = page.run(() => {
        const one = useConvexQuery(api.counters.get, { name })
        const exists = useConvexQuery(api.counters.exists, { name })
        const says = computed(() => `${one.data.value} ${exists.data.value}`)
        watch([one.data, exists.data, says], () => seen.push(says.value), { flush: 'sync' })
        return { one, exists, increment: useConvexMutation(api.counters.increment) }
      })
      await Promise.all([one, exists])
      await increment.mutate({ name })
      expect(seen).toEqual(['0 false', '1 true'])
    })
  })

  describe('a query that fails', () => {
    it('shows data again once the query succeeds', async () => {
      openPage()
      const { query, increment } = page.run(() => ({
        query: useConvexQuery(api.failures.failsWhileCounted, { name }),
        increment: useConvexMutation(api.counters.increment),
      }))
      await query
      expect(query.data.value).toBe(0)
      await increment.mutate({ name })
      expect(query.error.value).toBeInstanceOf(ConvexError)
      expect((query.error.value as ConvexError<string>).data).toBe('odd')
      await increment.mutate({ name })
      expect(query.error.value).toBeUndefined()
      expect(query.data.value).toBe(2)
    })

    it('explains that the function is a mutation', async () => {
      openPage()
      const query = page.run(() => useConvexQuery(api.counters.increment as any, { name }))
      await query
      expect(query.error.value).toMatchObject({ code: 'FUNCTION_KIND_MISMATCH', fix: expect.stringContaining('useConvexMutation') })
      const mutation = page.run(() => useConvexMutation(api.counters.get as any))
      await expect(mutation.mutate({ name })).rejects.toMatchObject({ code: 'FUNCTION_KIND_MISMATCH' })
    })
  })

  describe('convex values', () => {
    it('sends and returns values of every kind unchanged', async () => {
      openPage()
      const args = {
        null: null,
        int64: 9_007_199_254_740_993n,
        float64: -0,
        boolean: true,
        string: 'text',
        bytes: new Uint8Array([1, 2, 3]).buffer,
        array: [Number.NaN, Number.POSITIVE_INFINITY],
        object: { nested: 'deep' },
        record: { one: 1n },
        union: 2n as const,
      }
      const query = page.run(() => useConvexQuery(api.values.echo, args))
      await query
      expect(query.error.value).toBeUndefined()
      expect(query.data.value).toEqual(args)
      expect(Object.is(query.data.value!.float64, -0)).toBe(true)
      const before = query.data.value
      await query.refresh()
      expect(query.data.value).toBe(before)
    })
  })
})

describe('useConvexMutation: an optimistic update', () => {
  it('is shown at once and replaced with the result', async () => {
    openPage()
    const { query, increment, seen } = page.run(() => {
      const query = useConvexQuery(api.counters.get, { name })
      return {
        query,
        seen: record(query),
        increment: useConvexMutation(api.counters.increment, {
          optimisticUpdate: (queries, args) => queries.setQuery(api.counters.get, { name: args.name }, 100),
        }),
      }
    })
    await query
    await increment.mutate({ name })
    expect(seen).toEqual([[0, 'success'], [100, 'success'], [1, 'success']])
  })
})
