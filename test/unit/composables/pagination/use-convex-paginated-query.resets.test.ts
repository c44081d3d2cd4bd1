import type { UseConvexPaginatedQueryOptions } from 'convue'
import type { MaybeRefOrGetter } from 'vue'
import type { Row } from '../../../support/scripted/scripted-list.ts'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useAuthedPaginatedQuery, useConvexPaginatedQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, KeepAlive, reactive, ref, shallowRef, watch } from 'vue'
import { fakeToken } from '../../../support/scripted/fake-token.ts'
import { listApi, ScriptedList } from '../../../support/scripted/scripted-list.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
let list: ScriptedList
setupScriptedPage()

function openPage(options?: ScriptedPageOptions): void {
  page = new ScriptedPage(options)
  page.deployment.isCoalescing = true
  page.deployment.latencyMs = 1
  list = new ScriptedList(page.deployment)
  list.fill('a', 12)
  list.fill('b', 4)
}

type Args = { of: string } | undefined | null | 'skip'

/** A list on the page, and every state that a synchronous watcher saw. */
function mountList(args: MaybeRefOrGetter<Args> = { of: 'a' }, options: Partial<UseConvexPaginatedQueryOptions> = {}) {
  return page.run(() => {
    const query = useConvexPaginatedQuery(listApi.page, args, { initialNumItems: 3, ...options })
    const seen: string[] = []
    const look = (): string => `${textsOf(query.results.value)} ${query.status.value}${query.isStale.value ? ' stale' : ''}`
    watch([query.results, query.status, query.isStale], () => seen.push(look()), { flush: 'sync', immediate: true })
    return { query, seen, look }
  }).result
}

function textsOf(rows: readonly Row[]): string {
  return rows.map(({ text }) => text.replace('anonymous\'s ', '')).join(',')
}

function wanted(): string[] {
  return page.deployment.liveSockets.flatMap(({ queries }) => [...queries.values()]).map(({ args }) => `${args.of} ${(args.paginationOpts as any).cursor ?? 'start'}`)
}

describe('useConvexPaginatedQuery', () => {
  describe('changed arguments', () => {
    it('start a new list, and release the pages of the previous list', async () => {
      openPage()
      const of = ref('a')
      const { query, seen } = mountList(() => ({ of: of.value }))
      await page.tick()
      query.loadMore(3)
      await page.tick()
      seen.length = 0
      of.value = 'b'
      expect(query.results.value).toEqual([])
      await page.tick()
      expect(seen).toEqual([' LoadingFirstPage', '0,1,2 CanLoadMore'])
      expect(query.results.value.map(({ _id }) => _id)).toEqual(['b 0', 'b 1', 'b 2'])
      expect(wanted()).toEqual(['b start'])
      of.value = 'a'
      await page.tick()
      expect(query.results.value.map(({ _id }) => _id)).toEqual(['a 0', 'a 1', 'a 2'])
    })

    it('keep the previous rows until the first page arrives if keepPreviousData is set', async () => {
      openPage()
      const of = ref('a')
      const { query, seen } = mountList(() => ({ of: of.value }), { keepPreviousData: true })
      await page.tick()
      of.value = 'b'
      await page.tick()
      expect(seen).toEqual([' LoadingFirstPage', '0,1,2 CanLoadMore', '0,1,2 LoadingFirstPage stale', '0,1,2 CanLoadMore'])
      expect(query.results.value[0]!._id).toBe('b 0')
    })

    it('prevent that a page of the previous list, which is still loading, is shown later', async () => {
      openPage()
      const of = ref('a')
      const { query, seen } = mountList(() => ({ of: of.value }))
      await page.tick()
      query.loadMore(3)
      of.value = 'b'
      await page.tick()
      expect(seen.slice(2)).toEqual(['0,1,2 LoadingMore', ' LoadingFirstPage', '0,1,2 CanLoadMore'])
    })
  })

  describe('arguments that change several times in one tick', () => {
    it('request only the list with the last arguments', async () => {
      openPage()
      list.fill('c', 2)
      const of = ref('a')
      const { query } = mountList(() => ({ of: of.value }))
      await page.tick()
      list.takePages()
      of.value = 'b'
      expect(query.results.value).toEqual([])
      of.value = 'c'
      await page.tick()
      expect(list.takePages()).toEqual(['start +3'])
      expect(query.results.value.map(({ _id }) => _id)).toEqual(['c 0', 'c 1'])
    })

    it('are not evaluated in between if the list is not read', async () => {
      openPage()
      const one = ref<{ of: string } | null>({ of: 'a' })
      const { result: query } = page.run(() => useConvexPaginatedQuery(listApi.page, () => ({ of: one.value!.of }), { initialNumItems: 3 }))
      await page.tick()
      one.value = null
      one.value = { of: 'b' }
      await page.tick()
      expect(query.results.value.map(({ _id }) => _id)).toEqual(['b 0', 'b 1', 'b 2'])
    })

    it('keep the pages if they change back to the original arguments', async () => {
      openPage()
      const of = ref('a')
      const { query } = mountList(() => ({ of: of.value }))
      await page.tick()
      query.loadMore(3)
      await page.tick()
      list.takePages()
      of.value = 'b'
      expect(query.results.value).toEqual([])
      of.value = 'a'
      await page.tick()
      expect(query.results.value).toHaveLength(6)
      expect(list.takePages()).toEqual([])
    })
  })

  describe('equal arguments in a new object', () => {
    it('send no message and keep the pages', async () => {
      openPage()
      const args = shallowRef<Args>({ of: 'a' })
      const { query, seen } = mountList(args)
      await page.tick()
      query.loadMore(3)
      await page.tick()
      seen.length = 0
      list.takePages()
      args.value = { of: 'a' }
      args.value = reactive({ of: 'a' })
      await page.tick()
      expect(seen).toEqual([])
      expect(list.takePages()).toEqual([])
    })
  })

  describe('arguments that pause the query', () => {
    it.each([
      ['undefined', undefined],
      ['null', null],
      ['\'skip\'', 'skip' as const],
    ])('send no message while they are %s', async (_name, pause) => {
      openPage()
      const args = shallowRef<Args>(pause)
      const { query, seen } = mountList(args)
      await page.tick()
      expect(page.deployment.sockets).toEqual([])
      expect(query.isLoading.value).toBe(false)
      query.loadMore(3)
      args.value = { of: 'a' }
      await page.tick()
      args.value = pause
      await page.tick()
      expect(wanted()).toEqual([])
      expect(seen).toEqual([' Paused', ' LoadingFirstPage', '0,1,2 CanLoadMore', ' Paused'])
    })
  })

  describe('an identity change', () => {
    it('removes the previous rows in the same tick, and starts with the first page', async () => {
      openPage({ user: 'ada' })
      const { query, seen } = mountList()
      await page.tick()
      query.loadMore(2)
      await page.tick()
      expect(textsOf(query.results.value)).toBe('ada\'s 0,ada\'s 1,ada\'s 2,ada\'s 3,ada\'s 4')
      seen.length = 0
      page.source.signIn('bob')
      expect(query.results.value).toEqual([])
      await page.tick()
      page.source.report({ status: 'signedOut' })
      expect(query.results.value).toEqual([])
      await page.tick()
      expect(seen.map(entry => entry.replace(' stale', ''))).toEqual([
        ' LoadingFirstPage',
        'bob\'s 0,bob\'s 1,bob\'s 2 CanLoadMore',
        ' LoadingFirstPage',
        '0,1,2 CanLoadMore',
      ])
      const pages = page.deployment.executions.filter(({ name, args }) => name === 'rows:page' && (args.paginationOpts as any).cursor !== null)
      expect(new Set(pages.map(({ subject }) => subject))).toEqual(new Set(['ada']))
    })

    it('leaves no rows of the previous user that keepPreviousData could show', async () => {
      openPage({ user: 'ada' })
      const of = ref('a')
      const { query } = mountList(() => ({ of: of.value }), { keepPreviousData: true })
      await page.tick()
      page.source.signIn('bob')
      expect(query.results.value).toEqual([])
      of.value = 'b'
      expect(query.results.value).toEqual([])
    })

    it('does not affect a public list', async () => {
      openPage({ user: 'ada' })
      const { query, seen } = mountList(undefined, { auth: 'public' })
      await page.tick()
      query.loadMore(3)
      await page.tick()
      seen.length = 0
      page.source.signIn('bob')
      await page.tick()
      page.source.report({ status: 'signedOut' })
      await page.tick()
      expect(seen).toEqual([])
      expect(query.results.value).toHaveLength(6)
    })
  })

  describe('a list with `auth: required`', () => {
    it('is loading while the identity is not known, and paused while no user is signed in', async () => {
      openPage({ user: 'silent' })
      const { result: query } = page.run(() => useAuthedPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3 }))
      await page.tick(3000)
      expect(query.status.value).toBe('LoadingFirstPage')
      expect(page.deployment.executions).toEqual([])
      page.source.signIn('ada')
      await page.tick()
      expect(textsOf(query.results.value)).toBe('ada\'s 0,ada\'s 1,ada\'s 2')
      page.source.report({ status: 'signedOut' })
      expect([query.status.value, query.results.value]).toEqual(['Paused', []])
      await page.tick()
      expect(page.deployment.liveSockets).toEqual([])
    })
  })

  describe('a list whose user has no token 2 s after the page load', () => {
    it('shows anonymous pages as stale until the user has results for as many pages', async () => {
      openPage({ user: 'silent' })
      const { query, seen } = mountList()
      await page.tick(2050)
      query.loadMore(3)
      await page.tick()
      expect(seen.at(-1)).toBe('0,1,2,3,4,5 CanLoadMore stale')
      seen.length = 0
      // The user's list has other rows: without fixed ends, the pages would end at other rows.
      list.lists['a of ada'] = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7]
      page.deployment.latencyMs = 50
      page.source.signIn('ada')
      await page.tick(500)
      const adas = [0, 0.5, 1, 1.5, 2, 3, 4, 5].map(rank => `ada's ${rank}`).join(',')
      expect(new Set(seen)).toEqual(new Set(['0,1,2,3,4,5 LoadingMore stale', `${adas} CanLoadMore`]))
      query.loadMore(2)
      await page.tick(500)
      expect(textsOf(query.results.value)).toBe(`${adas},ada's 6,ada's 7`)
    })

    it('shows one anonymous page as stale, and loads no other page until the user has a result', async () => {
      openPage({ user: 'silent' })
      const { seen, query } = mountList()
      await page.tick(2050)
      seen.length = 0
      list.lists['a of ada'] = [0, 0.5, 1, 2, 3]
      page.deployment.latencyMs = 50
      page.source.signIn('ada')
      await page.tick(20)
      expect([query.status.value, query.isStale.value]).toEqual(['LoadingMore', true])
      query.loadMore(3)
      await page.tick(500)
      expect(seen).toEqual(['0,1,2 LoadingMore stale', 'ada\'s 0,ada\'s 0.5,ada\'s 1 CanLoadMore'])
      query.loadMore(3)
      await page.tick(500)
      expect(seen.at(-1)).toBe('ada\'s 0,ada\'s 0.5,ada\'s 1,ada\'s 2,ada\'s 3 Exhausted')
    })
  })

  describe('a list of a user whose token the deployment rejects', () => {
    it('keeps the rows of the user, and marks them as stale', async () => {
      openPage({ user: 'ada' })
      const { query } = mountList()
      await page.tick()
      page.source.answer = null
      page.deployment.accepts = () => false
      page.deployment.drop()
      await page.tick(3000)
      expect([query.results.value.length, query.isStale.value]).toEqual([3, true])
      page.deployment.accepts = () => true
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(2000)
      expect(query.isStale.value).toBe(false)
    })

    it('is marked as stale even if it is empty', async () => {
      openPage({ user: 'ada' })
      list.fill('c', 0)
      const { query } = mountList({ of: 'c' })
      await page.tick()
      expect([query.status.value, query.isStale.value]).toEqual(['Exhausted', false])
      page.source.answer = null
      page.deployment.accepts = () => false
      page.deployment.drop()
      await page.tick(3000)
      expect([query.results.value.length, query.isStale.value]).toEqual([0, true])
    })
  })

  describe('a connection that is lost and restored', () => {
    it('causes only one update of the list, without a flicker', async () => {
      openPage()
      const { query, seen } = mountList()
      await page.tick()
      query.loadMore(3)
      await page.tick()
      seen.length = 0
      page.deployment.drop()
      list.lists.a!.push(0.5)
      await page.tick(3000)
      expect(seen).toEqual(['0,0.5,1,2,3,4,5 CanLoadMore'])
    })
  })

  describe('a list in a KeepAlive component', () => {
    function mountKept(options: Partial<UseConvexPaginatedQueryOptions> = {}) {
      const isShown = ref(true)
      let query!: ReturnType<typeof useConvexPaginatedQuery<typeof listApi.page>>
      const seen: string[] = []
      const List = defineComponent(() => {
        query = useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3, ...options })
        watch([query.results, query.status, query.isStale], () => seen.push(`${textsOf(query.results.value)} ${query.status.value}${query.isStale.value ? ' stale' : ''}`), { flush: 'sync', immediate: true })
        return () => h('p', textsOf(query.results.value))
      })
      const wrapper = page.mount(defineComponent(() => () => h(KeepAlive, () => isShown.value ? h(List) : h('i'))))
      return { isShown, seen, wrapper, query: () => query }
    }

    it('does not change if it is activated again while its pages linger', async () => {
      openPage()
      const { isShown, seen, query } = mountKept()
      await page.tick()
      query().loadMore(3)
      await page.tick()
      seen.length = 0
      list.takePages()
      isShown.value = false
      await page.tick(1000)
      isShown.value = true
      await page.tick()
      expect(seen).toEqual([])
      expect(list.takePages()).toEqual([])
      list.change('a', ranks => [...ranks, 0.5])
      await page.tick()
      expect(seen).toEqual(['0,0.5,1,2,3,4,5 CanLoadMore'])
    })

    it('unsubscribes after lingerMs, and shows all pages together when it is activated again', async () => {
      openPage()
      const { isShown, seen, query, wrapper } = mountKept()
      await page.tick()
      query().loadMore(3)
      await page.tick()
      seen.length = 0
      isShown.value = false
      await page.tick(4000)
      expect(wanted()).toEqual([])
      list.forgetEnds()
      list.lists.a!.push(0.5, 4.5)
      list.takePages()
      isShown.value = true
      await page.tick()
      expect(wrapper.text()).toBe('0,0.5,1,2,3,4,4.5,5')
      expect(list.takePages()).toEqual(['start to 2', '2 to 5'])
      expect(seen).toEqual(['0,1,2,3,4,5 LoadingMore stale', '0,0.5,1,2,3,4,4.5,5 CanLoadMore'])
    })

    it('shows no rows of the previous identity when it is activated after an identity change', async () => {
      openPage({ user: 'ada' })
      const { isShown, seen, query } = mountKept()
      await page.tick()
      isShown.value = false
      await page.tick()
      seen.length = 0
      page.source.signIn('bob')
      expect(query().results.value).toEqual([])
      await page.tick()
      isShown.value = true
      await page.tick()
      expect(seen.at(-1)).toBe('bob\'s 0,bob\'s 1,bob\'s 2 CanLoadMore')
      expect(seen.join()).not.toContain('ada')
    })
  })
})
