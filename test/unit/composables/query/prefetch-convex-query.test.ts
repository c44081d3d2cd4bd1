import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { prefetchConvexQuery, useConvexQuery, usePrefetchConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { createApp, defineComponent, h, markRaw, ref } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

const LIST_A = '+messages:list {"channel":"a"}'

let page: ScriptedPage
setupScriptedPage()

function openPage(options: ScriptedPageOptions = {}): ScriptedPage {
  page = new ScriptedPage(options)
  page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: `${channel}-1`, body: `in ${channel}` }])
  page.deployment.functions.set('users:whoami', (_args, subject) => subject)
  // Keeps the connection open.
  page.run(() => useConvexQuery(api.users.whoami, {}, { auth: 'public' }))
  return page
}

/** Prefetches like a router guard: in the context of the app, without a scope. */
const guard = (...call: Parameters<typeof prefetchConvexQuery<typeof api.messages.list>>) => page.app.runWithContext(() => prefetchConvexQuery(...call))

describe('prefetchConvexQuery', () => {
  describe('the promise', () => {
    it('resolves when the first result arrives', async () => {
      openPage()
      page.deployment.latencyMs = 100
      const resolved = vi.fn()
      void guard(api.messages.list, { channel: 'a' }).then(resolved)
      await page.tick(95)
      expect(resolved).not.toHaveBeenCalled()
      await page.tick(10)
      expect(resolved).toHaveBeenCalledWith(undefined)
    })

    it('resolves when the query fails, and the page shows the error at once', async () => {
      openPage()
      page.deployment.functions.set('messages:list', () => {
        throw new Error('broken')
      })
      const resolved = vi.fn()
      void guard(api.messages.list, { channel: 'a' }).then(resolved)
      await page.tick()
      expect(resolved).toHaveBeenCalled()
      expect(page.run(() => useConvexQuery(api.messages.list, { channel: 'a' })).result.status.value).toBe('error')
    })

    it('resolves after awaitTimeoutMs, and the query continues for the page', async () => {
      openPage()
      await page.tick()
      page.deployment.latencyMs = 8000
      const resolved = vi.fn()
      void guard(api.messages.list, { channel: 'a' }).then(() => resolved('usual'))
      void guard(api.messages.list, { channel: 'b' }, { awaitTimeoutMs: 100 }).then(() => resolved('short'))
      await page.tick(110)
      expect(resolved.mock.calls).toEqual([['short']])
      await page.tick(4800)
      expect(resolved).toHaveBeenCalledTimes(1)
      await page.tick(100)
      expect(resolved.mock.calls).toEqual([['short'], ['usual']])
      await page.tick(4000)
      expect(page.run(() => useConvexQuery(api.messages.list, { channel: 'a' })).result.status.value).toBe('success')
      page.deployment.latencyMs = 0
    })

    it('resolves at once and sends nothing if the arguments pause the query', async () => {
      openPage()
      await page.tick()
      page.takeFrames()
      for (const args of [undefined, null, 'skip'] as const)
        await guard(api.messages.list, args)
      expect(page.takeFrames()).toEqual([])
    })

    it('resolves even if the arguments are invalid', async () => {
      openPage()
      await expect(guard(api.messages.list, { channel: Symbol('a') } as any)).resolves.toBeUndefined()
    })

    it('resolves if the query requires a user who cannot be authenticated or is signed out', async () => {
      openPage({ user: 'silent' })
      page.source.answer = () => ({ kind: 'failed', error: new Error('down') })
      const resolved = vi.fn()
      void guard(api.messages.list, { channel: 'a' }, { auth: 'required' }).then(resolved)
      await page.tick()
      expect(resolved).not.toHaveBeenCalled()
      page.source.report({ status: 'signedIn', userId: 'ada', sessionId: 's', user: {}, session: {} })
      await page.tick()
      expect(resolved).toHaveBeenCalledTimes(1)
      page.source.report({ status: 'signedOut' })
      await guard(api.messages.list, { channel: 'a' }, { auth: 'required' })
    })

    it('resolves when the plugin is closed', async () => {
      openPage()
      page.deployment.isHolding = true
      const resolved = vi.fn()
      void guard(api.messages.list, { channel: 'a' }).then(resolved)
      void page.convex.close()
      await page.tick(0)
      expect(resolved).toHaveBeenCalled()
    })
  })

  it('throws an error outside of an app, and for a value that is not a query', () => {
    openPage()
    expect(() => prefetchConvexQuery(api.users.whoami)).toThrow(expect.objectContaining({ code: 'PLUGIN_MISSING', why: expect.stringContaining('prefetchConvexQuery') }))
    expect(() => usePrefetchConvexQuery()).toThrow(expect.objectContaining({ code: 'PLUGIN_MISSING', why: expect.stringContaining('usePrefetchConvexQuery') }))
    expect(() => guard({} as any, { channel: 'a' })).toThrow(expect.objectContaining({ code: 'FUNCTION_INVALID' }))
  })

  describe('a page that is mounted after the prefetch', () => {
    it.each([{}, { live: false }])('shows the data at once and sends no message (options: %o)', async (options) => {
      openPage()
      void guard(api.messages.list, { channel: 'a' }, options)
      await page.tick(9900)
      page.takeFrames()
      const { result } = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }, options))
      expect(result.data.value).toEqual([{ _id: 'a-1', body: 'in a' }])
      expect(result.isStale.value).toBe(false)
      await page.tick(10_000)
      expect(page.takeFrames()).toEqual([])
    })

    it('shares the prefetched query while it is still pending', async () => {
      openPage()
      page.deployment.latencyMs = 100
      void guard(api.messages.list, { channel: 'a' })
      await page.tick(50)
      const { result } = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      await page.tick(500)
      expect(result.status.value).toBe('success')
      expect(page.takeFrames().filter(frame => frame.includes('messages:list'))).toHaveLength(1)
    })

    it('sets the time for which the query lingers after the page is unmounted', async () => {
      openPage()
      void guard(api.messages.list, { channel: 'a' })
      await page.tick()
      const { stop } = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      await page.tick(20_000)
      page.takeFrames()
      stop()
      await page.tick(2900)
      expect(page.takeFrames()).toEqual([])
      await page.tick(200)
      expect(page.takeFrames()).toEqual(['-1'])
    })
  })

  describe('a prefetched query that no page uses', () => {
    it.each([
      [10_000, {}],
      [500, { lingerMs: 500 }],
    ])('unsubscribes %i ms after the result', async (ms, options) => {
      openPage()
      await page.tick()
      page.deployment.latencyMs = 1000
      void guard(api.messages.list, { channel: 'a' }, options)
      await page.tick(1000)
      page.takeFrames()
      await page.tick(ms - 5)
      expect(page.takeFrames()).toEqual([])
      await page.tick(10)
      expect(page.takeFrames()).toEqual(['-1'])
    })

    it('unsubscribes at an identity change, and does not run as the next identity', async () => {
      openPage({ user: 'ada' })
      const executions = (): unknown[] => page.deployment.executions.filter(({ name, subject }) => name === 'messages:list' && subject !== 'ada')
      void guard(api.messages.list, { channel: 'a' })
      await page.tick()
      page.source.signIn('bob')
      await page.tick()
      expect(executions()).toEqual([])
      expect(page.run(() => useConvexQuery(api.messages.list, { channel: 'a' })).result.data.value).toBeUndefined()
    })
  })

  describe('in an app', () => {
    it('renders a page with its data at once if a route guard has prefetched the data', async () => {
      openPage()
      const renders: unknown[] = []
      const Messages = defineComponent(() => {
        const { data } = useConvexQuery(api.messages.list, { channel: 'a' })
        return () => {
          renders.push(data.value)
          return h('p', data.value?.[0]?.body ?? 'loading')
        }
      })
      const router = createRouter({
        history: createMemoryHistory(),
        routes: [
          { path: '/', component: { render: () => h('p', 'home') } },
          { path: '/:channel', component: Messages, beforeEnter: to => prefetchConvexQuery(api.messages.list, { channel: to.params.channel as string }) },
        ],
      })
      router.beforeResolve(() => prefetchConvexQuery(api.messages.list, { channel: 'of every page' }))
      const element = document.createElement('div')
      const app = markRaw(createApp({ render: () => h(RouterView) })).use(page.convex).use(router)
      app.mount(element)
      await page.tick(100)
      expect(element.textContent).toBe('home')
      page.takeFrames()
      void router.push('/a')
      await page.tick()
      expect(element.textContent).toBe('in a')
      expect(renders).toEqual([[{ _id: 'a-1', body: 'in a' }]])
      expect(page.takeFrames()).toContain(LIST_A)
      expect(page.deployment.executions.filter(({ args }) => args.channel === 'a')).toHaveLength(1)
      app.unmount()
    })

    it('can be called in an event handler through usePrefetchConvexQuery', async () => {
      openPage()
      const wrapper = page.mount(defineComponent(() => {
        const prefetch = usePrefetchConvexQuery()
        return () => h('a', { onMouseenter: () => prefetch(api.messages.list, { channel: 'a' }) })
      }))
      await page.tick()
      page.takeFrames()
      for (let visit = 0; visit < 5; visit++)
        await wrapper.get('a').trigger('mouseenter')
      await page.tick()
      expect(page.takeFrames()).toEqual([LIST_A])
    })

    it('continues if the component that called it is unmounted', async () => {
      openPage()
      const isShown = ref(false)
      const Link = defineComponent(() => {
        void prefetchConvexQuery(api.messages.list, { channel: 'a' })
        return () => h('a')
      })
      page.mount(defineComponent(() => () => isShown.value ? h(Link) : null))
      await page.tick()
      page.deployment.latencyMs = 4000
      isShown.value = true
      await page.tick(0)
      isShown.value = false
      // More than `lingerMs` after the unmount, and less than `lingerMs` after the result.
      await page.tick(12_000)
      page.deployment.latencyMs = 0
      page.takeFrames()
      const { result } = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      expect(result.status.value).toBe('success')
      expect(page.takeFrames()).toEqual([])
    })
  })
})
