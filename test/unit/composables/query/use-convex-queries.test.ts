import type { VueWrapper } from '@vue/test-utils'
import type { MaybeRefOrGetter, Ref } from 'vue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useConvexQueries, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { computed, defineComponent, h, KeepAlive, nextTick, onBeforeUnmount, proxyRefs, reactive, ref, shallowRef, Suspense, toRefs, toValue, unref, watch } from 'vue'
import { expectConsole } from '../../../support/environment/console-guard.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

type Item = { query: typeof api.messages.list, args: { channel: string } | undefined | null | 'skip' } | undefined | null | 'skip'

let page: ScriptedPage
setupScriptedPage()

function openPage(options: ScriptedPageOptions = {}): ScriptedPage {
  page = new ScriptedPage({ lingerMs: 0, ...options })
  page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: `${channel}-1`, body: `in ${channel}` }])
  page.deployment.functions.set('messages:count', ({ channel }) => channel.length)
  page.deployment.functions.set('users:whoami', (_args, subject) => subject)
  // Keeps the connection open.
  page.run(() => useConvexQuery(api.users.whoami, {}, { auth: 'public' }))
  return page
}

function list(channel: string): { query: typeof api.messages.list, args: { channel: string } } {
  return { query: api.messages.list, args: { channel } }
}

async function mountRecord<Queries extends Record<string, Item>>(queries: MaybeRefOrGetter<Queries>) {
  openPage()
  const mounted = page.run(() => useConvexQueries<{ [key: string]: typeof api.messages.list }>(queries))
  await page.tick()
  page.takeFrames()
  return { results: mounted.result, stop: mounted.stop }
}

describe('useConvexQueries', () => {
  describe('an error', () => {
    it('triggers no watcher if the query fails again with another request id', async () => {
      const { results } = await mountRecord({ a: list('a') })
      let requests = 0
      page.deployment.functions.set('messages:list', () => {
        throw new Error(`[Request ID: ${++requests}] Server Error\nUncaught Error: a failure`)
      })
      page.deployment.invalidate()
      await page.tick()
      const notified = vi.fn()
      page.run(() => watch(() => [results.a!.error, results.a!.status, results.a!.data], notified, { flush: 'sync', deep: true }))
      expect(results.a!.error!.message).toContain('a failure')
      page.deployment.invalidate()
      await page.tick()
      expect(requests).toBeGreaterThan(1)
      expect(notified).not.toHaveBeenCalled()
    })
  })

  describe('the record', () => {
    it('contains a result for each query, and its queries share one connection', async () => {
      openPage()
      const { result: results } = page.run(() => useConvexQueries({
        a: list('a'),
        count: { query: api.messages.count, args: { channel: 'abc' } },
        who: { query: api.users.whoami },
      }))
      expect(results.a).toMatchObject({ data: undefined, status: 'pending', isPending: true, isPaused: false, isStale: false, error: undefined })
      await page.tick()
      expect(results.a).toMatchObject({ data: [{ _id: 'a-1', body: 'in a' }], status: 'success', isPending: false, isStale: false })
      expect(results.count.data).toBe(3)
      expect(results.who.data).toBeNull()
      expect(Object.keys(results)).toEqual(['a', 'count', 'who'])
      expect(page.deployment.liveSockets).toHaveLength(1)
    })

    it('is unwrapped in a template, which renders every change', async () => {
      openPage()
      const wrapper = page.mount(defineComponent({
        setup: () => ({ results: useConvexQueries({ a: list('a'), b: list('b') }) }),
        template: '<i v-for="(result, key) in results" :key="key">{{ key }}: {{ result.data?.[0]?.body ?? result.status }}</i>',
      }))
      expect(wrapper.text()).toBe('a: pendingb: pending')
      await page.tick()
      expect(wrapper.text()).toBe('a: in ab: in b')
    })

    it('contains the data itself, and not a reactive proxy of the data', async () => {
      const { results } = await mountRecord({ a: list('a') })
      const { result: same } = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      expect(results.a!.data).toBe(same.data.value)
    })

    it('is read-only', async () => {
      const { results } = await mountRecord({ a: list('a') })
      Object.assign(results, { b: 1 })
      expectConsole(/"b" failed: target is readonly/)
      expect(() => Object.assign(results.a!, { data: [] })).toThrow(TypeError)
      expect(Object.keys(results)).toEqual(['a'])
      expect(results.a!.data).toEqual([{ _id: 'a-1', body: 'in a' }])
    })

    it('has a separate error and a separate refresh() for each query', async () => {
      const { results } = await mountRecord({ a: list('a'), b: list('b') })
      page.deployment.functions.set('messages:list', ({ channel }) => {
        if (channel === 'a')
          throw new Error('no such channel')
        return [{ _id: `${channel}-1`, body: `in ${channel}` }]
      })
      void results.a!.refresh()
      await page.tick()
      expect(results.a).toMatchObject({ status: 'error', error: expect.objectContaining({ message: expect.stringContaining('no such channel') }), data: undefined })
      expect(results.b!.data).toEqual([{ _id: 'b-1', body: 'in b' }])
      expect(page.takeFrames()).toEqual(['-1', '+messages:list {"channel":"a"}'])
    })

    it('applies `auth` to each query separately', async () => {
      openPage({ user: 'ada' })
      const { result: results } = page.run(() => useConvexQueries({
        mine: { query: api.users.whoami, auth: 'required' },
        publicQuery: { query: api.users.whoami, auth: 'public' },
      }))
      await page.tick()
      expect([results.mine.data, results.publicQuery.data]).toEqual(['ada', null])
      page.source.report({ status: 'signedOut' })
      expect([results.mine.data, results.mine.status, results.publicQuery.data]).toEqual([undefined, 'paused', null])
    })

    it('applies keepPreviousData to each query separately', async () => {
      const channel = ref('a')
      openPage()
      const { result: results } = page.run(() => useConvexQueries(() => ({
        kept: { ...list(channel.value), keepPreviousData: true },
        plain: list(channel.value),
      })))
      await page.tick()
      expect(results.kept.data).toEqual(results.plain.data)
      channel.value = 'b'
      await nextTick()
      expect(results.kept).toMatchObject({ data: [{ body: 'in a' }], isStale: true })
      expect(results.plain.data).toBeUndefined()
    })

    it('applies keepDataOnError to each query separately', async () => {
      openPage()
      const { result: results } = page.run(() => useConvexQueries({ kept: { ...list('a'), keepDataOnError: true }, plain: list('a') }))
      await page.tick()
      expect(results.kept.data).toEqual(results.plain.data)
      page.deployment.functions.set('messages:list', () => {
        throw new Error('revoked')
      })
      page.deployment.invalidate()
      await page.tick()
      expect(results.kept).toMatchObject({ data: [{ body: 'in a' }], status: 'error', isStale: true })
      expect(results.plain).toMatchObject({ data: undefined, status: 'error', isStale: false })
    })
  })

  describe('the record as a ref', () => {
    it('triggers watch when its keys change', async () => {
      const record = shallowRef<Record<string, Item>>({ a: list('a') })
      const { results } = await mountRecord(record)
      const seen: string[] = []
      page.run(() => watch(results, now => seen.push(Object.entries(now).map(([key, { status }]) => `${key} ${status}`).join()), { flush: 'sync' }))
      record.value = { a: list('a'), b: undefined }
      await page.tick()
      record.value = { a: list('a'), b: list('b') }
      await page.tick()
      record.value = { b: list('b') }
      await page.tick()
      record.value = { b: list('b') }
      await page.tick()
      expect(seen).toEqual(['a success,b paused', 'a success,b pending', 'b success'])
    })

    it('triggers a deep watch when its results change', async () => {
      const { results } = await mountRecord({ a: list('a') })
      const seen: unknown[] = []
      page.run(() => watch(results, ({ a }) => seen.push(a!.data?.[0]?.body), { deep: true }))
      page.deployment.functions.set('messages:list', () => [{ _id: '1', body: 'new' }])
      page.deployment.invalidate()
      await page.tick()
      expect(seen).toEqual(['new'])
    })

    it('can be turned into refs of its results with toRefs', async () => {
      const { results } = await mountRecord({ a: list('a'), b: undefined as Item })
      const { a, b } = toRefs(results)
      expect([a!.value.data, b!.value.status]).toEqual([[{ _id: 'a-1', body: 'in a' }], 'paused'])
    })

    it('contains the same results after Vue has unwrapped it', async () => {
      const { results } = await mountRecord({ a: list('a') })
      const unwrapped = [unref(results), toValue(results), reactive({ results }).results, proxyRefs({ results }).results, await results]
      for (const record of unwrapped) {
        expect(Object.keys(record)).toEqual(['a'])
        expect(record.a!.data).toBe(results.a!.data)
      }
    })

    it('renders a component only if a query that the component reads has changed', async () => {
      const record = shallowRef<Record<string, Item>>({ a: list('a') })
      const { results } = await mountRecord(record)
      const render = vi.fn(() => h('p', results.a!.data![0]!.body))
      page.mount(defineComponent(() => render))
      record.value = { a: list('a'), b: list('b') }
      await page.tick()
      expect(results.b!.data).toBeDefined()
      expect(render).toHaveBeenCalledOnce()
    })
  })

  describe('a key', () => {
    it.each(['then', 'value'])('cannot be `%s`, which is reserved for the record itself', (key) => {
      openPage()
      expect(() => page.run(() => useConvexQueries({ [key]: list('a') }))).toThrow(expect.objectContaining({ code: 'QUERY_KEY_RESERVED', message: expect.stringContaining(`\`${key}\``) }))
    })

    it('can be any other name, even a name that Vue or `Object` uses', async () => {
      const { results } = await mountRecord({ effect: list('a'), dep: list('b'), constructor: list('c'), then_: undefined as Item })
      expect(['effect', 'dep', 'constructor'].map(key => results[key]!.data?.[0]?.body)).toEqual(['in a', 'in b', 'in c'])
    })
  })

  describe('a key that is added', () => {
    it('subscribes to its query, and does not affect the other keys', async () => {
      const record = shallowRef<Record<string, Item>>({ a: list('a') })
      const { results } = await mountRecord(record)
      const a = results.a
      const renders = vi.fn()
      page.run(() => watch(() => results.a?.data, renders, { flush: 'sync' }))
      record.value = { a: list('a'), b: list('b') }
      await page.tick()
      expect(results.b!.data).toEqual([{ _id: 'b-1', body: 'in b' }])
      expect(results.a).toBe(a)
      expect(renders).not.toHaveBeenCalled()
      expect(page.takeFrames()).toEqual(['+messages:list {"channel":"b"}'])
    })

    it('subscribes to its query if it is added to a reactive object', async () => {
      const record = reactive<Record<string, Item>>({ a: list('a') })
      const { results } = await mountRecord(record)
      record.b = list('b')
      await page.tick()
      expect(results.b!.data).toEqual([{ _id: 'b-1', body: 'in b' }])
      delete record.a
      await page.tick()
      expect(Object.keys(results)).toEqual(['b'])
    })

    it('shows the result at once if another component uses the same query', async () => {
      const record = shallowRef<Record<string, Item>>({})
      const { results } = await mountRecord(record)
      page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      await page.tick()
      page.takeFrames()
      record.value = { a: list('a') }
      await nextTick()
      expect(results.a!.data).toEqual([{ _id: 'a-1', body: 'in a' }])
      expect(page.takeFrames()).toEqual([])
    })
  })

  describe('a key that is removed', () => {
    it('loses its data in the same tick, and unsubscribes from its query', async () => {
      const record = shallowRef<Record<string, Item>>({ a: list('a'), b: list('b') })
      const { results } = await mountRecord(record)
      const b = results.b!
      record.value = { a: list('a') }
      expect(results.b?.data).toBeUndefined()
      expect(b.data).toBeUndefined()
      await nextTick()
      expect(Object.keys(results)).toEqual(['a'])
      expect('b' in results).toBe(false)
      await page.tick()
      expect(page.takeFrames()).toEqual(['-2'])
    })

    it('keeps its subscription for lingerMs, as useConvexQuery does', async () => {
      openPage()
      const record = shallowRef<Record<string, Item & { lingerMs: number }>>({ a: { ...list('a'), lingerMs: 2000 } })
      page.run(() => useConvexQueries<{ [key: string]: typeof api.messages.list }>(record))
      await page.tick()
      page.takeFrames()
      record.value = {}
      await page.tick(1900)
      expect(page.takeFrames()).toEqual([])
      await page.tick(200)
      expect(page.takeFrames()).toEqual(['-1'])
    })

    it('leaves no reactive effect, however often it is added again and removed', async () => {
      const isThere = ref(true)
      const args = vi.fn(() => ({ channel: 'a' }))
      openPage()
      const { result: results } = page.run(() => useConvexQueries(() => ({ ...isThere.value ? { a: { query: api.messages.list, args } } : {} })))
      const calls: number[] = []
      for (let visit = 0; visit < 20; visit++) {
        args.mockClear()
        isThere.value = false
        await page.tick()
        isThere.value = true
        await page.tick()
        calls.push(args.mock.calls.length)
      }
      expect(results.a!.status).toBe('success')
      expect(calls.at(-1)).toBe(calls[1])
    })

    it('sends no message and keeps its result if it is added again in the same tick', async () => {
      const record = shallowRef<Record<string, Item>>({ a: list('a') })
      const { results } = await mountRecord(record)
      const a = results.a
      record.value = {}
      record.value = { a: list('a') }
      await page.tick()
      expect(results.a).toBe(a)
      expect(page.takeFrames()).toEqual([])
    })
  })

  describe('a key whose query is paused', () => {
    it.each([
      ['undefined', undefined],
      ['null', null],
      ['\'skip\'', 'skip' as const],
      ['arguments that are undefined', { query: api.messages.list, args: undefined }],
      ['arguments that are null', { query: api.messages.list, args: null }],
      ['arguments that are \'skip\'', { query: api.messages.list, args: 'skip' as const }],
    ])('has no data and sends no message until it has arguments again: %s', async (_name, pause) => {
      const record = shallowRef<Record<string, Item>>({ a: list('a') })
      const { results } = await mountRecord(record)
      record.value = { a: pause }
      expect(results.a).toMatchObject({ data: undefined, isPaused: true, status: 'paused' })
      await page.tick()
      expect(results.a).toMatchObject({ data: undefined, isPaused: true, status: 'paused', isPending: false })
      await expect(results.a!.refresh()).resolves.toBeUndefined()
      expect(page.takeFrames()).toEqual(['-1'])
      record.value = { a: list('a') }
      await page.tick()
      expect(results.a!.data).toEqual([{ _id: 'a-1', body: 'in a' }])
    })
  })

  describe('a key with changed arguments', () => {
    it('removes the previous data from its result object, and subscribes before it unsubscribes', async () => {
      const channel = ref('a')
      const { results } = await mountRecord(() => ({ a: list('x'), moving: list(channel.value) }))
      const { a, moving } = results
      const seen: unknown[] = []
      page.run(() => watch(() => `${results.moving?.data?.[0]?.body} ${results.moving?.status}`, now => seen.push(now), { flush: 'sync' }))
      channel.value = 'b'
      expect(results.moving!.data).toBeUndefined()
      await page.tick()
      expect(seen).toEqual(['undefined pending', 'in b success'])
      expect(results.moving).toBe(moving)
      expect(results.a).toBe(a)
      expect(page.takeFrames()).toEqual(['+messages:list {"channel":"b"}', '-2'])
    })

    it('tracks arguments that are a getter', async () => {
      const channel = ref('a')
      openPage()
      const { result: results } = page.run(() => useConvexQueries({ moving: { query: api.messages.list, args: () => ({ channel: channel.value }) } }))
      await page.tick()
      channel.value = 'b'
      await page.tick()
      expect(results.moving.data).toEqual([{ _id: 'b-1', body: 'in b' }])
    })
  })

  describe('a key with a changed query', () => {
    it('never shows the previous data, and subscribes before it unsubscribes', async () => {
      openPage()
      const isCount = ref(false)
      const { result: results } = page.run(() => useConvexQueries<{ a: any, b: any }>(() => ({
        a: { query: isCount.value ? api.messages.count : api.messages.list, args: { channel: 'a' } },
        b: list('b'),
      })))
      await page.tick()
      page.takeFrames()
      const { b } = results
      isCount.value = true
      expect(results.a.data).toBeUndefined()
      await nextTick()
      expect(results.a).toMatchObject({ data: undefined, status: 'pending' })
      await page.tick()
      expect(results.a.data).toBe(1)
      expect(results.b).toBe(b)
      expect(page.takeFrames()).toEqual(['+messages:count {"channel":"a"}', '-1'])
    })

    it('runs another query if its option `auth` or `live` changes', async () => {
      openPage({ user: 'ada' })
      const options = shallowRef<{ auth?: 'optional' | 'public', live?: boolean }>({})
      const { result: results } = page.run(() => useConvexQueries(() => ({ who: { query: api.users.whoami, ...options.value } })))
      await page.tick()
      expect(results.who.data).toBe('ada')
      const { who } = results
      options.value = { auth: 'optional', live: true }
      await page.tick()
      expect(results.who).toBe(who)
      options.value = { live: false }
      await page.tick()
      expect(results.who.data).toBe('ada')
      expect(page.deployment.liveSockets.map(socket => socket.queries.size).sort()).toEqual([0, 1])
      options.value = { auth: 'public' }
      expect(results.who.data).toBeUndefined()
      await page.tick()
      expect(results.who.data).toBeNull()
    })
  })

  describe('two keys whose results change in one transition', () => {
    it('change together, even for a synchronous watcher', async () => {
      openPage()
      let value = 1
      page.deployment.functions.set('values:get', () => value)
      page.deployment.functions.set('values:other', () => value * 2)
      const seen: string[] = []
      const renders: string[] = []
      page.mount(defineComponent(() => {
        const results = useConvexQueries({ one: { query: api.values.get }, two: { query: api.values.other } })
        const text = (): string => `${results.one.data} ${results.one.status} ${results.two.data} ${results.two.status}`
        watch(() => results.two.data, () => seen.push(text()), { flush: 'sync' })
        watch(() => results.one.data, () => seen.push(text()), { flush: 'sync' })
        return () => {
          renders.push(text())
          return h('p')
        }
      }))
      await page.tick()
      page.takeFrames()
      value = 5
      page.deployment.invalidate()
      await page.tick()
      expect(renders).toEqual(['undefined pending undefined pending', '1 success 2 success', '5 success 10 success'])
      expect(new Set(seen)).toEqual(new Set(['1 success 2 success', '5 success 10 success']))
    })
  })

  describe('await', () => {
    it('resolves when each query has a result or an error, and never rejects', async () => {
      openPage()
      page.deployment.latencyMs = 50
      page.deployment.functions.set('messages:count', () => {
        throw new Error('broken')
      })
      const settled = vi.fn()
      const { result: results } = page.run(() => useConvexQueries({ a: list('a'), broken: { query: api.messages.count, args: { channel: 'a' } }, paused: { query: api.messages.list, args: 'skip' }, none: 'skip' as 'skip' | ReturnType<typeof list> }))
      void results.then(settled)
      await page.tick(40)
      expect(settled).not.toHaveBeenCalled()
      await page.tick(100)
      const awaited = settled.mock.calls[0]![0] as Awaited<typeof results>
      expect(awaited.a.data).toEqual([{ _id: 'a-1', body: 'in a' }])
      expect(awaited.broken.status).toBe('error')
      expect(Reflect.get(awaited, 'then')).toBeUndefined()
    })

    it('resolves at once if no query is pending', async () => {
      openPage()
      const settled = vi.fn()
      void page.run(() => useConvexQueries({})).result.then(settled)
      await Promise.resolve()
      await page.tick(0)
      expect(settled).toHaveBeenCalled()
    })

    it('resolves after awaitTimeoutMs, and when its scope is stopped', async () => {
      openPage()
      page.deployment.isHolding = true
      const settled = vi.fn()
      void page.run(() => useConvexQueries({ a: list('a') }, { awaitTimeoutMs: 100 })).result.then(() => settled('timeout'))
      const { result, stop } = page.run(() => useConvexQueries({ a: list('a') }))
      void result.then(() => settled('stopped'))
      await page.tick(90)
      expect(settled).not.toHaveBeenCalled()
      await page.tick(20)
      expect(settled.mock.calls).toEqual([['timeout']])
      stop()
      await page.tick(0)
      expect(settled.mock.calls).toEqual([['timeout'], ['stopped']])
    })

    it('waits for public queries, but not for queries whose user has no token', async () => {
      openPage({ user: 'silent' })
      page.source.answer = () => ({ kind: 'failed', error: new Error('down') })
      page.source.report({ status: 'signedIn', userId: 'ada', sessionId: 's', user: {}, session: {} })
      page.deployment.latencyMs = 500
      const settled = vi.fn()
      void page.run(() => useConvexQueries({ mine: { query: api.users.whoami, auth: 'required' } })).result.then(() => settled('mine'))
      void page.run(() => useConvexQueries({ mine: { query: api.users.whoami, auth: 'required' }, a: { ...list('a'), auth: 'public' } })).result.then(() => settled('both'))
      await page.tick(20)
      expect(settled.mock.calls).toEqual([['mine']])
      await page.tick(2000)
      expect(settled.mock.calls).toEqual([['mine'], ['both']])
    })

    it('suspends a component below Suspense until all results have arrived', async () => {
      openPage()
      const Later = defineComponent({
        async setup() {
          const results = await useConvexQueries({ a: list('a'), b: list('b') })
          return () => h('p', `${results.a.data![0]!.body}, ${results.b.data![0]!.body}`)
        },
      })
      const wrapper = page.mount(defineComponent(() => () => h(Suspense, null, { default: () => h(Later), fallback: () => h('i', 'waiting') })))
      expect(wrapper.text()).toBe('waiting')
      await page.tick()
      expect(wrapper.text()).toBe('in a, in b')
    })
  })

  describe('a component that unmounts', () => {
    it('leaves no subscription', async () => {
      openPage()
      const isShown = ref(true)
      const Rows = defineComponent(() => {
        const record = ref(['a'])
        const results = useConvexQueries(() => Object.fromEntries(record.value.map(channel => [channel, list(channel)])))
        return () => h('p', { onClick: () => record.value = ['a', 'b', 'c'] }, Object.keys(results).join())
      })
      const wrapper = page.mount(defineComponent(() => () => isShown.value ? h(Rows) : null))
      await page.tick()
      // Queries that are added later belong to the same component.
      await wrapper.get('p').trigger('click')
      await page.tick()
      expect(wrapper.text()).toBe('a,b,c')
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(4)
      isShown.value = false
      await page.tick()
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(1)
    })
  })

  describe('a component in a KeepAlive', () => {
    const events: string[] = []
    const Row = defineComponent({
      props: { body: String },
      setup(props) {
        events.push(props.body!)
        onBeforeUnmount(() => events.push(`no ${props.body}`))
        return () => h('p', props.body)
      },
    })
    const channels = ref(['a', 'b'])
    const Kept = defineComponent(() => {
      const results = useConvexQueries(() => Object.fromEntries(channels.value.map(channel => [channel, list(channel)])))
      return () => h('section', Object.entries(results).map(([key, { data }]) => data ? h(Row, { key, body: data[0]?.body }) : 'loading'))
    })
    const Other = defineComponent(() => () => h('section', 'elsewhere'))

    async function mountKept(): Promise<{ wrapper: VueWrapper, isKept: Ref<boolean> }> {
      events.length = 0
      channels.value = ['a', 'b']
      openPage({ lingerMs: 3000 })
      const isKept = ref(true)
      const wrapper = page.mount(defineComponent(() => () => h(KeepAlive, () => h(isKept.value ? Kept : Other))))
      await page.tick()
      page.takeFrames()
      return { wrapper, isKept }
    }

    it('unsubscribes after lingerMs, and sends no message for changes while it is deactivated', async () => {
      const { isKept } = await mountKept()
      isKept.value = false
      await page.tick(2900)
      expect(page.takeFrames()).toEqual([])
      channels.value = ['a', 'c']
      await page.tick(200)
      expect(page.takeFrames()).toEqual(['-1', '-2'])
    })

    it('is not rendered again if it is activated while its queries linger', async () => {
      const { wrapper, isKept } = await mountKept()
      isKept.value = false
      await page.tick(1000)
      isKept.value = true
      await page.tick(10_000)
      expect(wrapper.text()).toBe('in ain b')
      expect(events.sort()).toEqual(['in a', 'in b'])
      expect(page.takeFrames()).toEqual([])
    })

    it('subscribes to the current queries of the record when it is activated later', async () => {
      const { wrapper, isKept } = await mountKept()
      isKept.value = false
      await page.tick(5000)
      channels.value = ['b', 'c']
      await page.tick()
      page.takeFrames()
      isKept.value = true
      await page.tick()
      expect(wrapper.text()).toBe('in bin c')
      expect(page.takeFrames()).toEqual(['+messages:list {"channel":"b"}', '+messages:list {"channel":"c"}'])
      isKept.value = false
      await page.tick(5000)
      expect(page.takeFrames()).toEqual(['-3', '-4'])
    })
  })

  describe('a record of 1,000 queries', () => {
    it('sends one message for all queries, and a change of one key affects no other key', async () => {
      openPage()
      page.deployment.isCoalescing = true
      const channels = shallowRef(Array.from({ length: 1000 }, (_, index) => `channel-${index}`))
      const { result: results, stop } = page.run(() => useConvexQueries(() => Object.fromEntries(channels.value.map(channel => [channel, list(channel)]))))
      const sum = page.run(() => computed(() => Object.values(results).filter(({ data }) => data).length)).result
      await page.tick()
      expect(sum.value).toBe(1000)
      expect(page.takeFrames()).toHaveLength(2)
      const before = { ...results }
      channels.value = [...channels.value.slice(1), 'one more']
      await page.tick()
      expect(page.takeFrames()).toEqual(['+messages:list {"channel":"one more"}', '-1'])
      expect(Object.keys(results)).toHaveLength(1000)
      expect(Object.keys(before).filter(key => results[key] !== before[key])).toEqual(['channel-0'])
      stop()
      await page.tick()
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(1)
    })
  })
})
