import { useAuthedPaginatedQuery, useAuthedQuery, useConvexPaginatedQuery, useConvexQueries, useConvexQuery, usePreloadedQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { ref } from 'vue'
import { openPage, page } from '../../../support/scripted/identity-page.ts'
import { identityApi as api, recordTicks } from '../../../support/scripted/identity.ts'
import { listApi, ScriptedList } from '../../../support/scripted/scripted-list.ts'

describe('useConvexQuery: pausedBy', () => {
  it('is args while the arguments pause the query, and undefined while it runs', async () => {
    openPage()
    const args = ref<{ of: string }>()
    const { result: { pausedBy, status } } = page.run(() => useConvexQuery(api.tasks, args))
    const ticks = recordTicks(() => [status.value, pausedBy.value])
    args.value = { of: 'a' }
    await page.tick()
    args.value = undefined
    expect(ticks).toEqual(['["paused","args"]', '["pending",null]', '["success",null]', '["paused","args"]'])
  })

  it('is undefined after an error', async () => {
    const { deployment } = openPage()
    deployment.functions.set('tasks:list', () => {
      throw new Error('No.')
    })
    const { result } = page.run(() => useConvexQuery(api.tasks, {}))
    await page.tick()
    expect([result.status.value, result.pausedBy.value]).toEqual(['error', undefined])
  })

  it('is auth while the page is signed out and the query requires a user', async () => {
    const { source } = openPage({ user: 'silent' })
    const { result } = page.run(() => useAuthedQuery(api.tasks, {}))
    const ticks = recordTicks(() => [result.status.value, result.pausedBy.value])
    source.report({ status: 'signedOut' })
    source.signIn('ada')
    await page.tick()
    source.report({ status: 'signedOut' })
    expect(ticks).toEqual(['["pending",null]', '["paused","auth"]', '["pending",null]', '["success",null]', '["paused","auth"]'])
  })

  it('is auth without a user, even if the arguments also pause the query, or throw', () => {
    const { convex } = openPage()
    const { result } = page.run(() => [
      useAuthedQuery(api.tasks, () => convex.auth.user.value && { of: convex.auth.user.value.id }),
      useAuthedQuery(api.tasks, () => ({ of: convex.auth.user.value!.id })),
    ])
    expect(result.map(({ pausedBy }) => pausedBy.value)).toEqual(['auth', 'auth'])
  })

  it('is closed after the plugin has been closed', async () => {
    const { convex } = openPage({ user: 'ada' })
    const { result } = page.run(() => [useAuthedQuery(api.tasks, {}), useConvexQuery(api.whoami, {}, { auth: 'public' })])
    await page.tick()
    void convex.close()
    expect(result.map(({ pausedBy }) => pausedBy.value)).toEqual(['closed', 'closed'])
  })

  it('exists for each query of useConvexQueries', () => {
    openPage()
    const { result } = page.run(() => useConvexQueries({
      none: null,
      args: { query: api.tasks, args: undefined },
      auth: { query: api.tasks, args: {}, auth: 'required' },
      running: { query: api.tasks, args: {} },
    }))
    expect([result.none?.pausedBy, result.args?.pausedBy, result.auth?.pausedBy, result.running?.pausedBy]).toEqual(['args', 'args', 'auth', undefined])
  })
})

describe('useConvexPaginatedQuery: pausedBy', () => {
  it('is args, auth or closed while the list is paused', async () => {
    const { deployment, convex } = openPage()
    new ScriptedList(deployment).fill('a', 2)
    const args = ref<{ of: string }>()
    const { result: [list, authed] } = page.run(() => [
      useConvexPaginatedQuery(listApi.page, args, { initialNumItems: 3 }),
      useAuthedPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3 }),
    ])
    const ticks = recordTicks(() => [list!.status.value, list!.pausedBy.value])
    expect(authed!.pausedBy.value).toBe('auth')
    args.value = { of: 'a' }
    await page.tick()
    void convex.close()
    expect(ticks).toEqual(['["Paused","args"]', '["LoadingFirstPage",null]', '["Exhausted",null]', '["Paused","closed"]'])
  })
})

describe('usePreloadedQuery: pausedBy', () => {
  it('is undefined while the preloaded value is shown, and auth after a sign-out', async () => {
    const { source } = openPage({ user: 'silent' })
    const preloaded = { name: 'tasks:list', args: {}, value: 'preloaded', userId: 'ada' }
    const { result } = page.run(() => usePreloadedQuery<typeof api.tasks>(preloaded, { auth: 'required' }))
    const ticks = recordTicks(() => [result.data.value, result.pausedBy.value])
    source.signIn('ada')
    await page.tick()
    source.report({ status: 'signedOut' })
    expect(ticks).toEqual(['["preloaded",null]', '["ada\'s tasks",null]', '[null,"auth"]'])
  })
})
