import type { UseConvexPaginatedQueryOptions } from 'convue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useAuthedPaginatedQuery, useConvexPaginatedQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, ref, Suspense } from 'vue'
import { listApi, ScriptedList } from '../../../support/scripted/scripted-list.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
let list: ScriptedList
setupScriptedPage()

function openPage(options?: ScriptedPageOptions): void {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 100
  list = new ScriptedList(page.deployment)
  list.fill('a', 7)
}

function mountList(options: Partial<UseConvexPaginatedQueryOptions> = {}, args: () => { of: string } | null = () => ({ of: 'a' })) {
  return page.run(() => useConvexPaginatedQuery(listApi.page, args, { initialNumItems: 3, ...options }))
}

/** The status of the list when its promise has resolved; empty until then. */
function statusesOf(query: PromiseLike<{ status: { value: string } }>): string[] {
  const statuses: string[] = []
  void query.then(({ status }) => statuses.push(status.value))
  return statuses
}

describe('useConvexPaginatedQuery: await', () => {
  it('resolves when the first page arrives', async () => {
    openPage()
    const { result } = mountList()
    const statuses = statusesOf(result)
    await page.tick(190)
    expect(statuses).toEqual([])
    await page.tick(20)
    expect(statuses).toEqual(['CanLoadMore'])
    expect((await result).results.value).toHaveLength(3)
  })

  it('resolves when the query fails, and does not reject', async () => {
    openPage()
    list.intercept = () => {
      throw new Error('broken')
    }
    const statuses = statusesOf(mountList().result)
    await page.tick(210)
    expect(statuses).toEqual(['Error'])
  })

  it('does not resolve while the list restarts after an invalid cursor', async () => {
    openPage()
    let fails = 1
    list.intercept = (result) => {
      if (fails-- > 0)
        throw new Error('InvalidCursor')
      return result
    }
    const statuses = statusesOf(mountList().result)
    await page.tick(210)
    expect(statuses).toEqual([])
    await page.tick(210)
    expect(statuses).toEqual(['CanLoadMore'])
  })

  it('resolves when the arguments pause the query', async () => {
    openPage()
    const isOn = ref(true)
    const statuses = statusesOf(mountList({}, () => isOn.value ? { of: 'a' } : null).result)
    await page.tick(0)
    expect(statuses).toEqual([])
    isOn.value = false
    await page.tick(0)
    expect(statuses).toEqual(['Paused'])
  })

  it('resolves if a query requires a user and the token request fails or no user is signed in', async () => {
    openPage({ user: 'ada' })
    page.source.answer = null
    const failing = statusesOf(page.run(() => useAuthedPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3 })).result)
    await page.tick(0)
    page.source.lastRequest.settle({ kind: 'failed', error: new Error('no network') })
    await page.tick(0)
    expect(failing).toEqual(['LoadingFirstPage'])
    page.source.report({ status: 'signedOut' })
    await page.tick(0)
    const anonymous = statusesOf(page.run(() => useAuthedPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3 })).result)
    await page.tick(0)
    expect(anonymous).toEqual(['Paused'])
  })

  it('resolves when its scope is disposed, and after awaitTimeoutMs', async () => {
    openPage()
    page.deployment.isHolding = true
    const { result, stop } = mountList()
    const stopped = statusesOf(result)
    const late = statusesOf(mountList({ awaitTimeoutMs: 300 }).result)
    stop()
    await page.tick(0)
    expect(stopped).toEqual(['LoadingFirstPage'])
    await page.tick(299)
    expect(late).toEqual([])
    await page.tick(1)
    expect(late).toEqual(['LoadingFirstPage'])
    page.deployment.flush()
  })

  it('resolves with every field of the list except `then`, and the list has no `catch`', async () => {
    openPage()
    const { result } = mountList()
    await page.tick(300)
    expect('catch' in result).toBe(false)
    expect(Object.keys(await result).sort()).toEqual(['error', 'isLoading', 'isStale', 'loadMore', 'pausedBy', 'results', 'status'])
  })

  it('suspends a component below Suspense until the first page arrives', async () => {
    openPage()
    const List = defineComponent({
      async setup() {
        const { results } = await useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3 })
        return () => h('p', results.value.map(({ rank }) => rank).join())
      },
    })
    const wrapper = page.mount(defineComponent(() => () => h(Suspense, () => h(List))))
    await page.tick(210)
    expect(wrapper.text()).toBe('0,1,2')
    list.change('a', ranks => [...ranks, 0.5])
    await page.tick(210)
    expect(wrapper.text()).toBe('0,0.5,1,2')
  })
})
