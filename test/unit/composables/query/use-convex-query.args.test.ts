import type { QueryArgs } from 'convue'
import type { MaybeRefOrGetter } from 'vue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { computed, defineComponent, h, reactive, readonly, ref, shallowRef, toRefs, watch } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

type Args = QueryArgs<typeof api.messages.list>

let page: ScriptedPage
setupScriptedPage()

/** A query of messages on a page, and every state that a synchronous watcher saw. */
function mountMessages(args: MaybeRefOrGetter<Args>, options: Parameters<typeof useConvexQuery<typeof api.messages.list>>[2] = {}, pageOptions: ScriptedPageOptions = {}) {
  page = new ScriptedPage({ lingerMs: 0, ...pageOptions })
  page.deployment.functions.set('messages:list', ({ channel, limit }) => [{ _id: `${channel}-1`, body: `in ${channel}${limit === undefined ? '' : ` up to ${limit}`}` }])
  const { result, stop } = page.run(() => {
    const query = useConvexQuery(api.messages.list, args, options)
    const body = computed(() => query.data.value?.[0]?.body)
    const seen: unknown[] = []
    watch([body, query.status, query.isStale], ([body, status, isStale]) => seen.push(`${body} ${status}${isStale ? ' stale' : ''}`), { flush: 'sync', immediate: true })
    return { query, body, seen }
  })
  return { ...result, stop }
}

describe('useConvexQuery', () => {
  describe('arguments that pause the query', () => {
    it.each([
      ['undefined', undefined],
      ['null', null],
      ['\'skip\'', 'skip' as const],
    ])('send no message while they are %s, and subscribe when they have a value', async (_name, pause) => {
      const args = shallowRef<Args>(pause)
      const { query, body } = mountMessages(args)
      await page.tick()
      expect(page.deployment.sockets).toEqual([])
      expect(query.status.value).toBe('paused')
      expect(query.isPaused.value).toBe(true)
      expect(query.isPending.value).toBe(false)
      expect(query.data.value).toBeUndefined()

      args.value = { channel: 'a' }
      await page.tick()
      expect(body.value).toBe('in a')
      expect(query.status.value).toBe('success')
    })

    it.each([
      ['undefined', undefined],
      ['null', null],
      ['\'skip\'', 'skip' as const],
    ])('hide the data and unsubscribe when they become %s', async (_name, pause) => {
      const args = shallowRef<Args>({ channel: 'a' })
      const { query, seen } = mountMessages(args)
      await page.tick()
      page.takeFrames()
      args.value = pause
      expect(query.data.value).toBeUndefined()
      expect(query.isPaused.value).toBe(true)
      await page.tick()
      expect(seen).toEqual(['undefined pending', 'in a success', 'undefined paused'])
      expect(page.deployment.liveSockets.flatMap(socket => [...socket.queries])).toEqual([])
    })

    it('show the current result when they have a value again', async () => {
      const args = shallowRef<Args>({ channel: 'a' })
      const { body } = mountMessages(args)
      await page.tick()
      args.value = null
      await page.tick()
      page.deployment.functions.set('messages:list', () => [{ _id: 'a-2', body: 'changed meanwhile' }])
      args.value = { channel: 'a' }
      expect(body.value).toBeUndefined()
      await page.tick()
      expect(body.value).toBe('changed meanwhile')
    })

    it('include an `undefined` that is passed, but not arguments that are left out', async () => {
      page = new ScriptedPage({ lingerMs: 0 })
      page.deployment.functions.set('users:whoami', () => null)
      const { result } = page.run(() => ({
        leftOut: useConvexQuery(api.users.whoami),
        paused: useConvexQuery(api.users.whoami, undefined),
      }))
      await page.tick()
      expect(result.leftOut.status.value).toBe('success')
      expect(result.paused.status.value).toBe('paused')
    })
  })

  describe('equal arguments', () => {
    it('have no effect if they are in a new object', async () => {
      const args = shallowRef<Args>({ channel: 'a', limit: 3 })
      const { query, seen } = mountMessages(args)
      await page.tick()
      const data = query.data.value
      page.takeFrames()
      const before = [...seen]
      args.value = { channel: 'a', limit: 3 }
      await page.tick()
      args.value = { limit: 3, channel: 'a' }
      await page.tick()
      expect(page.takeFrames()).toEqual([])
      expect(seen).toEqual(before)
      expect(query.data.value).toBe(data)
    })

    it('are equal with and without a field that is `undefined`', async () => {
      const args = shallowRef<Args>({ channel: 'a' })
      mountMessages(args)
      await page.tick()
      page.takeFrames()
      args.value = { channel: 'a', limit: undefined }
      await page.tick()
      expect(page.takeFrames()).toEqual([])
    })

    it('are recognized in refs, getters, computed refs and reactive objects', async () => {
      page = new ScriptedPage()
      page.deployment.functions.set('messages:list', () => [])
      const { result } = page.run(() => [
        useConvexQuery(api.messages.list, { channel: 'a' }),
        useConvexQuery(api.messages.list, ref({ channel: 'a' })),
        useConvexQuery(api.messages.list, () => ({ channel: 'a' })),
        useConvexQuery(api.messages.list, computed(() => ({ channel: 'a' }))),
        useConvexQuery(api.messages.list, reactive({ channel: 'a' })),
      ])
      await page.tick()
      expect(result.map(({ status }) => status.value)).toEqual(Array.from({ length: 5 }).fill('success'))
      expect(page.takeFrames()).toEqual(['Connect', '+messages:list {"channel":"a"}'])
    })
  })

  describe('a change of arguments', () => {
    it('subscribes to the new query before it unsubscribes from the previous query', async () => {
      const args = shallowRef<Args>({ channel: 'a' })
      const { body } = mountMessages(args)
      await page.tick()
      expect(page.takeFrames()).toEqual(['Connect', '+messages:list {"channel":"a"}'])
      args.value = { channel: 'b' }
      await page.tick()
      expect(page.takeFrames()).toEqual(['+messages:list {"channel":"b"}', '-0'])
      expect(body.value).toBe('in b')
    })

    it('never shows the previous data under the new arguments', async () => {
      const channel = ref('a')
      const { seen, body } = mountMessages(() => ({ channel: channel.value }))
      await page.tick()
      channel.value = 'b'
      expect(body.value).toBeUndefined()
      await page.tick()
      expect(seen).toEqual(['undefined pending', 'in a success', 'undefined pending', 'in b success'])
    })

    it('never shows a late result of the previous arguments', async () => {
      const channel = ref('a')
      const { seen } = mountMessages(() => ({ channel: channel.value }))
      await page.tick(0)
      page.deployment.latencyMs = 100
      await page.tick(50)
      channel.value = 'b'
      await page.tick(50)
      channel.value = 'c'
      await page.tick(500)
      expect(seen).not.toContain('in b success')
      expect(seen.at(-1)).toBe('in c success')
    })

    it('shows the result at once if another component uses the same query', async () => {
      const channel = ref('a')
      const { seen, body } = mountMessages(() => ({ channel: channel.value }))
      page.run(() => useConvexQuery(api.messages.list, { channel: 'b' }))
      await page.tick()
      page.takeFrames()
      channel.value = 'b'
      await page.tick(0)
      expect(body.value).toBe('in b')
      expect(seen.slice(2)).toEqual(['undefined pending', 'in b success'])
      await page.tick()
      expect(page.takeFrames()).toEqual(['-0'])
    })

    it('sends no message if it is reverted in the same tick', async () => {
      const channel = ref('a')
      const { body } = mountMessages(() => ({ channel: channel.value }))
      await page.tick()
      page.takeFrames()
      channel.value = 'b'
      channel.value = 'a'
      expect(body.value).toBe('in a')
      await page.tick()
      expect(page.takeFrames()).toEqual([])
    })

    it('is noticed if it is made in a field of a reactive object', async () => {
      const args = reactive({ channel: 'a' })
      const { body } = mountMessages(args)
      await page.tick()
      args.channel = 'b'
      await page.tick()
      expect(body.value).toBe('in b')
    })
  })

  describe('an object of arguments', () => {
    it('is tracked if it is the props of a component', async () => {
      page = new ScriptedPage({ lingerMs: 0 })
      page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: '1', body: `in ${channel}` }])
      const channel = ref('a')
      const Messages = defineComponent({
        props: { channel: { type: String, required: true } },
        setup(props) {
          const { data } = useConvexQuery(api.messages.list, props)
          return () => h('p', data.value?.[0]?.body)
        },
      })
      const wrapper = page.mount(defineComponent(() => () => h(Messages, { channel: channel.value })))
      await page.tick()
      channel.value = 'b'
      await page.tick()
      expect(wrapper.text()).toBe('in b')
    })

    it('is tracked even if it is a readonly() proxy', async () => {
      const args = reactive({ channel: 'a' })
      const { body } = mountMessages(readonly(args))
      await page.tick()
      args.channel = 'b'
      await page.tick()
      expect(body.value).toBe('in b')
    })

    it('is read only once if it is a plain object', async () => {
      const channel = ref('a')
      const plain = { get channel() {
        return channel.value
      } }
      const { body } = mountMessages(plain)
      await page.tick()
      page.takeFrames()
      channel.value = 'b'
      await page.tick()
      expect(body.value).toBe('in a')
      expect(page.takeFrames()).toEqual([])
    })

    it('sets `error` to ARGS_INVALID if refs are nested in its fields', async () => {
      const { query } = mountMessages({ channel: toRefs(reactive({ name: 'a' })) } as any)
      expect(query.error.value).toMatchObject({ code: 'ARGS_INVALID' })
      await page.tick()
      expect(page.deployment.sockets).toEqual([])
    })
  })

  describe('arguments that the app mutates', () => {
    it('do not change the arguments of a subscription that another component shares', async () => {
      const filter = reactive({ channel: 'a' })
      mountMessages(filter)
      const { result: other } = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      await page.tick()
      filter.channel = 'b'
      await page.tick()
      expect(other.data.value![0]!.body).toBe('in a')

      void other.refresh()
      await page.tick()
      expect(other.data.value![0]!.body).toBe('in a')

      page.deployment.drop()
      await page.tick(5000)
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(2)
      expect(other.data.value![0]!.body).toBe('in a')
    })
  })

  describe('keepPreviousData', () => {
    it('shows the previous data as stale until the new result arrives', async () => {
      const channel = ref('a')
      const { seen, query } = mountMessages(() => ({ channel: channel.value }), { keepPreviousData: true })
      await page.tick()
      channel.value = 'b'
      expect(query.isPending.value).toBe(true)
      expect(query.isStale.value).toBe(true)
      await page.tick()
      expect(seen).toEqual(['undefined pending', 'in a success', 'in a pending stale', 'in b success'])
    })

    it('keeps the previous data through several changes', async () => {
      const channel = ref('a')
      const { seen } = mountMessages(() => ({ channel: channel.value }), { keepPreviousData: true })
      await page.tick()
      page.deployment.latencyMs = 100
      for (const next of ['b', 'c', 'd']) {
        channel.value = next
        await page.tick(20)
      }
      await page.tick(500)
      expect(seen).toEqual(['undefined pending', 'in a success', 'in a pending stale', 'in d success'])
    })

    it('removes the previous data if the new arguments pause the query, or if the query fails', async () => {
      const args = shallowRef<Args>({ channel: 'a' })
      const { query } = mountMessages(args, { keepPreviousData: true })
      await page.tick()
      args.value = 'skip'
      await page.tick()
      expect(query.data.value).toBeUndefined()
      expect(query.isStale.value).toBe(false)
      args.value = { channel: 'b' }
      expect(query.data.value).toBeUndefined()
      await page.tick()
      page.deployment.functions.set('messages:list', () => {
        throw new Error('no such channel')
      })
      args.value = { channel: 'c' }
      expect(query.data.value).toEqual([{ _id: 'b-1', body: 'in b' }])
      await page.tick()
      expect(query.data.value).toBeUndefined()
      expect(query.error.value).toBeInstanceOf(Error)
    })
  })

  describe('initialData', () => {
    it('is shown as stale until the first result arrives', async () => {
      const { seen } = mountMessages({ channel: 'a' }, { initialData: [{ _id: '0', body: 'from before' }] } as any)
      await page.tick()
      expect(seen).toEqual(['from before success stale', 'in a success'])
    })

    it('remains for equal arguments in a new object, and is removed for other arguments', async () => {
      const args = shallowRef<Args>({ channel: 'a' })
      const { query, seen } = mountMessages(args, { initialData: [{ _id: '0', body: 'of a' }] } as any)
      args.value = { channel: 'a' }
      expect(query.data.value).toEqual([{ _id: '0', body: 'of a' }])
      args.value = { channel: 'b' }
      expect(query.data.value).toBeUndefined()
      await page.tick()
      expect(seen).toEqual(['of a success stale', 'undefined pending', 'in b success'])
    })

    it('sets the status to `success`, even with keepPreviousData', async () => {
      const { seen } = mountMessages({ channel: 'a' }, { initialData: [{ _id: '0', body: 'from before' }], keepPreviousData: true } as any)
      await page.tick()
      expect(seen).toEqual(['from before success stale', 'in a success'])
    })
  })
})
