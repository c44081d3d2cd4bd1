import type { UseConvexPaginatedQueryOptions } from 'convue'
import type { Row } from '../../../support/scripted/scripted-list.ts'
import { mount } from '@vue/test-utils'
import { useConvexPaginatedQuery } from 'convue'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h, watch } from 'vue'
import { listApi, ScriptedList } from '../../../support/scripted/scripted-list.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
let list: ScriptedList
setupScriptedPage()
beforeEach(() => {
  page = new ScriptedPage()
  page.deployment.isCoalescing = true
  page.deployment.latencyMs = 1
  list = new ScriptedList(page.deployment)
})

/** A list on the page, and every state that a synchronous watcher saw. */
function mountList(options: Partial<UseConvexPaginatedQueryOptions> = {}, of = 'a') {
  return page.run(() => {
    const query = useConvexPaginatedQuery(listApi.page, { of }, { initialNumItems: 3, ...options })
    const seen: string[] = []
    watch([query.results, query.status], ([results, status]) => seen.push(`${ranksOf(results as Row[])} ${status}`), { flush: 'sync', immediate: true })
    return { query, seen, ranks: () => ranksOf(query.results.value) }
  }).result
}

function ranksOf(rows: readonly Row[]): string {
  return rows.map(({ rank }) => rank).join(',')
}

/** Loads pages until the list is exhausted. */
async function loadAll({ query }: ReturnType<typeof mountList>, numItems: number): Promise<void> {
  for (let round = 0; query.status.value !== 'Exhausted' && round < 50; round++) {
    query.loadMore(numItems)
    await page.tick()
  }
}

describe('useConvexPaginatedQuery', () => {
  describe('a list', () => {
    it('loads page by page until it is exhausted', async () => {
      list.fill('a', 7)
      const { query, seen } = mountList()
      expect(query.isLoading.value).toBe(true)
      await page.tick()
      expect(query.isLoading.value).toBe(false)
      query.loadMore(3)
      expect(query.isLoading.value).toBe(true)
      await page.tick()
      query.loadMore(2)
      await page.tick()
      expect(query.isLoading.value).toBe(false)
      expect(seen).toEqual([
        ' LoadingFirstPage',
        '0,1,2 CanLoadMore',
        '0,1,2 LoadingMore',
        '0,1,2,3,4,5 CanLoadMore',
        '0,1,2,3,4,5 LoadingMore',
        '0,1,2,3,4,5,6 Exhausted',
      ])
      expect(list.takePages()).toEqual(['start +3', '2 +3', '5 +2'])
    })

    it('is exhausted if it is empty, or after an empty page if its last page is full', async () => {
      list.fill('a', 0)
      list.fill('b', 3)
      const empty = mountList()
      const full = mountList({}, 'b')
      await page.tick()
      expect(empty.query.status.value).toBe('Exhausted')
      expect(full.query.status.value).toBe('CanLoadMore')
      full.query.loadMore(3)
      await page.tick()
      expect(full.seen.at(-1)).toBe('0,1,2 Exhausted')
    })

    it('is exhausted as long as its last page reports the end, even if other pages change', async () => {
      list.fill('a', 9)
      const mounted = mountList()
      await page.tick()
      mounted.query.loadMore(3)
      await page.tick()
      list.change('a', ranks => ranks.filter(rank => rank > 2))
      await page.tick()
      expect(mounted.seen.at(-1)).toBe('3,4,5 CanLoadMore')
      await loadAll(mounted, 3)
      expect(mounted.seen.at(-1)).toBe('3,4,5,6,7,8 Exhausted')
      list.change('a', ranks => [...ranks, 1, 99])
      await page.tick()
      expect(mounted.seen.at(-1)).toBe('1,3,4,5,6,7,8,99 Exhausted')
      list.intercept = (result, { cursor }) => ({ ...result, isDone: cursor !== '8' })
      page.deployment.invalidate()
      await page.tick()
      expect(mounted.seen.at(-1)).toBe('1,3,4,5,6,7,8,99 CanLoadMore')
    })

    it('loads 1,000 rows in 20 pages', async () => {
      list.fill('a', 1000)
      const mounted = mountList({ initialNumItems: 50 })
      await page.tick()
      await loadAll(mounted, 50)
      expect(mounted.query.results.value.map(({ rank }) => rank)).toEqual(list.lists.a)
      list.change('a', ranks => ranks.map(rank => rank % 50 === 7 ? rank + 0.5 : rank))
      await page.tick()
      expect(mounted.query.results.value.map(({ rank }) => rank)).toEqual(list.lists.a)
      // The watcher ran once for the 20 pages of that one transition.
      expect(mounted.seen.filter(entry => entry.includes('7.5'))).toHaveLength(1)
      const grown = list.takePages().length
      expect(grown).toBe(21)
    })

    it('throws ARGS_INVALID for a page size that is not a positive integer', async () => {
      list.fill('a', 9)
      const { query } = mountList()
      await page.tick()
      for (const size of [0, -1, 1.5, Number.NaN, new Event('click')])
        expect(() => query.loadMore(size as number), String(size)).toThrow(expect.objectContaining({ code: 'ARGS_INVALID' }))
      for (const initialNumItems of [0, undefined])
        expect(() => mountList({ initialNumItems }), String(initialNumItems)).toThrow(expect.objectContaining({ code: 'ARGS_INVALID' }))
      expect(list.takePages()).toEqual(['start +3'])
    })
  })

  describe('loadMore', () => {
    it('has no effect while a page is loading, and when the list is exhausted', async () => {
      list.fill('a', 7)
      const { query } = mountList()
      query.loadMore(3)
      await page.tick()
      query.loadMore(3)
      query.loadMore(3)
      query.loadMore(50)
      await page.tick()
      query.loadMore(3)
      await page.tick()
      query.loadMore(3)
      await page.tick()
      expect(query.status.value).toBe('Exhausted')
      expect(list.takePages()).toEqual(['start +3', '2 +3', '5 +3'])
    })

    it('has no effect after the scope has been stopped', async () => {
      list.fill('a', 7)
      const { result: query, stop } = page.run(() => useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3 }))
      await page.tick()
      expect(query.results.value).toHaveLength(3)
      stop()
      expect([query.results.value.length, query.status.value]).toEqual([3, 'CanLoadMore'])
      await page.tick()
      list.takePages()
      query.loadMore(3)
      await page.tick()
      expect(list.takePages()).toEqual([])
    })
  })

  describe('pages that grow', () => {
    it('are split without a flicker if they have more than twice the requested rows', async () => {
      list.fill('a', 9)
      const mounted = mountList()
      await page.tick()
      await loadAll(mounted, 3)
      const { seen, query } = mounted
      list.takePages()
      list.change('a', ranks => [...ranks, 0.2, 0.4, 0.6])
      await page.tick(1)
      expect(list.takePages()).toEqual([])
      page.deployment.isHolding = true
      list.change('a', ranks => [...ranks, 0.8])
      await page.tick()
      const rows = query.results.value
      seen.length = 0
      page.deployment.flush()
      expect(seen).toEqual(['0,0.2,0.4,0.6,0.8,1,2,3,4,5,6,7,8 Exhausted'])
      await page.tick()
      // Both halves arrive in one transition, with the same rows.
      expect(seen).toEqual(['0,0.2,0.4,0.6,0.8,1,2,3,4,5,6,7,8 Exhausted'])
      expect(list.takePages()).toEqual(['start to 0.6', '0.6 to 2'])
      expect(query.results.value.at(-1)).toBe(rows.at(-1))
      expect([...page.deployment.liveSockets[0]!.queries.values()].length).toBe(5)
      list.change('a', ranks => [...ranks, 0.5, 0.7])
      await page.tick()
      expect(seen.at(-1)).toBe('0,0.2,0.4,0.5,0.6,0.7,0.8,1,2,3,4,5,6,7,8 Exhausted')
    })

    it('are shown as a whole while only one of their halves has a result', async () => {
      list.fill('a', 3)
      const { seen } = mountList()
      await page.tick()
      list.intercept = (result, { endCursor }) => {
        if (endCursor === '2' && result.page.length > 0)
          throw new Error('this half is not well')
        return result
      }
      list.change('a', ranks => [...ranks, 0.2, 0.4, 0.6, 0.8])
      await page.tick()
      expect(seen.at(-1)).toBe('0,0.2,0.4,0.6,0.8,1,2 CanLoadMore')
      list.intercept = result => result
      list.change('a', ranks => [...ranks, 0.9])
      await page.tick()
      expect(seen.at(-1)).toBe('0,0.2,0.4,0.6,0.8,0.9,1,2 CanLoadMore')
      expect([...page.deployment.liveSockets[0]!.queries.values()].map(({ args }) => (args.paginationOpts as any).endCursor)).toEqual(['0.6', '2'])
    })

    it('are not split if they have the requested number of rows, even if the first page has fewer', async () => {
      list.fill('a', 100)
      const { query } = mountList()
      await page.tick()
      query.loadMore(50)
      await page.tick()
      expect(list.takePages()).toEqual(['start +3', '2 +50'])
    })

    it('are also split at the end of the list, and loadMore continues after the second half', async () => {
      list.fill('a', 20)
      const { query, ranks } = mountList()
      await page.tick()
      list.intercept = (result, { endCursor }) => ({ ...result, pageStatus: endCursor ? null : 'SplitRecommended' })
      list.change('a', ranks => ranks)
      await page.tick()
      list.intercept = result => result
      query.loadMore(4)
      await page.tick()
      expect(ranks()).toBe('0,1,2,3,4,5,6')
      expect(list.takePages()).toEqual(['start +3', 'start to 1', '1 to 2', '2 +4'])
    })
  })

  describe('a page that the deployment wants to split', () => {
    it('is shown until its halves have results if its status is SplitRecommended', async () => {
      list.fill('a', 4)
      list.intercept = (result, { endCursor }) => ({ ...result, pageStatus: endCursor ? null : 'SplitRecommended' })
      const { seen } = mountList({ initialNumItems: 4 })
      await page.tick()
      expect(seen).toEqual([' LoadingFirstPage', '0,1,2,3 CanLoadMore'])
      expect(list.takePages()).toEqual(['start +4', 'start to 2', '2 to 3'])
    })

    it('if it is SplitRequired, is hidden with all later pages until both halves have results', async () => {
      list.fill('a', 8)
      const { seen, query } = mountList({ initialNumItems: 4 })
      await page.tick()
      query.loadMore(4)
      await page.tick()
      seen.length = 0
      list.intercept = (result, { cursor, endCursor }) => cursor === '3' && !endCursor
        ? { ...result, page: result.page.slice(0, 3), pageStatus: 'SplitRequired' }
        : result
      list.change('a', ranks => [...ranks])
      await page.tick()
      expect(seen).toEqual(['0,1,2,3 LoadingMore', '0,1,2,3,4,5,6,7 CanLoadMore'])
    })

    it('is split into more than two parts if its halves must be split too', async () => {
      list.fill('a', 12)
      list.intercept = (result, { cursor }) => result.page.length > 3
        ? { ...result, page: [], pageStatus: 'SplitRequired' }
        : { ...result, text: cursor }
      const { seen } = mountList({ initialNumItems: 12 })
      await page.tick(50)
      expect(seen).toEqual([' LoadingFirstPage', '0,1,2,3,4,5,6,7,8,9,10,11 CanLoadMore'])
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(5)
    })

    it('is shown unchanged if the deployment returns no split cursor', async () => {
      list.fill('a', 2)
      list.intercept = result => ({ ...result, splitCursor: null, pageStatus: 'SplitRequired' })
      const { seen } = mountList({ initialNumItems: 4 })
      await page.tick()
      expect(seen.at(-1)).toBe('0,1 Exhausted')
    })
  })

  describe('rows that do not change', () => {
    it('remain the same objects when other rows change, and when pages are added or split', async () => {
      list.fill('a', 9)
      const mounted = mountList()
      await page.tick()
      const [first] = mounted.query.results.value
      await loadAll(mounted, 3)
      const rows = mounted.query.results.value
      expect(rows[0]).toBe(first)
      list.change('a', ranks => [...ranks, 3.1, 3.2, 3.3, 3.4])
      await page.tick()
      const now = mounted.query.results.value
      expect(list.takePages()).toHaveLength(6)
      expect(now).toHaveLength(13)
      for (const row of rows)
        expect(now).toContain(row)
    })

    it('remain in the same array if no row changes', async () => {
      list.fill('a', 9)
      const mounted = mountList()
      await page.tick()
      await loadAll(mounted, 3)
      const rows = mounted.query.results.value
      list.intercept = result => ({ ...result, splitCursor: 'another' })
      list.change('a', ranks => [...ranks])
      await page.tick()
      expect(mounted.query.results.value).toBe(rows)
    })

    it('are not rendered again when one row of 100 changes', async () => {
      list.fill('a', 100)
      let renders = 0
      const RowView = defineComponent({ props: { row: Object }, setup: props => () => {
        renders++
        return h('li', String(props.row!.rank))
      } })
      const wrapper = mount(defineComponent({
        setup() {
          const query = useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 25 })
          return () => h('ul', { onClick: () => query.loadMore(25) }, query.results.value.map(row => h(RowView, { key: row._id, row })))
        },
      }), { global: { plugins: [page.convex] } })
      for (let pages = 0; pages < 5; pages++) {
        await page.tick()
        await wrapper.trigger('click')
      }
      await page.tick()
      expect(wrapper.findAll('li')).toHaveLength(100)
      renders = 0
      list.change('a', ranks => ranks.map(rank => rank === 60 ? 60.5 : rank))
      await page.tick()
      expect(wrapper.text()).toContain('60.5')
      expect(renders).toBe(1)
      wrapper.unmount()
    })
  })

  describe('two lists of one query', () => {
    it('do not share pages', async () => {
      list.fill('a', 9)
      const one = mountList()
      const other = mountList({ initialNumItems: 2 })
      await page.tick()
      one.query.loadMore(3)
      await page.tick()
      expect([one.ranks(), other.ranks()]).toEqual(['0,1,2,3,4,5', '0,1'])
      const same = mountList()
      list.change('a', ranks => [...ranks, 0.5])
      await page.tick()
      expect([one.ranks(), other.ranks(), same.ranks()]).toEqual(['0,0.5,1,2,3,4,5', '0,0.5,1', '0,0.5,1'])
    })
  })

  describe('a list whose scope has been stopped', () => {
    it('leaves no subscription', async () => {
      list.fill('a', 9)
      const { result: query, stop } = page.run(() => useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3 }))
      const keepsTheSocket = mountList({}, 'a')
      await page.tick()
      query.loadMore(3)
      await page.tick()
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(3)
      stop()
      await page.tick()
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(1)
      expect(keepsTheSocket.query.status.value).toBe('CanLoadMore')
    })
  })
})
