import type { Value } from 'convex/values'
import type { Preloaded, UsePreloadedQueryOptions } from 'convue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { convexToJson } from 'convex/values'
import { useConvexMutation, useConvexQuery, usePreloadedQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref, Suspense } from 'vue'
import { fakeToken } from '../../../support/scripted/fake-token.ts'
import { recordTicks } from '../../../support/scripted/identity.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'
import { signedIn } from '../../../support/scripted/scripted-source.ts'

let page: ScriptedPage
setupScriptedPage()

/** The value that a server preloaded for a user, after serialization in a payload. */
function preload(value: Value, userId: string | null, name = 'values:get', args: Value = {}): Preloaded<typeof api.values.get> {
  return JSON.parse(JSON.stringify({ name, args: convexToJson(args), value: convexToJson(value), userId }))
}

function openPage(options: ScriptedPageOptions = {}): ScriptedPage {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 50
  page.deployment.functions.set('values:get', (_args, subject) => `live for ${subject}`)
  return page
}

function mountPreloaded(preloaded: Preloaded<typeof api.values.get>, options?: UsePreloadedQueryOptions) {
  return page.run(() => {
    const query = usePreloadedQuery(preloaded, options)
    const ticks = recordTicks(() => `${query.data.value} ${query.status.value}${query.isStale.value ? ' stale' : ''}${query.error.value ? ' error' : ''}`)
    return { query, ticks: () => ticks.map(text => JSON.parse(text) as string) }
  }).result
}

describe('usePreloadedQuery', () => {
  describe('the preloaded value', () => {
    it('is shown as stale until the live result arrives', async () => {
      openPage()
      const { query, ticks } = mountPreloaded(preload('preloaded', null))
      expect(query.data.value).toBe('preloaded')
      expect([query.isPending.value, query.isPaused.value, query.error.value]).toEqual([false, false, undefined])
      await page.tick(500)
      expect(ticks()).toEqual(['preloaded success stale', 'live for null success'])
      expect(page.takeFrames()).toEqual(['Connect', '+values:get {}'])
    })

    it('shares its subscription with a useConvexQuery of the same query', async () => {
      openPage()
      page.deployment.functions.set('messages:count', ({ channel }) => channel.length)
      const { query } = mountPreloaded(preload(1, null, 'messages:count', { channel: 'abc' }))
      const { result } = page.run(() => useConvexQuery(api.messages.count, { channel: 'abc' }))
      await page.tick(500)
      expect([query.data.value, result.data.value]).toEqual([3, 3])
      expect(page.takeFrames()).toEqual(['Connect', '+messages:count {"channel":"abc"}'])
    })

    it('is not shown if another component already has a live result', async () => {
      openPage()
      page.run(() => useConvexQuery(api.values.get))
      await page.tick(500)
      const { ticks } = mountPreloaded(preload('preloaded', null))
      await page.tick(500)
      expect(ticks()).toEqual(['live for null success'])
    })

    it('can contain every kind of Convex value, and so can its arguments', async () => {
      openPage()
      page.deployment.isHolding = true
      const bytes = new Uint8Array([1, 2, 255]).buffer
      const value = { int64: 9007199254740993n, bytes, nan: Number.NaN, zero: -0, infinite: Infinity, none: null, list: [1n, { deep: Number.NaN }] }
      const { query } = mountPreloaded(preload(value, null, 'values:echo', { value }))
      const data = query.data.value as typeof value
      expect(data).toEqual(value)
      expect(Object.is(data.zero, -0)).toBe(true)
      expect(data.bytes).toBeInstanceOf(ArrayBuffer)
      await page.tick(100)
      expect(page.deployment.executions[0]!.args).toEqual({ value })
    })

    it.each([null, 0, '', false])('can be %s', (value) => {
      openPage()
      const { query } = mountPreloaded(preload(value, null))
      expect(query.data.value).toBe(value)
      expect(query.status.value).toBe('success')
    })

    it('is not shown again when an optimistic update sets the query to undefined', async () => {
      openPage()
      page.deployment.functions.set('values:set', () => null)
      const { query, ticks } = mountPreloaded(preload('preloaded', null))
      const { result } = page.run(() => useConvexMutation(api.values.set, { optimisticUpdate: queries => queries.setQuery(api.values.get, {}, undefined) }))
      await page.tick(500)
      void result.mutate({ value: 1 })
      expect(query.data.value).toBe('live for null')
      expect(query.isStale.value).toBe(true)
      await page.tick(500)
      expect(ticks().slice(1)).toEqual(['live for null success', 'live for null pending stale', 'live for null success'])
    })

    it('is not shown again after a lost connection', async () => {
      openPage()
      const { ticks } = mountPreloaded(preload('preloaded', null))
      await page.tick(500)
      page.deployment.drop()
      await page.tick(5000)
      expect(ticks().slice(1)).toEqual(['live for null success'])
    })

    it('is fetched again by refresh()', async () => {
      openPage()
      const { query } = mountPreloaded(preload('preloaded', null))
      await page.tick(500)
      page.deployment.functions.set('values:get', () => 'more')
      void query.refresh()
      await page.tick(500)
      expect(query.data.value).toBe('more')
    })

    it('is replaced once by a fetched result if `live` is false', async () => {
      openPage()
      const { ticks } = mountPreloaded(preload('preloaded', null), { live: false })
      await page.tick(500)
      expect(ticks()).toEqual(['preloaded success stale', 'live for null success'])
      expect(page.deployment.liveSockets.flatMap(socket => [...socket.queries])).toEqual([])
    })
  })

  describe('an error', () => {
    function breakQuery(): void {
      page.deployment.functions.set('values:get', () => {
        throw new Error('revoked')
      })
    }

    it('removes the value until the query has a result', async () => {
      openPage()
      breakQuery()
      const { query, ticks } = mountPreloaded(preload('preloaded', null))
      await page.tick(500)
      expect(query.error.value!.message).toContain('revoked')
      page.deployment.functions.set('values:get', () => 'healed')
      page.deployment.invalidate()
      await page.tick(500)
      expect(ticks()).toEqual(['preloaded success stale', 'undefined error error', 'healed success'])
    })

    it('does not remove the value if keepDataOnError is set', async () => {
      openPage()
      breakQuery()
      const { query, ticks } = mountPreloaded(preload('preloaded', null), { keepDataOnError: true })
      await page.tick(500)
      expect(query.isStale.value).toBe(true)
      page.deployment.functions.set('values:get', () => 'healed')
      page.deployment.invalidate()
      await page.tick(500)
      breakQuery()
      page.deployment.invalidate()
      await page.tick(500)
      expect(ticks()).toEqual(['preloaded success stale', 'preloaded error stale error', 'healed success', 'healed error stale error'])
    })

    it('removes the value, even if an optimistic update later sets the query to undefined', async () => {
      openPage()
      breakQuery()
      page.deployment.functions.set('values:set', () => null)
      const { ticks } = mountPreloaded(preload('preloaded', null))
      const { result } = page.run(() => useConvexMutation(api.values.set, { optimisticUpdate: queries => queries.setQuery(api.values.get, {}, undefined) }))
      await page.tick(500)
      void result.mutate({ value: 1 })
      await page.tick(500)
      expect(ticks().filter(tick => tick.startsWith('preloaded'))).toEqual(['preloaded success stale'])
    })
  })

  describe('the identity that the value was fetched for', () => {
    it('sees the value from the beginning until the live result arrives', async () => {
      openPage({ user: 'ada' })
      const { ticks } = mountPreloaded(preload('ada\'s', 'ada'))
      await page.tick(1000)
      expect(ticks()).toEqual(['ada\'s success stale', 'live for ada success'])
    })

    it('sees the value while the identity is not known yet', async () => {
      openPage({ user: 'silent' })
      const { query, ticks } = mountPreloaded(preload('ada\'s', 'ada'))
      await page.tick(1000)
      expect(query.data.value).toBe('ada\'s')
      page.source.signIn('ada')
      await page.tick(1000)
      expect(ticks()).toEqual(['ada\'s success stale', 'live for ada success'])
    })

    it('sees the value while the token is late, and the query does not run anonymously', async () => {
      openPage({ user: 'silent' })
      page.source.report(signedIn('ada'))
      const { query, ticks } = mountPreloaded(preload('ada\'s', 'ada'))
      // Without preloaded data, an optional query would run anonymously after 2 s.
      await page.tick(3000)
      expect([query.isPaused.value, query.isPending.value]).toEqual([false, false])
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(1000)
      expect(ticks()).toEqual(['ada\'s success stale', 'live for ada success'])
      expect(page.deployment.executions.map(({ subject }) => subject)).toEqual(['ada'])
    })

    it('sees the value as long as the provider does not report an identity', async () => {
      openPage({ user: 'silent' })
      const { query, ticks } = mountPreloaded(preload('ada\'s', 'ada'))
      await page.tick(3000)
      expect([query.isPaused.value, query.isPending.value]).toEqual([false, false])
      page.source.signIn('ada')
      await page.tick(1000)
      expect(ticks()).toEqual(['ada\'s success stale', 'live for ada success'])
      expect(page.deployment.executions.map(({ subject }) => subject)).toEqual(['ada'])
    })

    it('sees the live result as soon as the query may run anonymously', async () => {
      openPage({ user: 'silent' })
      const { ticks } = mountPreloaded(preload('the public', null))
      await page.tick(3000)
      expect(ticks()).toEqual(['the public success stale', 'live for null success stale'])
    })

    it('sees the value even if the query has `auth: required`', async () => {
      openPage({ user: 'ada' })
      const { ticks } = mountPreloaded(preload('ada\'s', 'ada'), { auth: 'required' })
      await page.tick(1000)
      expect(ticks()).toEqual(['ada\'s success stale', 'live for ada success'])
    })

    it('sees the value if `initialAuth` contains the identity', async () => {
      openPage({ user: 'silent', initialAuth: { token: fakeToken('ada'), user: { id: 'ada' }, session: { id: 'session-of-ada', userId: 'ada' } } })
      const { ticks } = mountPreloaded(preload('ada\'s', 'ada'))
      await page.tick(1000)
      expect(ticks()).toEqual(['ada\'s success stale', 'live for ada success'])
    })

    it('does not see the value again after a sign-out and another sign-in', async () => {
      openPage({ user: 'ada' })
      page.deployment.isHolding = true
      const { query } = mountPreloaded(preload('ada\'s', 'ada'))
      await page.tick(1000)
      page.source.report({ status: 'signedOut' })
      expect(query.data.value).toBeUndefined()
      page.source.signIn('ada', 'another session')
      await page.tick(1000)
      expect(query.data.value).toBeUndefined()
      expect(query.status.value).toBe('pending')
    })
  })

  describe('another identity', () => {
    const HERS = 'ada\'s'

    it.each([
      ['another user', 'bob'],
      ['anonymous', null],
    ])('never sees the value if the identity is known before the query is mounted: %s', async (_name, user) => {
      openPage({ user })
      page.run(() => useConvexQuery(api.messages.count, 'skip'))
      await page.tick(1000)
      const { ticks } = mountPreloaded(preload(HERS, 'ada'))
      await page.tick(1000)
      expect(ticks()).toEqual(['undefined pending', `live for ${user} success`])
    })

    it('never sees the value if `initialAuth` contains the other identity', async () => {
      openPage({ user: 'silent', initialAuth: { token: fakeToken('bob'), user: { id: 'bob' }, session: { id: 'session-of-bob', userId: 'bob' } } })
      const { ticks } = mountPreloaded(preload(HERS, 'ada'))
      await page.tick(1000)
      expect(ticks()).toEqual(['undefined pending', 'live for bob success'])
    })

    it('no longer sees the value once the provider has reported this identity', async () => {
      openPage({ user: 'silent' })
      page.source.report({ status: 'pending', mayBeSignedIn: true })
      const { query, ticks } = mountPreloaded(preload(HERS, 'ada'))
      await page.tick(100)
      const shown = ticks().length
      page.source.answer = () => ({ kind: 'token', token: fakeToken('bob') })
      page.source.requests.at(-1)?.settle({ kind: 'token', token: fakeToken('bob') })
      page.source.report(signedIn('bob'))
      expect(query.data.value).toBeUndefined()
      await page.tick(1000)
      expect(ticks().slice(shown)).toEqual(['undefined pending', 'live for bob success'])
    })

    it('no longer sees the value once the page is known to be anonymous, in any auth mode', async () => {
      openPage({ user: 'silent' })
      const optional = mountPreloaded(preload(HERS, 'ada'))
      const required = mountPreloaded(preload(HERS, 'ada'), { auth: 'required' })
      await page.tick(100)
      page.source.report({ status: 'signedOut' })
      expect([optional.query.data.value, required.query.data.value]).toEqual([undefined, undefined])
      expect([optional.query.status.value, required.query.status.value]).toEqual(['pending', 'paused'])
      page.source.signIn('ada')
      await page.tick(1000)
      expect([...optional.ticks(), ...required.ticks()].filter(tick => tick.startsWith(HERS))).toEqual([`${HERS} success stale`, `${HERS} success stale`])
    })

    it.each(['optional', 'required'] as const)('does not see the value after an identity change (auth: %s)', async (auth) => {
      openPage({ user: 'ada' })
      page.deployment.isHolding = true
      const { query, ticks } = mountPreloaded(preload(HERS, 'ada'), { auth })
      await page.tick(200)
      expect(query.data.value).toBe(HERS)
      page.deployment.flush()
      page.deployment.isHolding = true
      page.source.signIn('bob')
      expect(query.data.value).toBeUndefined()
      page.deployment.flush()
      await page.tick(1000)
      const seen = ticks()
      expect(seen.slice(seen.indexOf('undefined pending'))).toEqual(['undefined pending', 'live for bob success'])
    })

    it('does not see a value that keepDataOnError has kept', async () => {
      openPage({ user: 'ada' })
      page.deployment.functions.set('values:get', () => {
        throw new Error('revoked')
      })
      const { query, ticks } = mountPreloaded(preload(HERS, 'ada'), { keepDataOnError: true })
      await page.tick(1000)
      expect(query.data.value).toBe(HERS)
      page.source.signIn('bob')
      expect(query.data.value).toBeUndefined()
      await page.tick(1000)
      const seen = ticks()
      expect(seen.slice(seen.indexOf('undefined pending'))).toEqual(['undefined pending', 'undefined error error'])
    })

    it('sees a value that was fetched anonymously only if the query is public', async () => {
      openPage({ user: 'ada' })
      await page.tick(500)
      page.run(() => useConvexQuery(api.users.whoami, 'skip'))
      await page.tick(500)
      page.deployment.isHolding = true
      expect(mountPreloaded(preload('the public', null)).query.data.value).toBeUndefined()
      const publicQuery = mountPreloaded(preload('the public', null), { auth: 'public' }).query
      expect(publicQuery.data.value).toBe('the public')
      page.source.report({ status: 'signedOut' })
      expect(publicQuery.data.value).toBe('the public')
      expect(mountPreloaded(preload(HERS, 'ada'), { auth: 'public' }).query.data.value).toBeUndefined()
    })
  })

  describe('await', () => {
    it('resolves at once with the preloaded value', async () => {
      openPage()
      page.deployment.isHolding = true
      const settled = vi.fn()
      const { query } = mountPreloaded(preload('preloaded', null))
      void (query as PromiseLike<any>).then(settled)
      await page.tick(0)
      const awaited = settled.mock.calls[0]![0]
      expect(awaited.data.value).toBe('preloaded')
      expect('then' in awaited).toBe(false)
      expect('catch' in query).toBe(false)
    })

    it('waits for the live result if the value belongs to another user', async () => {
      openPage({ user: 'bob' })
      page.run(() => useConvexQuery(api.users.whoami, 'skip'))
      await page.tick(500)
      const settled = vi.fn()
      const { query } = mountPreloaded(preload('ada\'s', 'ada'))
      void (query as PromiseLike<any>).then(({ data }) => settled(data.value))
      await page.tick(10)
      expect(settled).not.toHaveBeenCalled()
      await page.tick(500)
      expect(settled).toHaveBeenCalledWith('live for bob')
    })

    it('does not cause Suspense to show its fallback', async () => {
      openPage()
      const isShown = ref(true)
      const fallback = vi.fn(() => h('i', 'waiting'))
      const Later = defineComponent({
        async setup() {
          const { data } = await usePreloadedQuery(preload('preloaded', null))
          return () => h('p', data.value)
        },
      })
      const wrapper = page.mount(defineComponent(() => () => isShown.value ? h(Suspense, null, { default: () => h(Later), fallback }) : null))
      await page.tick(0)
      expect(wrapper.text()).toBe('preloaded')
      isShown.value = false
      await page.tick(5000)
      expect(page.deployment.liveSockets).toEqual([])
    })
  })
})
