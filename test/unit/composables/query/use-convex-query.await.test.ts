import type { QueryArgs, UseConvexQueryReturn } from 'convue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useAuthedQuery, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, effectScope, getCurrentScope, h, ref, shallowRef, Suspense } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

function openPage(options?: ScriptedPageOptions): void {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 100
  page.deployment.functions.set('values:get', () => 'the result')
  page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: channel, body: channel }])
}

/** Awaits the query of `setup`. `statuses` receives its status when the await has resolved. */
function mountAwaited<T>(setup: () => PromiseLike<UseConvexQueryReturn<T>> & UseConvexQueryReturn<T>) {
  const statuses: string[] = []
  const { result, stop } = page.run(setup)
  const awaited = (async () => await result)()
  void awaited.then(({ status }) => statuses.push(status.value))
  return { query: result, awaited, statuses, stop }
}

describe('useConvexQuery', () => {
  describe('await', () => {
    it('resolves when the first result arrives', async () => {
      openPage()
      const { awaited, statuses } = mountAwaited(() => useConvexQuery(api.values.get))
      await page.tick(190)
      expect(statuses).toEqual([])
      await page.tick(20)
      expect(statuses).toEqual(['success'])
      expect((await awaited).data.value).toBe('the result')
    })

    it('leaves no cleanup in the effect scope, however often the query is awaited', async () => {
      openPage()
      const { result: { query, scope } } = page.run(() => ({ query: useConvexQuery(api.values.get), scope: getCurrentScope() }))
      /** How many cleanups and scopes the scope holds until it ends. */
      const held = (): unknown[] => ['cleanups', 'scopes'].map(kind => (scope as any)[kind]?.length ?? 0)
      const before = held()
      const awaited = Promise.all([query, query, query])
      await page.tick(0)
      expect(held()).not.toEqual(before)
      await page.tick(300)
      await awaited
      await query
      expect(held()).toEqual(before)
    })

    it('resolves, and does not reject, when the query fails', async () => {
      openPage()
      page.deployment.functions.set('values:get', () => {
        throw new Error('broken')
      })
      const { awaited, statuses } = mountAwaited(() => useConvexQuery(api.values.get))
      await page.tick(210)
      expect(statuses).toEqual(['error'])
      expect((await awaited).error.value!.message).toContain('broken')
    })

    it('resolves if the arguments are invalid, and if transform throws', async () => {
      openPage()
      const unstorable = mountAwaited(() => useConvexQuery(api.values.echo, { value: Symbol('unstorable') }))
      const thrown = mountAwaited(() => useConvexQuery(api.values.get, {}, {
        transform: () => {
          throw new Error('no')
        },
      }))
      await page.tick(0)
      expect(unstorable.statuses).toEqual(['error'])
      await page.tick(210)
      expect(thrown.statuses).toEqual(['error'])
    })

    it('resolves at once if the arguments pause the query, or when they begin to pause it', async () => {
      openPage()
      const args = shallowRef<QueryArgs<typeof api.messages.list>>({ channel: 'a' })
      const paused = mountAwaited(() => useConvexQuery(api.messages.list, 'skip'))
      const pausing = mountAwaited(() => useConvexQuery(api.messages.list, args))
      await page.tick(0)
      expect(paused.statuses).toEqual(['paused'])
      expect(pausing.statuses).toEqual([])
      args.value = null
      await page.tick(0)
      expect(pausing.statuses).toEqual(['paused'])
    })

    it('resolves once it is known that no user is signed in, if the query requires a user', async () => {
      openPage({ user: 'silent' })
      const { statuses } = mountAwaited(() => useAuthedQuery(api.values.get))
      await page.tick(1000)
      expect(statuses).toEqual([])
      page.source.report({ status: 'signedOut' })
      await page.tick(0)
      expect(statuses).toEqual(['paused'])
    })

    it('resolves with the status `pending` if the token request fails', async () => {
      openPage({ user: 'ada' })
      page.source.answer = null
      const { statuses } = mountAwaited(() => useAuthedQuery(api.values.get))
      await page.tick(0)
      page.source.lastRequest.settle({ kind: 'failed', error: new Error('no network') })
      await page.tick(0)
      expect(page.convex.auth.error.value!.message).toBe('no network')
      expect(statuses).toEqual(['pending'])
    })

    it('resolves when its scope is stopped, and leaves no timer', async () => {
      openPage({ lingerMs: 0 })
      const { statuses, stop } = mountAwaited(() => useConvexQuery(api.values.get))
      await page.tick(50)
      stop()
      await page.tick(0)
      expect(statuses).toHaveLength(1)
      await page.tick(500)
      expect(vi.getTimerCount()).toBe(0)
    })

    it('resolves at once if its scope has already been stopped', async () => {
      openPage()
      const scope = effectScope()
      const query = page.app.runWithContext(() => scope.run(() => useConvexQuery(api.values.get))!)
      scope.stop()
      const settled = vi.fn()
      void query.then(settled)
      await page.tick(0)
      expect(settled).toHaveBeenCalled()
    })

    it('resolves with the status `pending` after awaitTimeoutMs, and the query continues', async () => {
      openPage()
      page.deployment.isHolding = true
      const usual = mountAwaited(() => useConvexQuery(api.values.get))
      const short = mountAwaited(() => useConvexQuery(api.values.get, {}, { awaitTimeoutMs: 300 }))
      await page.tick(299)
      expect(short.statuses).toEqual([])
      await page.tick(1)
      expect(short.statuses).toEqual(['pending'])
      await page.tick(4699)
      expect(usual.statuses).toEqual([])
      await page.tick(1)
      expect(usual.statuses).toEqual(['pending'])
      page.deployment.flush()
      await page.tick(200)
      expect(usual.query.data.value).toBe('the result')
    })

    it('measures awaitTimeoutMs separately for each await', async () => {
      openPage()
      page.deployment.isHolding = true
      const { query, statuses } = mountAwaited(() => useConvexQuery(api.values.get, {}, { awaitTimeoutMs: 300 }))
      await page.tick(300)
      expect(statuses).toEqual(['pending'])
      const again = vi.fn()
      void query.then(again)
      await page.tick(299)
      expect(again).not.toHaveBeenCalled()
      await page.tick(1)
      expect(again).toHaveBeenCalledTimes(1)
    })

    it('resolves for each caller, and each time', async () => {
      openPage()
      const { query } = mountAwaited(() => useConvexQuery(api.values.get))
      const settled: number[] = []
      void query.then(() => settled.push(1))
      void Promise.all([query, query]).then(() => settled.push(2))
      await page.tick(210)
      void query.then(() => settled.push(3))
      await page.tick(0)
      expect(settled).toEqual([1, 2, 3])
    })
  })

  describe('await does not resolve', () => {
    it('while the identity is not known', async () => {
      openPage({ user: 'silent' })
      const { statuses } = mountAwaited(() => useConvexQuery(api.values.get))
      await page.tick(1900)
      expect(statuses).toEqual([])
    })

    it('when the arguments change', async () => {
      openPage()
      const channel = ref('a')
      const { statuses, query } = mountAwaited(() => useConvexQuery(api.messages.list, () => ({ channel: channel.value })))
      await page.tick(150)
      channel.value = 'b'
      await page.tick(90)
      expect(statuses).toEqual([])
      await page.tick(200)
      expect(statuses).toEqual(['success'])
      expect(query.data.value![0]!.body).toBe('b')
    })

    it('when the connection is lost', async () => {
      openPage()
      const { statuses } = mountAwaited(() => useConvexQuery(api.values.get))
      await page.tick(150)
      page.deployment.drop()
      await page.tick(60)
      expect(statuses).toEqual([])
      await page.tick(2000)
      expect(statuses).toEqual(['success'])
    })

    it('when the session is denied, before an optional query has its anonymous result', async () => {
      openPage({ user: 'ada' })
      page.source.answer = () => ({ kind: 'denied' })
      const { statuses } = mountAwaited(() => useConvexQuery(api.values.get))
      await page.tick(50)
      expect(page.convex.auth.status.value).toBe('unauthenticated')
      expect(page.convex.auth.error.value).toBeInstanceOf(Error)
      expect(statuses).toEqual([])
      await page.tick(300)
      expect(statuses).toEqual(['success'])
    })

    it('when the token request fails, if the query is public', async () => {
      openPage({ user: 'ada' })
      page.source.answer = () => ({ kind: 'failed', error: new Error('no network') })
      const { statuses } = mountAwaited(() => useConvexQuery(api.values.get, {}, { auth: 'public' }))
      await page.tick(50)
      expect(page.convex.auth.error.value).toBeInstanceOf(Error)
      expect(statuses).toEqual([])
      await page.tick(300)
      expect(statuses).toEqual(['success'])
    })

    it('because of initial data, which is not a result of the server', async () => {
      openPage()
      const { query } = mountAwaited(() => useConvexQuery(api.values.get, {}, { initialData: 'before' }))
      expect(query.data.value).toBe('before')
    })
  })

  describe('the awaited value', () => {
    it('has every field except `then`, so that a promise can resolve with this value', async () => {
      openPage()
      const { query, awaited } = mountAwaited(() => useConvexQuery(api.values.get))
      await page.tick(500)
      const value = await awaited
      expect('then' in value).toBe(false)
      expect(Object.keys(value).sort()).toEqual(['data', 'error', 'isPaused', 'isPending', 'isStale', 'pausedBy', 'refresh', 'status'])
      expect(value.data).toBe(query.data)
    })

    it('has neither `catch` nor `finally`, so that Vue does not treat it as a promise', () => {
      openPage()
      const { query } = mountAwaited(() => useConvexQuery(api.values.get))
      expect(typeof query.then).toBe('function')
      expect('catch' in query).toBe(false)
      expect('finally' in query).toBe(false)
    })

    it('can be returned by the setup of a component', async () => {
      openPage()
      const Direct = defineComponent({
        setup: () => useConvexQuery(api.values.get),
        render(): any {
          return h('p', String((this as any).data))
        },
      })
      const wrapper = page.mount(Direct)
      await page.tick(300)
      expect(wrapper.text()).toBe('the result')
    })

    it('can be combined with another query in a Promise.all below Suspense', async () => {
      openPage()
      const Both = defineComponent({
        async setup() {
          const [one, two] = await Promise.all([useConvexQuery(api.values.get), useConvexQuery(api.messages.list, { channel: 'a' })])
          return () => h('p', `${one.data.value} ${two.data.value![0]!.body}`)
        },
      })
      const wrapper = page.mount(defineComponent(() => () => h(Suspense, () => h(Both))))
      await page.tick(210)
      expect(wrapper.text()).toBe('the result a')
      expect(page.takeFrames()).toEqual(['Connect', '+values:get {}, +messages:list {"channel":"a"}'])
    })

    it('causes a composable that is called after the `await` to throw PLUGIN_MISSING', async () => {
      openPage()
      const caught = vi.fn()
      const Twice = defineComponent({
        async setup() {
          await useConvexQuery(api.values.get)
          try {
            useConvexQuery(api.messages.list, { channel: 'a' })
          }
          catch (error) {
            caught(error)
          }
          return () => h('p')
        },
      })
      page.mount(defineComponent(() => () => h(Suspense, () => h(Twice))))
      await page.tick(300)
      expect(caught).toHaveBeenCalledWith(expect.objectContaining({ code: 'PLUGIN_MISSING', fix: expect.stringContaining('Promise.all') }))
    })
  })
})
