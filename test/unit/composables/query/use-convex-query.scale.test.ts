import { useConvexMutation, useConvexQuery } from 'convue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick, ref, shallowRef, watch } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()
beforeEach(() => {
  page = new ScriptedPage({ lingerMs: 0 })
  page.deployment.functions.set('messages:list', ({ channel, limit }) => [{ _id: `${channel}-1`, body: `in ${channel} up to ${limit}` }])
})

describe('useConvexQuery', () => {
  describe('1,000 equal arguments in new objects', () => {
    it('cause no message and no rendering', async () => {
      const args = shallowRef({ channel: 'a', limit: 3 })
      const renders = vi.fn()
      page.mount(defineComponent(() => {
        const { data } = useConvexQuery(api.messages.list, args)
        return () => {
          renders(data.value)
          return h('p')
        }
      }))
      await page.tick()
      page.takeFrames()
      renders.mockClear()
      for (let index = 0; index < 1000; index++) {
        args.value = index % 2 ? { channel: 'a', limit: 3 } : { limit: 3, channel: 'a' }
        await nextTick()
      }
      await page.tick()
      expect(page.takeFrames()).toEqual([])
      expect(renders).not.toHaveBeenCalled()
    })
  })

  describe('1,000 new arguments', () => {
    it.each([1, 7])('never show data of previous arguments (changes per result: %i)', async (between) => {
      const channel = ref(0)
      const wrong: string[] = []
      let answered = 0
      page.mount(defineComponent(() => {
        const { data, status } = useConvexQuery(api.messages.list, () => ({ channel: `${channel.value}` }))
        const check = (): void => {
          const shown = data.value?.[0]?._id
          if (shown !== undefined)
            answered++
          if (shown !== (status.value === 'success' ? `${channel.value}-1` : undefined))
            wrong.push(`${shown} under ${channel.value}, ${status.value}`)
        }
        watch([data, status, channel], check, { flush: 'sync' })
        return () => {
          check()
          return h('p')
        }
      }))
      for (let next = 1; next <= 1000; next++) {
        channel.value = next
        await nextTick()
        if (next % between === 0)
          await page.tick(3)
      }
      await page.tick()
      expect(wrong).toEqual([])
      expect(answered).toBeGreaterThanOrEqual(Math.floor(1000 / between))
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(1)
    })
  })

  describe('the fields of one query', () => {
    it('change together, even for synchronous watchers of single fields', async () => {
      let value: unknown = 1
      page.deployment.functions.set('values:get', () => {
        if (value instanceof Error)
          throw value
        return value as any
      })
      page.deployment.functions.set('values:set', () => null)
      const isPaused = ref(false)
      const seen = new Set<string>()
      const { result } = page.run(() => {
        const query = useConvexQuery(api.values.get, () => isPaused.value ? null : {}, { transform: value => value * 2 })
        const { data, error, status, isPending, isPaused: isResting, isStale } = query
        const note = (): void => void seen.add([data.value, status.value, !!error.value, isPending.value, isResting.value, isStale.value].join(' '))
        for (const source of [isStale, isResting, isPending, status, error, data])
          watch(source, note, { flush: 'sync' })
        return useConvexMutation(api.values.set, { optimisticUpdate: (queries, args) => queries.setQuery(api.values.get, {}, args.value) })
      })
      await page.tick()
      void result.mutate({ value: undefined })
      await page.tick()
      value = new Error('broken')
      page.deployment.invalidate()
      await page.tick()
      value = 2
      page.deployment.invalidate()
      await page.tick()
      isPaused.value = true
      await page.tick()
      isPaused.value = false
      await page.tick()
      expect([...seen].sort()).toEqual([
        ' error true false false false',
        ' paused false false true false',
        ' pending false true false false',
        '2 success false false false false',
        '4 success false false false false',
      ])
    })
  })

  describe('one transition that changes many queries', () => {
    it('triggers watchers in the order in which the queries were created', async () => {
      let version = 1
      page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: `${channel}-1`, body: `version ${version}` }])
      const order: string[] = []
      page.run(() => {
        for (const channel of ['a', 'b', 'c'])
          watch(useConvexQuery(api.messages.list, { channel }).data, rows => order.push(`${channel} ${rows?.[0]?.body}`), { flush: 'sync' })
      })
      await page.tick()
      order.length = 0
      version = 2
      page.deployment.invalidate()
      await page.tick()
      expect(order).toEqual(['a version 2', 'b version 2', 'c version 2'])
    })
  })

  describe('the unmount of 1,000 components with a query', () => {
    it('leaves no subscription', async () => {
      page.deployment.isCoalescing = true
      page.deployment.functions.set('values:get', () => 1)
      // Keeps the connection open.
      page.run(() => useConvexQuery(api.values.get))
      const Reader = defineComponent({
        props: { index: { type: Number, required: true } },
        setup: (props) => {
          const { data } = useConvexQuery(api.messages.list, () => ({ channel: `${props.index}` }))
          return () => h('i', data.value?.[0]?._id)
        },
      })
      const isShown = ref(true)
      const wrapper = page.mount(defineComponent(() => () => h('main', isShown.value ? Array.from({ length: 1000 }, (_, index) => h(Reader, { key: index, index })) : [])))
      await page.tick()
      expect(wrapper.findAll('i').filter(element => element.text() !== '')).toHaveLength(1000)
      const [socket] = page.deployment.liveSockets
      expect(socket!.queries.size).toBe(1001)
      isShown.value = false
      await page.tick()
      expect([...socket!.queries.values()].map(({ name }) => name)).toEqual(['values:get'])
    })
  })
})
