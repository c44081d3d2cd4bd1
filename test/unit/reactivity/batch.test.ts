import { useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { computed, defineComponent, effect, h, nextTick, shallowRef, watch } from 'vue'
import { batch } from '../../../src/reactivity/batch.ts'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

setupScriptedPage()

describe('batch', () => {
  describe('two queries that one mutation changes', () => {
    let page: ScriptedPage

    /** A query for a value and a query for its double. */
    function mountPair() {
      let value = 1
      page = new ScriptedPage()
      page.deployment.functions.set('values:get', () => value)
      page.deployment.functions.set('values:other', () => value * 2)
      page.deployment.functions.set('values:set', ({ value: next }) => {
        value = next
        return null
      })
    }

    it('render a component once', async () => {
      mountPair()
      const renders: string[] = []
      page.mount(defineComponent(() => {
        const one = useConvexQuery(api.values.get)
        const two = useConvexQuery(api.values.other)
        const { mutate } = useConvexMutation(api.values.set)
        return () => {
          renders.push(`${one.data.value} ${two.data.value}`)
          return h('button', { onClick: () => mutate({ value: 5 }) })
        }
      }))
      await page.tick()
      document.querySelector('button')!.click()
      await page.tick()
      expect(renders).toEqual(['undefined undefined', '1 2', '5 10'])
    })

    it('never show a mixture of old and new data to synchronous watchers or computed refs', async () => {
      mountPair()
      const seen: string[] = []
      const { mutate } = page.run(() => {
        // The queries are subscribed in one order and read in the other.
        const one = useConvexQuery(api.values.get)
        const two = useConvexQuery(api.values.other)
        const sum = computed(() => (two.data.value ?? 0) + (one.data.value ?? 0))
        const isConsistent = computed(() => two.data.value === undefined || two.data.value === one.data.value * 2)
        const deeper = computed(() => `${sum.value} ${isConsistent.value}`)
        const note = (): void => void seen.push(`${one.data.value} ${two.data.value} ${deeper.value}`)
        watch(one.data, note, { flush: 'sync' })
        watch(two.data, note, { flush: 'sync' })
        watch([sum, two.data, one.data], note, { flush: 'sync' })
        watch(deeper, note, { flush: 'sync' })
        return useConvexMutation(api.values.set)
      }).result
      await page.tick()
      void mutate({ value: 5 })
      await page.tick()
      expect(new Set(seen)).toEqual(new Set(['1 2 3 true', '5 10 15 true']))
    })

    it('never show a mixture of old and new data with keepPreviousData and transform', async () => {
      mountPair()
      const seen: string[] = []
      const { mutate } = page.run(() => {
        const one = useConvexQuery(api.values.get, {}, { keepPreviousData: true })
        const two = useConvexQuery(api.values.other, {}, { transform: value => value / 2 })
        watch([one.data, two.data], values => seen.push(values.join(' ')), { flush: 'sync' })
        return useConvexMutation(api.values.set)
      }).result
      await page.tick()
      void mutate({ value: 5 })
      await page.tick()
      expect(seen).toEqual(['1 1', '5 5'])
    })

    it('change together in an optimistic update and its roll-back', async () => {
      mountPair()
      page.deployment.functions.set('values:set', () => {
        throw new Error('refused')
      })
      const seen: string[] = []
      const { mutate } = page.run(() => {
        const one = useConvexQuery(api.values.get)
        const two = useConvexQuery(api.values.other)
        watch([one.data, two.data], values => seen.push(values.join(' ')), { flush: 'sync' })
        return useConvexMutation(api.values.set, {
          optimisticUpdate(queries, { value }) {
            queries.setQuery(api.values.get, {}, value)
            queries.setQuery(api.values.other, {}, value * 2)
          },
        })
      }).result
      await page.tick()
      const rejected = expect(mutate({ value: 5 })).rejects.toThrow('refused')
      await page.tick()
      await rejected
      expect(seen).toEqual(['1 2', '5 10', '1 2'])
    })

    it('never show a mixture of old and new data after a reconnect, or when one query fails', async () => {
      mountPair()
      const seen: string[] = []
      let value = 1
      page.deployment.functions.set('values:get', () => value)
      page.deployment.functions.set('values:other', () => {
        if (value === 2)
          throw new Error('even')
        return value * 2
      })
      page.run(() => {
        const one = useConvexQuery(api.values.get)
        const two = useConvexQuery(api.values.other)
        watch([one.data, two.data, two.status], values => seen.push(values.join(' ')), { flush: 'sync' })
      })
      await page.tick()
      value = 2
      page.deployment.drop()
      await page.tick(5000)
      value = 3
      page.deployment.invalidate()
      await page.tick()
      expect(seen).toEqual(['1 2 success', '2  error', '3 6 success'])
    })
  })

  it('shows all writes at once, nested ones included', () => {
    const [a, b] = [shallowRef(1), shallowRef(1)]
    const seen: string[] = []
    const sum = computed(() => a.value + b.value)
    const stop = watch([a, b, sum], values => seen.push(values.join(' ')), { flush: 'sync' })
    batch(() => {
      a.value = 2
      batch(() => {
        b.value = 3
      })
      expect(seen).toEqual([])
      a.value = 4
    })
    expect(seen).toEqual(['4 3 7'])
    stop()
  })

  it('keeps the writes of a function that throws, and reports the error', () => {
    const a = shallowRef(1)
    const seen: number[] = []
    const stop = watch(a, value => seen.push(value), { flush: 'sync' })
    batch(() => {
      a.value = 2
      throw new Error('of the function')
    })
    expect(seen).toEqual([2])
    expect(() => vi.runAllTimers()).toThrow('of the function')
    stop()
  })

  it('does not prevent later updates of Vue when an effect throws', async () => {
    const [a, b] = [shallowRef(1), shallowRef(1)]
    const runner = effect(() => {
      if (a.value === 2)
        throw new Error('of an effect')
    })
    batch(() => {
      a.value = 2
      b.value = 2
    })
    expect(() => vi.runAllTimers()).toThrow('of an effect')
    runner.effect.stop()
    const seen: number[] = []
    const stopSync = watch(b, value => seen.push(value), { flush: 'sync' })
    const stop = watch(b, value => seen.push(value * 10))
    b.value = 3
    expect(seen).toEqual([3])
    await nextTick()
    expect(seen).toEqual([3, 30])
    stopSync()
    stop()
  })
})
