import type { Ref } from 'vue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { defineConvexQuery, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { computed, createApp, defineComponent, effectScope, h, inject, KeepAlive, markRaw, onScopeDispose, provide, ref, shallowRef, Suspense, watch } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

function openPage(options: ScriptedPageOptions = {}): ScriptedPage {
  const opened = new ScriptedPage({ lingerMs: 0, ...options })
  opened.deployment.functions.set('messages:list', ({ channel }) => [{ _id: `${channel}-1`, body: `in ${channel}` }])
  opened.deployment.functions.set('messages:count', () => 1)
  opened.deployment.functions.set('users:whoami', (_args, subject) => subject)
  // Keeps the connection open.
  opened.run(() => useConvexQuery(api.messages.count, { channel: 'a' }, { auth: 'public' }))
  return opened
}

/** The number of subscriptions without the subscription that keeps the connection open. */
const subscribed = (): number => page.deployment.liveSockets.reduce((sum, socket) => sum + socket.queries.size, -1)

function defineMessages() {
  const setUps = vi.fn()
  const disposals = vi.fn()
  const useMessages = defineConvexQuery(() => {
    setUps()
    onScopeDispose(disposals)
    return useConvexQuery(api.messages.list, { channel: 'a' })
  })
  return { useMessages, setUps, disposals }
}

/** Components that the test mounts and unmounts. */
function mountUsers(useShared: () => { data: Ref<any> }, shown: Ref<string[]>) {
  const User = defineComponent(() => {
    const { data } = useShared()
    return () => h('p', data.value?.[0]?.body ?? 'loading')
  })
  return page.mount(defineComponent(() => () => h('main', shown.value.map(key => h(User, { key })))))
}

describe('defineConvexQuery', () => {
  describe('a shared query', () => {
    it('is set up once, at its first use', async () => {
      page = openPage()
      const { useMessages, setUps } = defineMessages()
      expect(setUps).not.toHaveBeenCalled()
      const wrapper = mountUsers(useMessages, ref(['one', 'two']))
      await page.tick()
      expect(wrapper.text()).toBe('in ain a')
      expect(setUps).toHaveBeenCalledTimes(1)
    })

    it('returns the same object to every component', () => {
      page = openPage()
      const { useMessages } = defineMessages()
      expect(page.run(useMessages).result).toBe(page.run(useMessages).result)
    })

    it('exists as long as a component uses it, and is set up again at the next use', async () => {
      page = openPage()
      const { useMessages, setUps, disposals } = defineMessages()
      const shown = ref(['first', 'second'])
      const wrapper = mountUsers(useMessages, shown)
      await page.tick()
      shown.value = ['second', 'third']
      await page.tick()
      expect(wrapper.text()).toBe('in ain a')
      page.deployment.functions.set('messages:list', () => [{ _id: 'a-1', body: 'changed' }])
      page.deployment.invalidate()
      await page.tick()
      expect(wrapper.text()).toBe('changedchanged')
      expect(disposals).not.toHaveBeenCalled()
      expect(subscribed()).toBe(1)

      shown.value = []
      await page.tick()
      expect(disposals).toHaveBeenCalledTimes(1)
      expect(subscribed()).toBe(0)

      shown.value = ['fourth']
      await page.tick()
      expect(setUps).toHaveBeenCalledTimes(2)
      expect(wrapper.text()).toBe('changed')
      expect(subscribed()).toBe(1)
    })

    it('still tracks its arguments after the first component has been unmounted', async () => {
      page = openPage()
      const channel = ref('a')
      const doubled: string[] = []
      const useMessages = defineConvexQuery(() => {
        const query = useConvexQuery(api.messages.list, () => ({ channel: channel.value }))
        watch(query.data, data => data && doubled.push(data[0]!.body))
        return query
      })
      const shown = ref(['first', 'second'])
      const wrapper = mountUsers(useMessages, shown)
      await page.tick()
      shown.value = ['second']
      await page.tick()
      channel.value = 'b'
      await page.tick()
      expect(wrapper.text()).toBe('in b')
      expect(doubled).toEqual(['in a', 'in b'])
    })

    it('can return any value, and can use another shared query', async () => {
      page = openPage()
      const { useMessages, disposals } = defineMessages()
      const useFirst = defineConvexQuery(() => {
        const { data } = useMessages()
        return { first: computed(() => data.value?.[0]?.body) }
      })
      const { result, stop } = page.run(useFirst)
      const other = page.run(useMessages)
      await page.tick()
      expect(result.first.value).toBe('in a')
      stop()
      expect(disposals).not.toHaveBeenCalled()
      other.stop()
      expect(disposals).toHaveBeenCalledTimes(1)
    })

    it('runs its setup again at the next use if the setup threw an error', async () => {
      page = openPage()
      const disposals = vi.fn()
      let isBroken = true
      const useMessages = defineConvexQuery(() => {
        onScopeDispose(disposals)
        const query = useConvexQuery(api.messages.list, { channel: 'a' })
        if (isBroken)
          throw new Error('of the setup')
        return query
      })
      expect(() => page.run(useMessages)).toThrow('of the setup')
      expect(disposals).toHaveBeenCalledTimes(1)
      await page.tick()
      expect(subscribed()).toBe(0)
      isBroken = false
      const { result } = page.run(useMessages)
      await page.tick()
      expect(result.status.value).toBe('success')
    })

    it('removes the data of the previous user in the tick of an identity change', async () => {
      page = openPage({ user: 'ada' })
      const useMe = defineConvexQuery(() => useConvexQuery(api.users.whoami))
      const { result } = page.run(useMe)
      await page.tick()
      expect(result.data.value).toBe('ada')
      page.source.signIn('bob')
      expect(result.data.value).toBeUndefined()
      await page.tick()
      expect(result.data.value).toBe('bob')
    })

    it('throws PLUGIN_MISSING if it is used outside of an app', () => {
      page = openPage()
      const { useMessages, setUps } = defineMessages()
      expect(() => useMessages()).toThrow(expect.objectContaining({ code: 'PLUGIN_MISSING' }))
      expect(setUps).not.toHaveBeenCalled()
    })
  })

  describe('two apps', () => {
    it('have separate instances of a shared query', async () => {
      page = openPage()
      const other = openPage()
      other.deployment.functions.set('messages:list', () => [{ _id: '1', body: 'elsewhere' }])
      const { useMessages, setUps, disposals } = defineMessages()
      const [here, there] = [page.run(useMessages), other.run(useMessages)]
      await page.tick()
      expect(here.result.data.value![0]!.body).toBe('in a')
      expect(there.result.data.value![0]!.body).toBe('elsewhere')
      expect(setUps).toHaveBeenCalledTimes(2)
      there.stop()
      expect(disposals).toHaveBeenCalledTimes(1)
      expect(here.result.data.value![0]!.body).toBe('in a')
      // The socket and timers of the other page must be closed before they are counted.
      void other.convex.close()
      await page.tick(100)
    })
  })

  describe('the first component that uses a shared query', () => {
    it('does not affect `inject` in the setup, which returns the values that the app provides', () => {
      page = openPage()
      page.app.provide('where', 'app')
      const useWhere = defineConvexQuery(() => inject('where', 'nowhere'))
      const seen: string[] = []
      const Child = defineComponent(() => {
        seen.push(useWhere())
        return () => null
      })
      const app = markRaw(createApp(defineComponent(() => {
        provide('where', 'component')
        return () => h(Child)
      }))).use(page.convex)
      app.provide('where', 'app')
      app.mount(document.createElement('div'))
      expect(seen).toEqual(['app'])
      app.unmount()
    })

    it('can be deactivated in a KeepAlive without an effect on the other components', async () => {
      page = openPage()
      const { useMessages } = defineMessages()
      const isKept = ref(true)
      const First = defineComponent({ name: 'First', setup: () => {
        const { data } = useMessages()
        return () => h('p', `first ${data.value?.[0]?.body}`)
      } })
      const Second = defineComponent({ name: 'Second', setup: () => {
        const { data } = useMessages()
        return () => h('p', `second ${data.value?.[0]?.body}`)
      } })
      const wrapper = page.mount(defineComponent(() => () => h(KeepAlive, () => h(isKept.value ? First : Second))))
      await page.tick()
      isKept.value = false
      await page.tick(5000)
      page.deployment.functions.set('messages:list', () => [{ _id: 'a-1', body: 'changed' }])
      page.deployment.invalidate()
      await page.tick()
      expect(wrapper.text()).toBe('second changed')
      isKept.value = true
      await page.tick()
      expect(wrapper.text()).toBe('first changed')
      wrapper.unmount()
      await page.tick()
      expect([...page.deployment.liveSockets[0]!.queries.values()].map(({ name }) => name)).toEqual(['messages:count'])
    })
  })

  describe('await', () => {
    function mountLater(useMessages: () => PromiseLike<{ data: Ref<any> }>) {
      const Later = defineComponent({
        async setup() {
          const { data } = await useMessages()
          return () => h('p', data.value?.[0]?.body ?? 'no data')
        },
      })
      const shown = shallowRef(['one', 'two'])
      const wrapper = page.mount(defineComponent(() => () => h('main', shown.value.map(key => h(Suspense, { key }, { default: () => h(Later), fallback: () => h('i', 'waiting') })))))
      return { wrapper, shown }
    }

    it('resolves for every component when the first result arrives', async () => {
      page = openPage()
      const { useMessages, setUps } = defineMessages()
      const { wrapper } = mountLater(useMessages)
      expect(wrapper.text()).toBe('waitingwaiting')
      await page.tick()
      expect(wrapper.text()).toBe('in ain a')
      expect(setUps).toHaveBeenCalledTimes(1)
    })

    it('resolves for the second component even if the first component has been unmounted', async () => {
      page = openPage()
      page.deployment.latencyMs = 100
      const { useMessages, disposals } = defineMessages()
      const { wrapper, shown } = mountLater(useMessages)
      await page.tick(50)
      shown.value = ['two']
      await page.tick(400)
      expect(wrapper.text()).toBe('in a')
      shown.value = []
      await page.tick(400)
      expect(disposals).toHaveBeenCalledTimes(1)
    })
  })

  describe('a store', () => {
    it('can use a shared query in the same way as a component', async () => {
      page = openPage()
      const { useMessages, disposals } = defineMessages()
      const stores = effectScope(true)
      const store = page.app.runWithContext(() => stores.run(() => useMessages()))!
      const component = page.run(useMessages)
      await page.tick()
      component.stop()
      await page.tick()
      expect(store.data.value).toEqual([{ _id: 'a-1', body: 'in a' }])
      stores.stop()
      expect(disposals).toHaveBeenCalledTimes(1)
    })

    it('keeps a shared query permanently if the store has no effect scope', async () => {
      page = openPage()
      const { useMessages, disposals } = defineMessages()
      const kept = page.app.runWithContext(useMessages)
      page.run(useMessages).stop()
      await page.tick()
      expect(kept.status.value).toBe('success')
      expect(disposals).not.toHaveBeenCalled()
    })
  })
})
