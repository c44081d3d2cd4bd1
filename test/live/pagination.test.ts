import type { Deployment } from '../../src/testing/index.ts'
import type { Doc } from '../support/convex/_generated/dataModel'
import process from 'node:process'
import { insertAtPosition, optimisticallyUpdateValueInPaginatedQuery, useConvexMutation, useConvexPaginatedQuery } from 'convue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { watch } from 'vue'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { becomePage, LivePage } from '../support/live/live-page.ts'

let deployment: Deployment
let page: LivePage
/** A list that no other test uses. */
let list: string
let lists = 0

beforeAll(async () => {
  deployment = await startFixture()
})
beforeEach(() => {
  becomePage()
  page = new LivePage(deployment, {})
  list = `list-${++lists}`
})
afterEach(async () => {
  await page.close()
  vi.unstubAllGlobals()
  await deployment.settled()
  await expect.poll(() => deployment.connections).toEqual([])
})
afterAll(() => deployment.close())

type Item = Doc<'items'>

function fill(count: number): Promise<unknown> {
  return deployment.mutation(api.items.change, { list, insert: Array.from({ length: count }, (_, rank) => rank) })
}

async function allItems(): Promise<Item[]> {
  return await deployment.query(api.items.all, { list }) as Item[]
}

/** Returns a seeded generator of random numbers from 0 up to, but not including, 1. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Describes a row that is shown twice or out of order, which must not happen for a moment. */
function findFault(rows: Item[]): string | undefined {
  for (const [index, row] of rows.entries()) {
    const previous = rows[index - 1]
    if (previous && (previous.rank > row.rank || (previous.rank === row.rank && previous._creationTime >= row._creationTime)))
      return `${previous.rank} is followed by ${row.rank}`
  }
}

describe('useConvexPaginatedQuery', () => {
  describe('over 1,000 rows that change while pages load', () => {
  // `SEED=… vitest run` repeats a failed run.
    const seeds = process.env.SEED ? [Number(process.env.SEED)] : [1, Math.floor(Math.random() * 2 ** 31)]

    it.each(seeds)('stays in order, and equals the table\'s first rows once all writes have ended (seed %i)', async (seed) => {
      const random = createRandom(seed)
      const below = (limit: number): number => Math.floor(random() * limit)
      await fill(1100)
      const faults: string[] = []
      const query = page.run(() => {
        const query = useConvexPaginatedQuery(api.items.page, { list }, { initialNumItems: 60 })
        watch(query.results, rows => findFault(rows as Item[]) && faults.push(findFault(rows as Item[])!), { flush: 'sync' })
        return query
      })
      await query

      for (let round = 0; query.status.value !== 'Exhausted' || round < 16; round++) {
        const items = await allItems()
        const writes = Array.from({ length: 1 + below(3) }, () => {
        // A removal of up to 19 adjacent rows often includes the last row of a page. Inserted rows
        // make pages grow.
          const from = below(items.length)
          const remove = items.splice(from, below(20)).map(({ _id }) => _id)
          const near = items[below(items.length)]!.rank
          return deployment.mutation(api.items.change, { list, remove, insert: Array.from({ length: below(40) }, () => near + random()) })
        })
        query.loadMore(30 + below(120))
        await Promise.all(writes)
        await deployment.settled()

        const expected = await allItems()
        await eventually(() => {
          const { length } = query.results.value
          const isWhole = query.status.value === 'Exhausted' ? length === expected.length : query.status.value === 'CanLoadMore' && length > 0
          return isWhole && query.results.value.every((row, index) => row._id === expected[index]!._id)
        }).toBe(true)
        expect(query.results.value, `round ${round}`).toEqual(expected.slice(0, query.results.value.length))
      }

      expect(faults).toEqual([])
      expect(query.error.value).toBeUndefined()
      expect(query.results.value.length).toBeGreaterThan(700)
      const pages = deployment.connections[0]!.queries
      expect(pages.length).toBeGreaterThanOrEqual(10)
    })
  })

  /** A list on the page, with every state that a synchronous watcher saw. */
  function mountList(numItems: number, query: typeof api.items.page = api.items.page) {
    return page.run(() => {
      const { results, status, error, loadMore } = useConvexPaginatedQuery(query, { list }, { initialNumItems: numItems })
      const seen: string[] = []
      const ranks = (): string => results.value.map(({ rank }) => rank).join(',')
      watch([results, status], () => seen.push(`${ranks()} ${status.value}`), { flush: 'sync' })
      return { results, status, error, seen, ranks, loadMore }
    })
  }

  async function loadAll(mounted: ReturnType<typeof mountList>, numItems: number): Promise<void> {
    await eventually(() => {
      mounted.loadMore(numItems)
      return mounted.status.value
    }).toBe('Exhausted')
  }

  describe('a page that grows', () => {
    it('is split without a flicker, and the list remains complete', async () => {
      await fill(6)
      const mounted = mountList(3)
      await loadAll(mounted, 3)
      mounted.seen.length = 0
      await deployment.mutation(api.items.change, { list, insert: [0.1, 0.2, 0.3, 0.4, 0.5] })
      await eventually(() => deployment.connections[0]!.queries.length).toBe(4)
      expect(mounted.seen).toEqual(['0,0.1,0.2,0.3,0.4,0.5,1,2,3,4,5 Exhausted'])
      await deployment.mutation(api.items.change, { list, insert: [0.45, 99] })
      await eventually(mounted.ranks).toBe('0,0.1,0.2,0.3,0.4,0.45,0.5,1,2,3,4,5,99')
    })

    it('is read in parts when the deployment requires it', async () => {
      await fill(20)
      await deployment.mutation(api.items.add, { list, rank: 100, text: 'rare' })
      const query = page.run(() => useConvexPaginatedQuery(api.items.pageOfRare, { list, maximumRowsRead: 8 }, { initialNumItems: 5 }))
      await eventually(() => {
        query.loadMore(5)
        return query.status.value
      }).toBe('Exhausted')
      expect(query.results.value.map(({ rank }) => rank)).toEqual([100])
    })
  })

  describe('cursors that become invalid', () => {
    it('restart the list', async () => {
      await fill(9)
      const mounted = mountList(3, api.items.pageFromCounter as typeof api.items.page)
      await loadAll(mounted, 3)
      mounted.seen.length = 0
      await deployment.mutation(api.counters.increment, { name: list })
      await eventually(() => mounted.status.value).toBe('CanLoadMore')
      expect(mounted.seen).toEqual([' LoadingFirstPage', '1,2,3 CanLoadMore'])
      await loadAll(mounted, 3)
      expect(mounted.ranks()).toBe('1,2,3,4,5,6,7,8')
      expect(mounted.seen.some(entry => entry.includes('Error'))).toBe(false)
    })
  })

  describe('a page that fails', () => {
    it('ends the list before that page until the page succeeds', async () => {
      await fill(9)
      const mounted = mountList(3, api.items.pageWithoutBad as typeof api.items.page)
      await loadAll(mounted, 3)
      const { _id: id } = mounted.results.value[4]!
      mounted.seen.length = 0
      await deployment.mutation(api.items.edit, { id, text: 'bad' })
      await eventually(() => mounted.status.value).toBe('Error')
      expect((mounted.error.value as any).data).toBe('bad')
      await deployment.mutation(api.items.edit, { id, text: 'good' })
      await eventually(() => mounted.status.value).toBe('Exhausted')
      expect(mounted.seen).toEqual(['0,1,2 Error', '0,1,2,3,4,5,6,7,8 Exhausted'])
    })
  })

  describe.each([
    ['every socket is cut off', () => deployment.disconnectAll()],
    ['the deployment starts again', () => deployment.restart()],
  ])('after %s', (_what, interrupt) => {
    it('resumes a list of many pages without a gap', async () => {
      await fill(12)
      const mounted = mountList(3)
      await loadAll(mounted, 3)
      mounted.seen.length = 0
      await interrupt()
      await deployment.mutation(api.items.change, { list, insert: [0.5, 4.5] })
      await eventually(mounted.ranks).toBe('0,0.5,1,2,3,4,4.5,5,6,7,8,9,10,11')
      expect(mounted.seen).toHaveLength(1)
    })
  })

  describe('optimistic updates', () => {
    function mountWrites() {
      return page.run(() => ({
        add: useConvexMutation(api.items.add, {
          optimisticUpdate: (localQueryStore, { list, rank, text }) => insertAtPosition({
            localQueryStore,
            paginatedQuery: api.items.page,
            argsToMatch: { list },
            sortOrder: 'asc',
            sortKeyFromItem: item => [item.rank, item._creationTime],
            item: { _id: 'optimistic' as Item['_id'], _creationTime: Date.now(), list, rank, text },
          }),
        }),
        edit: useConvexMutation(api.items.edit, {
          optimisticUpdate: (localStore, { id, text }) => optimisticallyUpdateValueInPaginatedQuery(localStore, api.items.page, { list }, item =>
            item._id === id ? { ...item, text } : item),
        }),
      }))
    }

    it('are shown at once, and replaced with the result without a flicker', async () => {
      await fill(6)
      const mounted = mountList(4)
      await loadAll(mounted, 4)
      const { add, edit } = mountWrites()
      mounted.seen.length = 0
      const sent = add.mutate({ list, rank: 3.5, text: 'new' })
      expect(mounted.ranks()).toBe('0,1,2,3,3.5,4,5')
      const edited = edit.mutate({ id: mounted.results.value[0]!._id, text: 'edited' })
      expect(mounted.results.value[0]!.text).toBe('edited')
      const [id] = await Promise.all([sent, edited])
      expect(new Set(mounted.seen)).toEqual(new Set(['0,1,2,3,3.5,4,5 Exhausted']))
      expect(mounted.results.value).toEqual(await allItems())
      expect(mounted.results.value[4]!._id).toBe(id)
    })

    it('are kept when another update is rejected and rolled back', async () => {
      await fill(6)
      const mounted = mountList(4)
      await loadAll(mounted, 4)
      const { add } = mountWrites()
      const refused = add.mutate({ list, rank: 1.5, text: 'refused' })
      const sent = add.mutate({ list, rank: 2.5, text: 'new' })
      expect(mounted.ranks()).toBe('0,1,1.5,2,2.5,3,4,5')
      await expect(refused).rejects.toMatchObject({ data: 'refused' })
      expect(mounted.ranks()).toBe('0,1,2,2.5,3,4,5')
      await sent
      expect(mounted.results.value).toEqual(await allItems())
    })
  })
})
