import type { VueWrapper } from '@vue/test-utils'
import type { Component, Ref } from 'vue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { ConvueError, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { computed, defineComponent, effectScope, h, KeepAlive, onBeforeUnmount, ref, shallowRef, Suspense, watch } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

const LIST_A = '+messages:list {"channel":"a"}'

let page: ScriptedPage
setupScriptedPage()

function openPage(options: ScriptedPageOptions = {}): ScriptedPage {
  page = new ScriptedPage(options)
  page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: `${channel}-1`, body: `in ${channel}` }])
  page.deployment.functions.set('messages:count', () => 1)
  return page
}

const Messages = defineComponent({
  props: { channel: { type: String, default: 'a' } },
  setup(props) {
    const { data } = useConvexQuery(api.messages.list, () => ({ channel: props.channel }))
    return () => h('p', data.value?.[0]?.body ?? 'loading')
  },
})

/** Components that are mounted while `shown` contains their names. */
function mountSwitch(views: Record<string, Component>, shown: Ref<string[]>, options?: ScriptedPageOptions): VueWrapper {
  return openPage(options).mount(defineComponent(() => () => h('main', shown.value.map(name => h(views[name]!, { key: name })))))
}

describe('useConvexQuery', () => {
  describe('components with the same query and arguments', () => {
    it('share one subscription and one result', async () => {
      const results: unknown[] = []
      const Reader = defineComponent(() => {
        const { data } = useConvexQuery(api.messages.list, { channel: 'a' })
        return () => {
          results.push(data.value)
          return h('p')
        }
      })
      mountSwitch({ one: Reader, two: Reader, three: Reader }, ref(['one', 'two', 'three']))
      await page.tick()
      expect(page.takeFrames()).toEqual(['Connect', LIST_A])
      expect(results).toHaveLength(6)
      expect(new Set(results.slice(3)).size).toBe(1)
      expect(results[3]).toEqual([{ _id: 'a-1', body: 'in a' }])
    })

    it('show the result at once when they mount later', async () => {
      const shown = ref(['one'])
      const wrapper = mountSwitch({ one: Messages, two: Messages }, shown)
      await page.tick()
      page.takeFrames()
      shown.value = ['one', 'two']
      await page.tick(0)
      expect(wrapper.text()).toBe('in ain a')
      await page.tick()
      expect(page.takeFrames()).toEqual([])
    })

    it('share the result of refresh(), and the error', async () => {
      openPage()
      const { result: [one, two] } = page.run(() => [
        useConvexQuery(api.messages.list, { channel: 'a' }),
        useConvexQuery(api.messages.list, { channel: 'a' }),
      ])
      await page.tick()
      page.deployment.functions.set('messages:list', () => {
        throw new Error('gone')
      })
      void one!.refresh()
      await page.tick()
      expect(one!.error.value).toBeInstanceOf(Error)
      expect(two!.error.value).toBe(one!.error.value)
    })

    it('do not share a subscription if their auth modes differ', async () => {
      openPage({ user: 'ada' })
      page.deployment.functions.set('users:whoami', (_args, subject) => subject)
      const { result: [mine, publicQuery] } = page.run(() => [
        useConvexQuery(api.users.whoami, {}),
        useConvexQuery(api.users.whoami, {}, { auth: 'public' }),
      ])
      await page.tick()
      expect(mine!.data.value).toBe('ada')
      expect(publicQuery!.data.value).toBeNull()
    })
  })

  describe('a subscription that a component has stopped using', () => {
    it('ends lingerMs after the last component has stopped using it', async () => {
      const shown = ref(['one', 'two'])
      mountSwitch({ one: Messages, two: Messages }, shown)
      await page.tick()
      page.takeFrames()
      shown.value = ['one']
      await page.tick(10_000)
      expect(page.takeFrames()).toEqual([])

      shown.value = []
      await page.tick(2999)
      expect(page.takeFrames()).toEqual([])
      await page.tick(1)
      expect(page.takeFrames()).toEqual(['-0'])
    })

    it('provides its data at once to a component that is mounted while it lingers', async () => {
      const shown = ref(['one'])
      const wrapper = mountSwitch({ one: Messages, two: Messages }, shown)
      await page.tick()
      page.takeFrames()
      for (let visit = 0; visit < 3; visit++) {
        shown.value = []
        await page.tick(2000)
        shown.value = ['two']
        await page.tick(0)
        expect(wrapper.text()).toBe('in a')
      }
      await page.tick(10_000)
      expect(page.takeFrames()).toEqual([])
    })

    it('receives updates while it lingers', async () => {
      const shown = ref(['one'])
      const wrapper = mountSwitch({ one: Messages }, shown)
      await page.tick()
      shown.value = []
      await page.tick(1000)
      page.deployment.functions.set('messages:list', () => [{ _id: 'a-1', body: 'changed' }])
      page.deployment.invalidate()
      await page.tick()
      shown.value = ['one']
      await page.tick(0)
      expect(wrapper.text()).toBe('changed')
    })

    it('lingers for the lingerMs of the query, or else of the plugin', async () => {
      openPage({ lingerMs: 1000 })
      const long = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }, { lingerMs: 5000 }))
      const none = page.run(() => useConvexQuery(api.messages.list, { channel: 'b' }, { lingerMs: 0 }))
      const usual = page.run(() => useConvexQuery(api.messages.list, { channel: 'c' }))
      // Keeps the connection open.
      page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }))
      await page.tick()
      page.takeFrames()
      long.stop()
      none.stop()
      usual.stop()
      await page.tick(0)
      expect(page.takeFrames()).toEqual(['-1'])
      await page.tick(1000)
      expect(page.takeFrames()).toEqual(['-2'])
      await page.tick(4000)
      expect(page.takeFrames()).toEqual(['-0'])
    })

    it('ends after lingerMs, even if a component changes its arguments back and forth', async () => {
      openPage()
      const channel = ref('a')
      page.mount(defineComponent(() => {
        const { data } = useConvexQuery(api.messages.list, () => ({ channel: channel.value }))
        return () => h('p', data.value?.[0]?.body)
      }))
      const queries = (): unknown[] => [...page.deployment.liveSockets[0]!.queries.values()].map(({ args }) => args.channel)
      await page.tick()
      for (const next of ['b', 'c', 'd']) {
        channel.value = next
        await page.tick()
      }
      expect(queries()).toEqual(['c', 'd'])
      page.takeFrames()
      // Changing the arguments back and forth sends nothing.
      for (const next of ['c', 'd', 'c']) {
        channel.value = next
        await page.tick()
      }
      expect(page.takeFrames()).toEqual([])
      await page.tick(3000)
      expect(queries()).toEqual(['c'])
    })

    it('remains as long as another component uses it', async () => {
      openPage()
      const channel = ref('a')
      page.run(() => {
        useConvexQuery(api.messages.list, { channel: 'a' })
        useConvexQuery(api.messages.list, () => ({ channel: channel.value }))
      })
      await page.tick()
      page.takeFrames()
      for (const next of ['b', 'c']) {
        channel.value = next
        await page.tick()
      }
      expect(page.takeFrames()).toEqual(['+messages:list {"channel":"b"}', '+messages:list {"channel":"c"}'])
    })

    it('closes the anonymous connection when it ends if it was the last subscription', async () => {
      const shown = ref(['one'])
      mountSwitch({ one: Messages }, shown)
      await page.tick()
      expect(page.deployment.liveSockets).toHaveLength(1)
      shown.value = []
      await page.tick(3500)
      expect(page.deployment.liveSockets).toEqual([])
      shown.value = ['one']
      await page.tick()
      expect(page.deployment.liveSockets).toHaveLength(1)
    })
  })

  describe('a component in a KeepAlive', () => {
    const created: string[] = []
    const Row = defineComponent({
      props: { body: String },
      setup(props) {
        created.push(props.body!)
        onBeforeUnmount(() => created.push(`no ${props.body}`))
        return () => h('p', props.body)
      },
    })
    /** A component with a child whose state would be lost if the child were created again. */
    const Kept = defineComponent({
      name: 'Kept',
      setup() {
        const { data } = useConvexQuery(api.messages.list, { channel: 'a' })
        return () => h('section', data.value?.map(message => h(Row, { key: message._id, body: message.body })) ?? 'loading')
      },
    })
    const Other = defineComponent({ name: 'Other', render: () => h('section', 'elsewhere') })

    function mountKept(): { wrapper: VueWrapper, isKept: Ref<boolean> } {
      created.length = 0
      const isKept = ref(true)
      openPage()
      const Root = defineComponent(() => {
        // Keeps the connection open.
        useConvexQuery(api.messages.count, { channel: 'a' })
        return () => h(KeepAlive, () => h(isKept.value ? Kept : Other))
      })
      return { wrapper: page.mount(Root), isKept }
    }

    it('unsubscribes lingerMs after it was deactivated', async () => {
      const { isKept } = mountKept()
      await page.tick()
      page.takeFrames()
      isKept.value = false
      await page.tick(2999)
      expect(page.takeFrames()).toEqual([])
      await page.tick(2)
      expect(page.takeFrames()).toEqual(['-1'])
    })

    it('subscribes again when it is activated', async () => {
      const { wrapper, isKept } = mountKept()
      await page.tick()
      isKept.value = false
      await page.tick(5000)
      page.takeFrames()
      page.deployment.functions.set('messages:list', () => [{ _id: 'a-1', body: 'changed meanwhile' }])
      isKept.value = true
      await page.tick()
      expect(page.takeFrames()).toEqual([LIST_A])
      expect(wrapper.text()).toBe('changed meanwhile')
    })

    it('is not rendered again if it is activated while its subscription lingers', async () => {
      const { wrapper, isKept } = mountKept()
      await page.tick()
      page.takeFrames()
      isKept.value = false
      await page.tick(1000)
      isKept.value = true
      await page.tick()
      expect(wrapper.text()).toBe('in a')
      expect(created).toEqual(['in a'])
      await page.tick(10_000)
      expect(page.takeFrames()).toEqual([])
    })

    it('leaves no subscription when the KeepAlive is unmounted', async () => {
      const { wrapper, isKept } = mountKept()
      await page.tick()
      isKept.value = false
      await page.tick(1000)
      wrapper.unmount()
      await page.tick()
      expect(page.deployment.liveSockets).toEqual([])
    })

    it('does not unsubscribe the query of a store that the component has created', async () => {
      openPage()
      const isKept = ref(true)
      let store: ReturnType<typeof useConvexQuery<typeof api.messages.list>> | undefined
      const useStore = (): typeof store => store ??= page.app.runWithContext(() => effectScope(true).run(() => useConvexQuery(api.messages.list, { channel: 'a' })))
      const First = defineComponent(() => {
        useStore()
        return () => h('p', 'first')
      })
      const Second = defineComponent(() => {
        const query = useStore()!
        return () => h('p', query.data.value?.[0]?.body)
      })
      const wrapper = page.mount(defineComponent(() => () => h(KeepAlive, () => h(isKept.value ? First : Second))))
      await page.tick()
      isKept.value = false
      await page.tick(5000)
      expect(wrapper.text()).toBe('in a')
    })
  })

  describe('a Suspense boundary', () => {
    const Later = defineComponent({
      async setup() {
        const { data } = await useConvexQuery(api.messages.list, { channel: 'a' })
        return () => h('p', data.value?.[0]?.body ?? 'no data')
      },
    })

    it('shows its fallback until the first result arrives', async () => {
      openPage()
      const wrapper = page.mount(defineComponent(() => () => h(Suspense, null, { default: () => h(Later), fallback: () => h('i', 'waiting') })))
      expect(wrapper.text()).toBe('waiting')
      await page.tick()
      expect(wrapper.text()).toBe('in a')
    })

    it('leaves no subscription if it is unmounted before the first result', async () => {
      const isShown = ref(true)
      openPage({ lingerMs: 0 })
      page.deployment.latencyMs = 100
      page.mount(defineComponent(() => () => isShown.value ? h(Suspense, null, { default: () => h(Later), fallback: () => h('i', 'waiting') }) : null))
      await page.tick(150)
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(1)
      isShown.value = false
      await page.tick(500)
      expect(page.deployment.liveSockets).toEqual([])
    })
  })

  describe('a query outside of components', () => {
    it('remains subscribed until the scope of its store is stopped', async () => {
      openPage()
      // Like Pinia: a setup function in the context of the app, in its own scope.
      const stores = effectScope(true)
      const store = page.app.runWithContext(() => stores.run(() => effectScope().run(() => {
        const query = useConvexQuery(api.messages.list, { channel: 'a' })
        return { ...query, first: computed(() => query.data.value?.[0]?.body) }
      })))!
      await page.tick()
      expect(store.first.value).toBe('in a')
      stores.stop()
      await page.tick(3500)
      expect(page.deployment.liveSockets).toEqual([])
    })

    it('unsubscribes when its effect scope is stopped', async () => {
      openPage()
      const { result, stop } = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      await page.tick()
      expect(result.status.value).toBe('success')
      page.takeFrames()
      stop()
      await page.tick(3500)
      expect(page.takeFrames()).toEqual(['-0'])
    })

    it('tracks changes of its arguments', async () => {
      openPage()
      const channel = ref('a')
      const { result } = page.run(() => useConvexQuery(api.messages.list, () => ({ channel: channel.value })))
      await page.tick()
      channel.value = 'b'
      await page.tick()
      expect(result.data.value).toEqual([{ _id: 'b-1', body: 'in b' }])
    })

    it('remains subscribed permanently if it has no effect scope', async () => {
      openPage()
      const query = page.app.runWithContext(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      await page.tick()
      expect(query.status.value).toBe('success')
    })

    it('throws PLUGIN_MISSING if the app does not use the plugin', async () => {
      openPage()
      const scope = effectScope()
      expect(() => scope.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))).toThrow(ConvueError)
      expect(() => scope.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))).toThrow(expect.objectContaining({
        code: 'PLUGIN_MISSING',
        why: expect.stringContaining('useConvexQuery'),
        fix: expect.stringContaining('app.use(createConvex('),
      }))
    })
  })

  describe('a component that unmounts while its query is pending', () => {
    it('leaves no subscription and no connection', async () => {
      const shown = ref(['one'])
      mountSwitch({ one: Messages }, shown, { lingerMs: 0 })
      page.deployment.latencyMs = 200
      await page.tick(100)
      const seen = shallowRef(0)
      watch(seen, () => {})
      shown.value = []
      await page.tick(1000)
      expect(page.deployment.liveSockets).toEqual([])
    })
  })
})
