import { useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, KeepAlive, ref, watch } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

function refuse(): never {
  throw new Error('refused')
}

describe('useConvexQuery', () => {
  describe('a query with `live: false`', () => {
    it('ignores an optimistic update that was made before it was mounted', async () => {
      page = new ScriptedPage()
      page.deployment.latencyMs = 50
      page.deployment.functions.set('messages:count', () => 1)
      page.deployment.functions.set('messages:send', refuse)
      const live = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' })).result
      const send = page.run(() => useConvexMutation(api.messages.send, {
        optimisticUpdate: store => store.setQuery(api.messages.count, { channel: 'a' }, (store.getQuery(api.messages.count, { channel: 'a' }) ?? 0) + 100),
      })).result
      await page.tick(500)
      expect(live.data.value).toBe(1)
      const failed = send.mutate({ channel: 'a', body: 'x' }).catch(() => 'refused')
      expect(live.data.value).toBe(101)
      const once = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }, { live: false })).result
      await page.tick(500)
      expect(await failed).toBe('refused')
      expect(live.data.value).toBe(1)
      expect(once.data.value).toBe(1)
    })

    it('ignores an optimistic update that is made before its result arrives', async () => {
      page = new ScriptedPage()
      page.deployment.latencyMs = 50
      page.deployment.functions.set('messages:count', () => 1)
      page.deployment.functions.set('messages:send', refuse)
      const send = page.run(() => useConvexMutation(api.messages.send, {
        optimisticUpdate: store => store.setQuery(api.messages.count, { channel: 'a' }, 100),
      })).result
      const once = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }, { live: false })).result
      const failed = send.mutate({ channel: 'a', body: 'x' }).catch(() => 'refused')
      await page.tick(1000)
      expect(await failed).toBe('refused')
      expect(once.data.value).toBe(1)
    })

    it('does not run again when the provider reports late that no user is signed in', async () => {
      page = new ScriptedPage({ user: 'silent' })
      page.deployment.functions.set('messages:count', () => 1)
      const once = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }, { live: false })).result
      await page.tick(3000)
      expect(once.data.value).toBe(1)
      page.source.report({ status: 'signedOut' })
      await page.tick(500)
      expect(page.deployment.executions.length).toBe(1)
    })
  })

  describe('transform', () => {
    it('does not run again when its result becomes stale', async () => {
      page = new ScriptedPage({ user: 'silent' })
      page.deployment.latencyMs = 50
      page.deployment.functions.set('messages:count', () => 1)
      const transform = vi.fn((n: number) => n * 2)
      const q = page.run(() => {
        const q = useConvexQuery(api.messages.count, { channel: 'a' }, { transform })
        watch([q.data, q.isStale], () => {}, { flush: 'sync', immediate: true })
        return q
      }).result
      await page.tick(3000)
      expect(q.data.value).toBe(2)
      expect(transform).toHaveBeenCalledTimes(1)
      page.source.signIn('ada')
      await page.tick(20)
      // No other result has arrived.
      expect(q.isStale.value).toBe(true)
      expect(transform).toHaveBeenCalledTimes(1)
    })

    it('leaves no data if it throws, even when the result becomes stale', async () => {
      page = new ScriptedPage({ user: 'silent' })
      page.deployment.latencyMs = 50
      page.deployment.functions.set('messages:count', () => 1)
      const q = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }, { transform: refuse })).result
      await page.tick(3000)
      page.source.signIn('ada')
      await page.tick(20)
      // The anonymous result, which has become stale, has no data.
      expect([q.status.value, q.data.value, q.isStale.value]).toEqual(['error', undefined, false])
    })
  })

  describe('refresh', () => {
    it('resolves when its own result arrives, and not at an optimistic update', async () => {
      page = new ScriptedPage()
      page.deployment.latencyMs = 50
      let n = 1
      page.deployment.functions.set('messages:count', () => n)
      page.deployment.functions.set('messages:send', () => 'ok')
      const q = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' })).result
      const send = page.run(() => useConvexMutation(api.messages.send, {
        optimisticUpdate: store => store.setQuery(api.messages.count, { channel: 'a' }, 100),
      })).result
      await page.tick(500)
      n = 2
      const seen = vi.fn()
      const executed = page.deployment.executions.length
      void q.refresh().then(() => seen(page.deployment.executions.length))
      void send.mutate({ channel: 'a', body: 'x' })
      await page.tick(1)
      expect(seen).not.toHaveBeenCalled()
      await page.tick(500)
      expect(seen.mock.calls[0]![0]).toBeGreaterThan(executed)
    })
  })

  describe('time-outs', () => {
    it('never end if awaitTimeoutMs is Infinity', async () => {
      page = new ScriptedPage()
      page.deployment.latencyMs = 50
      page.deployment.functions.set('messages:count', () => 1)
      const q = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }, { awaitTimeoutMs: Infinity })).result
      const settled = vi.fn()
      void q.then(({ status }) => settled(status.value))
      await page.tick(10)
      expect(settled).not.toHaveBeenCalled()
      await page.tick(500)
      expect(settled).toHaveBeenCalledWith('success')
    })
    it('do not fire in a loop if lingerMs is 30 days', async () => {
      page = new ScriptedPage({ lingerMs: 30 * 24 * 3600 * 1000 })
      page.deployment.functions.set('messages:count', () => 1)
      const { stop } = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }))
      await page.tick(100)
      const spy = vi.spyOn(globalThis, 'setTimeout')
      stop()
      await page.tick(1000)
      expect(spy.mock.calls.length).toBeLessThan(10)
      spy.mockRestore()
    })
  })

  describe('a deactivated component in a KeepAlive', () => {
    it('sends no message for new arguments until it is activated again', async () => {
      page = new ScriptedPage()
      page.deployment.functions.set('messages:count', ({ channel }) => channel)
      const isShown = ref(true)
      const channel = ref('a')
      const Resting = defineComponent(() => {
        const { data } = useConvexQuery(api.messages.count, () => ({ channel: channel.value }))
        return () => h('p', String(data.value))
      })
      const wrapper = page.mount(defineComponent(() => () => h(KeepAlive, () => isShown.value ? h(Resting) : h('i'))))
      await page.tick(100)
      isShown.value = false
      await page.tick(10)
      channel.value = 'b'
      await page.tick(100)
      expect(page.deployment.executions.map(({ args }) => args.channel)).toEqual(['a'])
      isShown.value = true
      await page.tick(100)
      expect(wrapper.text()).toBe('b')
    })
  })
})
