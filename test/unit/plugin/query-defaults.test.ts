import { useAuthedQuery, useConvexPaginatedQuery, useConvexQueries, useConvexQuery, usePreloadedQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { ref } from 'vue'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api } from '../../support/scripted/identity.ts'
import { listApi, ScriptedList } from '../../support/scripted/scripted-list.ts'

const preloaded = { name: 'tasks:list', args: {}, value: 'preloaded', userId: null }

describe('createConvex: queryAuth', () => {
  it('is the auth mode of every query that has none of its own', async () => {
    const { deployment } = openPage({ queryAuth: 'required' })
    new ScriptedList(deployment).fill('a', 1)
    const { result } = page.run(() => ({
      one: useConvexQuery(api.whoami).pausedBy,
      several: useConvexQueries({ a: { query: api.whoami } }),
      list: useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 1 }).pausedBy,
      own: useConvexQuery(api.whoami, {}, { auth: 'public' }).data,
      unset: useConvexQuery(api.whoami, {}, { auth: undefined }).pausedBy,
    }))
    await page.tick()
    expect([result.one.value, result.several.a?.pausedBy, result.list.value, result.unset.value]).toEqual(['auth', 'auth', 'auth', 'auth'])
    expect(result.own.value).toBe('anonymous')
  })

  it('applies to preloaded queries, and not to useAuthedQuery', async () => {
    openPage({ queryAuth: 'public', user: 'ada' })
    const { result } = page.run(() => ({
      preloaded: usePreloadedQuery<typeof api.tasks>(preloaded).data,
      authed: useAuthedQuery(api.whoami).data,
    }))
    expect(result.preloaded.value).toBe('preloaded')
    await page.tick()
    expect(result.preloaded.value).toBe('anonymous\'s tasks')
    expect(result.authed.value).toBe('ada')
  })

  it('also applies to useConvexQueries, where `await` then waits for public results', async () => {
    const { source } = openPage({ queryAuth: 'public', user: 'silent' })
    page.deployment.latencyMs = 200
    const { result: queries } = page.run(() => useConvexQueries({ a: { query: api.whoami } }))
    let isSettled = false
    void queries.then(() => isSettled = true)
    source.report({ status: 'failed', error: new Error('offline') })
    await page.tick()
    expect(isSettled).toBe(false)
    await page.tick(500)
    expect(isSettled).toBe(true)
  })
})

describe('createConvex: keepPreviousData', () => {
  it('is the default of queries and lists, which a query can turn off', async () => {
    const { deployment } = openPage({ keepPreviousData: true })
    deployment.functions.set('tasks:list', ({ of }) => of)
    const list = new ScriptedList(deployment)
    list.fill('a', 1)
    list.fill('b', 1)
    const of = ref('a')
    const { result } = page.run(() => ({
      kept: useConvexQuery(api.tasks, { of }),
      own: useConvexQuery(api.tasks, { of }, { keepPreviousData: false }),
      list: useConvexPaginatedQuery(listApi.page, { of }, { initialNumItems: 1 }),
    }))
    await page.tick(100)
    expect([result.kept.data.value, result.own.data.value, result.list.results.value.length]).toEqual(['a', 'a', 1])
    of.value = 'b'
    expect([result.kept.data.value, result.kept.isStale.value, result.own.data.value]).toEqual(['a', true, undefined])
    expect(result.list.results.value.map(({ _id }) => _id)).toEqual(['a 0'])
    await page.tick(100)
    expect([result.kept.data.value, result.own.data.value]).toEqual(['b', 'b'])
  })
})
