import type { OptimisticLocalStore } from 'convex/browser'
import type { Row } from '../../../support/scripted/scripted-list.ts'
import {
  insertAtBottomIfLoaded,
  insertAtPosition,
  insertAtTop,
  optimisticallyRemoveValueFromPaginatedQuery,
  optimisticallyUpdateValueInPaginatedQuery,
  useConvexMutation,
  useConvexPaginatedQuery,
  useConvexQuery,
} from 'convue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watch } from 'vue'
import { listApi, ScriptedList } from '../../../support/scripted/scripted-list.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

type Update = (localQueryStore: OptimisticLocalStore, args: { of: string, rank: number }) => void

const sortKeyFromItem = ({ rank }: Row): number[] => [rank]

function rowOf({ of, rank }: { of: string, rank: number }): Row {
  return { _id: `optimistic ${of} ${rank}`, rank, text: `anonymous's ${rank}` }
}

const atTop: Update = (localQueryStore, args) =>
  insertAtTop({ localQueryStore, paginatedQuery: listApi.page, argsToMatch: { of: args.of }, item: rowOf(args) })

describe('optimistic updates of a paginated list', () => {
  let page: ScriptedPage
  let list: ScriptedList
  /** Whether mutations fail. */
  let isRefused: boolean
  setupScriptedPage()
  beforeEach(() => {
    page = new ScriptedPage()
    page.deployment.isCoalescing = true
    page.deployment.latencyMs = 1
    list = new ScriptedList(page.deployment)
    list.fill('a', 7)
    list.fill('b', 2)
    isRefused = false
    page.deployment.functions.set('rows:add', ({ of, rank }) => {
      if (isRefused)
        throw new Error('refused')
      list.lists[of]!.push(rank)
      return null
    })
  })
  afterEach(async () => {
    // Lets the mutations that are still pending finish.
    page.deployment.flush()
    await page.tick(300)
  })

  async function mountList(of = 'a', pages = 1) {
    const mounted = page.run(() => {
      const query = useConvexPaginatedQuery(listApi.page, { of }, { initialNumItems: 3 })
      const seen: string[] = []
      watch([query.results, query.status], ([results, status]) => seen.push(`${(results as Row[]).map(({ rank }) => rank).join(',')} ${status}`), { flush: 'sync' })
      return { query, seen }
    }).result
    await page.tick()
    for (let loaded = 1; loaded < pages; loaded++) {
      mounted.query.loadMore(3)
      await page.tick()
    }
    mounted.seen.length = 0
    return mounted
  }

  function mountAdd(optimisticUpdate: Update) {
    const { mutate } = page.run(() => useConvexMutation(listApi.add, { optimisticUpdate })).result
    return (rank: number, of = 'a') => mutate({ of, rank })
  }

  describe('insertAtTop: the row', () => {
    it('is shown at once, and the row of the server replaces it without a gap or a duplicate', async () => {
      const { seen } = await mountList()
      const sent = mountAdd(atTop)(-1)
      expect(seen).toEqual(['-1,0,1,2 CanLoadMore'])
      await page.tick()
      await sent
      expect(seen).toEqual(['-1,0,1,2 CanLoadMore', '-1,0,1,2 CanLoadMore'])
    })

    it('is removed when the mutation fails', async () => {
      const { seen, query } = await mountList()
      const [first] = query.results.value
      isRefused = true
      const failed = expect(mountAdd(atTop)(-1)).rejects.toThrow('refused')
      await page.tick()
      await failed
      expect(seen).toEqual(['-1,0,1,2 CanLoadMore', '0,1,2 CanLoadMore'])
      expect(query.results.value[0]).toBe(first)
    })

    it('is removed when the mutation fails, but changes of the server remain', async () => {
      const { seen } = await mountList()
      page.deployment.latencyMs = 50
      list.change('a', ranks => [...ranks, 0.5])
      await page.tick(20)
      isRefused = true
      const failed = expect(mountAdd(atTop)(-1)).rejects.toThrow('refused')
      await page.tick(35)
      expect(seen).toEqual(['-1,0,1,2 CanLoadMore', '-1,0,0.5,1,2 CanLoadMore'])
      await page.tick(100)
      await failed
      expect(seen.at(-1)).toBe('0,0.5,1,2 CanLoadMore')
    })

    it('remains when another pending row is removed', async () => {
      const { seen } = await mountList()
      const add = mountAdd(atTop)
      page.deployment.latencyMs = 50
      const first = add(-1)
      await page.tick(20)
      isRefused = true
      const second = expect(add(-2)).rejects.toThrow('refused')
      expect(seen).toEqual(['-1,0,1,2 CanLoadMore', '-2,-1,0,1,2 CanLoadMore'])
      await page.tick(35)
      await first
      expect(seen.at(-1)).toBe('-2,-1,0,1,2 CanLoadMore')
      await page.tick(200)
      await second
      expect(seen.at(-1)).toBe('-1,0,1,2 CanLoadMore')
    })

    it('is inserted into every mounted list with equal arguments, and into no other list', async () => {
      const one = await mountList('a', 2)
      const same = await mountList('a')
      const other = await mountList('b')
      page.deployment.isHolding = true
      void mountAdd(atTop)(-1)
      expect([one.seen, same.seen, other.seen]).toEqual([['-1,0,1,2,3,4,5 CanLoadMore'], ['-1,0,1,2 CanLoadMore'], []])
    })

    it('is inserted only when the first page has a result', async () => {
      page.deployment.latencyMs = 50
      const { seen } = await mountList()
      void mountAdd(atTop)(-1)
      expect(seen).toEqual([])
      await page.tick(500)
      expect(seen.at(-1)).toBe('-1,0,1 CanLoadMore')
    })

    it('is shown while the first page is being split, and afterwards', async () => {
      const { seen } = await mountList()
      list.intercept = (result, { endCursor }) => ({ ...result, pageStatus: endCursor ? null : 'SplitRecommended' })
      page.deployment.latencyMs = 50
      list.change('a', ranks => ranks)
      await page.tick(60)
      // The halves are requested, but have no results yet.
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(3)
      void mountAdd(atTop)(-1)
      expect(seen).toEqual(['-1,0,1,2 CanLoadMore'])
      await page.tick(500)
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(2)
      expect(new Set(seen)).toEqual(new Set(['-1,0,1,2 CanLoadMore']))
    })
  })

  describe('insertAtPosition: the row', () => {
    it('is inserted only into the list that has loaded its position', async () => {
      list.lists.far = [10, 11]
      const [near, far] = page.run(() => ['a', 'far'].map(of => useConvexQuery(listApi.page, { of, paginationOpts: { numItems: 3, cursor: null } }))).result
      await page.tick()
      page.deployment.isHolding = true
      void mountAdd((localQueryStore, args) =>
        insertAtPosition({ localQueryStore, paginatedQuery: listApi.page, sortOrder: 'asc', sortKeyFromItem, item: rowOf(args) }))(5)
      // The rows after the first page of one list are unknown, whatever the other list has loaded.
      expect([near, far].map(query => query!.data.value!.page.map(({ rank }) => rank))).toEqual([[0, 1, 2], [5, 10, 11]])
    })
  })

  describe('insertAtBottomIfLoaded: the row', () => {
    const atBottom: Update = (localQueryStore, args) =>
      insertAtBottomIfLoaded({ localQueryStore, paginatedQuery: listApi.page, argsToMatch: { of: args.of }, item: rowOf(args) })

    it('is inserted only into lists that are loaded to their end', async () => {
      const whole = await mountList('a', 3)
      const part = await mountList('a', 2)
      page.deployment.isHolding = true
      void mountAdd(atBottom)(99)
      expect(whole.seen).toEqual(['0,1,2,3,4,5,6,99 Exhausted'])
      expect(part.seen).toEqual([])
    })
  })

  describe('updates and removals of rows', () => {
    it('apply to all pages, and all other rows remain the same objects', async () => {
      const { seen, query } = await mountList('a', 3)
      const before = query.results.value
      page.deployment.isHolding = true
      void mountAdd((store, { rank }) => optimisticallyUpdateValueInPaginatedQuery(store, listApi.page, { of: 'a' }, row =>
        row.rank === rank ? { ...row, text: 'changed' } : row))(4)
      expect(query.results.value.map(({ text }) => text)).toContain('changed')
      expect(query.results.value.filter((row, index) => row !== before[index])).toHaveLength(1)
      void mountAdd((store, { rank }) => optimisticallyRemoveValueFromPaginatedQuery(store, listApi.page, { of: 'a' }, row => row.rank === rank))(1)
      expect(seen.at(-1)).toBe('0,2,3,4,5,6 Exhausted')
      page.deployment.flush()
    })

    it('write only the pages that contain a changed row', async () => {
      await mountList('a', 3)
      const changed: (string | null)[] = []
      void mountAdd((store, { rank }) => {
        const watched = { ...store, getAllQueries: store.getAllQueries.bind(store), setQuery: (_query: unknown, args: any) => changed.push(args.paginationOpts.cursor) } as unknown as OptimisticLocalStore
        optimisticallyUpdateValueInPaginatedQuery(watched, listApi.page, { of: 'a' }, row => row.rank === rank ? { ...row, text: 'changed' } : row)
        optimisticallyRemoveValueFromPaginatedQuery(watched, listApi.page, { of: 'a' }, row => row.rank === 1)
      })(4)
      expect(changed).toEqual(['2', null])
    })

    it('do not apply to lists with other arguments', async () => {
      const { seen } = await mountList('b')
      page.deployment.isHolding = true
      void mountAdd(store => optimisticallyRemoveValueFromPaginatedQuery(store, listApi.page, { of: 'a' }, () => true))(4)
      expect(seen).toEqual([])
    })

    it('are reverted when the mutation fails', async () => {
      const { seen } = await mountList('a', 2)
      isRefused = true
      const failed = expect(mountAdd(store => optimisticallyRemoveValueFromPaginatedQuery(store, listApi.page, { of: 'a' }, row => row.rank > 1))(4)).rejects.toThrow('refused')
      await page.tick()
      await failed
      expect(seen).toEqual(['0,1 CanLoadMore', '0,1,2,3,4,5 CanLoadMore'])
    })
  })

  describe('a page that is set to undefined', () => {
    it('is loading until the mutation settles, together with all later pages', async () => {
      const { seen } = await mountList('a', 3)
      const sent = mountAdd((store) => {
        const [, second] = store.getAllQueries(listApi.page)
        store.setQuery(listApi.page, second!.args, undefined)
      })(2.5)
      expect(seen).toEqual(['0,1,2 LoadingMore'])
      await page.tick()
      await sent
      expect(seen.at(-1)).toBe('0,1,2,2.5,3,4,5,6 Exhausted')
    })

    it('sets the status of the list to LoadingFirstPage if it is the first page', async () => {
      const { seen } = await mountList('a', 1)
      const sent = mountAdd((store) => {
        for (const { args } of store.getAllQueries(listApi.page))
          store.setQuery(listApi.page, args, undefined)
      })(0.5)
      await page.tick()
      await sent
      expect(seen).toEqual([' LoadingFirstPage', '0,0.5,1,2 CanLoadMore'])
    })
  })
})

describe('insertAtPosition: the row', () => {
  interface FakePage { args: any, value: any }

  /** Pages of one list as the client stores them; `null` is a page that is loading. */
  function fakePages(id: number, rows: (number[] | null)[], isDone = true): FakePage[] {
    return rows.map((ranks, index) => ({
      args: { of: 'a', paginationOpts: { id, numItems: 3, cursor: index === 0 ? null : `${id} ${index - 1}` } },
      value: ranks === null
        ? undefined
        : { page: ranks.map(rank => rowOf({ of: 'a', rank })), isDone: isDone && index === rows.length - 1, continueCursor: `${id} ${index}` },
    }))
  }

  function insert(pages: FakePage[], rank: number, sortOrder: 'asc' | 'desc' = 'asc'): (number[] | null)[] {
    const localQueryStore = {
      getAllQueries: () => [...pages],
      setQuery: (_query: unknown, args: unknown, value: unknown) => {
        pages.find(page => page.args === args)!.value = value
      },
    } as unknown as OptimisticLocalStore
    insertAtPosition({ localQueryStore, paginatedQuery: listApi.page, sortOrder, sortKeyFromItem, item: rowOf({ of: 'a', rank }) })
    return pages.map(({ value }) => value ? value.page.map((row: Row) => row.rank) : null)
  }

  it.each<[string, number, (number[] | null)[], boolean, (number[] | null)[]]>([
    ['before the first row', 0, [[1, 2], [3, 4]], true, [[0, 1, 2], [3, 4]]],
    ['within a page', 3.5, [[1, 2], [3, 4]], true, [[1, 2], [3, 3.5, 4]]],
    ['at the end of the first page if its position is between two pages', 2.5, [[1, 2], [3, 4]], true, [[1, 2, 2.5], [3, 4]]],
    ['after the last row if the list is loaded to its end', 5, [[1, 2], [3, 4]], true, [[1, 2], [3, 4, 5]]],
    ['nowhere if its position may be in a page that is not loaded', 5, [[1, 2], [3, 4]], false, [[1, 2], [3, 4]]],
    ['into an empty list', 5, [[]], true, [[5]]],
    ['into an empty last page', 5, [[1, 2], []], true, [[1, 2], [5]]],
    ['before an empty page in the middle', 2.5, [[1, 2], [], [3]], true, [[1, 2, 2.5], [], [3]]],
    ['into an empty first page', 0, [[], [1, 2]], false, [[0], [1, 2]]],
    ['into the page of its position, and not into the empty first page', 1.5, [[], [1, 2]], false, [[], [1, 1.5, 2]]],
    ['nowhere while the first page is loading', 0, [null, [1, 2]], true, [null, [1, 2]]],
    ['before a row with an equal key', 3, [[1, 2], [3, 4]], true, [[1, 2, 3], [3, 4]]],
    ['once if its key equals the keys of rows in two neighbouring pages', 2, [[1, 2], [2, 4]], true, [[1, 2, 2], [2, 4]]],
  ])('is inserted %s', (_where, rank, rows, isDone, expected) => {
    expect(insert(fakePages(1, rows, isDone), rank)).toEqual(expected)
    const negate = (lists: (number[] | null)[]): (number[] | null)[] => lists.map(list => list && list.map(rank => -rank))
    expect(insert(fakePages(1, negate(rows), isDone), -rank, 'desc')).toEqual(negate(expected))
  })

  it('is inserted into each mounted list that has loaded its position', () => {
    expect(insert([...fakePages(1, [[1, 2], [3, 4]]), ...fakePages(2, [[1, 2]], false), ...fakePages(3, [[], []])], 3.5))
      .toEqual([[1, 2], [3, 3.5, 4], [1, 2], [], [3.5]])
  })

  it('is inserted in order for pages of any size, and for pages that are split into halves', () => {
    const ranks = [1, 2, 3, 4, 5, 6]
    for (let cuts = 0; cuts < 2 ** 5; cuts++) {
      const rows: number[][] = [[]]
      for (const rank of ranks) {
        rows.at(-1)!.push(rank)
        if (cuts & (2 ** (rank - 1)))
          rows.push([])
      }
      for (const rank of [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]) {
        for (const isDone of [true, false]) {
          const expected = rank > 6 && !isDone ? ranks : [...ranks, rank].sort((one, other) => one - other)
          expect(insert(fakePages(1, rows, isDone), rank).flat(), `${rank} into ${JSON.stringify(rows)}`).toEqual(expected)
          for (const [index, whole] of rows.entries()) {
            if (whole.length < 3)
              continue
            const pages = fakePages(1, rows, isDone)
            const { args, value } = pages[index]!
            const halves = [
              { args: { ...args, paginationOpts: { ...args.paginationOpts, endCursor: 'half' } }, value: { ...value, isDone: false, page: value.page.slice(0, 2) } },
              { args: { ...args, paginationOpts: { ...args.paginationOpts, cursor: 'half' } }, value: { ...value, page: value.page.slice(2) } },
            ]
            const result = insert([...pages, ...halves], rank)
            const shown = result.slice(0, rows.length)
            expect(shown.flat()).toEqual(expected)
            shown.splice(index, 1, ...result.slice(rows.length))
            expect(shown.flat(), `${rank} into the halves of ${JSON.stringify(whole)} in ${JSON.stringify(rows)}`).toEqual(expected)
          }
        }
      }
    }
  })
})
