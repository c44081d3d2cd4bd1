import { useConvexQueries, useConvexQuery } from 'convue'
import { createPinia, defineStore, storeToRefs } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, ref } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()
beforeEach(() => {
  page = new ScriptedPage()
  page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: '1', body: `in ${channel}` }])
})

const useMessages = defineStore('messages', () => {
  const { refresh: _refresh, then: _then, ...query } = useConvexQuery(api.messages.list, { channel: 'a' })
  return { ...query, channel: 'a' }
})

const useChannels = defineStore('channels', () => {
  const channels = ref(['a'])
  const results = useConvexQueries(() => Object.fromEntries(channels.value.map(channel => [channel, { query: api.messages.list, args: { channel } }])))
  return { channels, results }
})

describe('useConvexQuery and useConvexQueries: in a Pinia setup store', () => {
  it('add getters to the store, which Pinia does not serialize', async () => {
    const pinia = createPinia()
    page.app.use(pinia)
    const store = page.app.runWithContext(() => useMessages(pinia))
    expect(store.isPending).toBe(true)
    await page.tick()
    expect(store.data).toEqual([{ _id: '1', body: 'in a' }])
    expect(store.status).toBe('success')
    expect(pinia.state.value).toEqual({ messages: {} })
    store.$dispose()
  })

  it('do not take their values from the state that a server has serialized', async () => {
    const pinia = createPinia()
    pinia.state.value = { messages: { data: 'from the server', status: 'success' } }
    page.app.use(pinia)
    const store = page.app.runWithContext(() => useMessages(pinia))
    await page.tick()
    expect(store.data).toEqual([{ _id: '1', body: 'in a' }])
    store.$dispose()
  })

  it('add a record of queries as one getter, which Pinia does not serialize', async () => {
    const pinia = createPinia()
    page.app.use(pinia)
    const store = page.app.runWithContext(() => useChannels(pinia))
    const { results } = storeToRefs(store)
    const changes = vi.fn()
    store.$subscribe(changes, { flush: 'sync' })
    await page.tick()
    expect(store.results.a!.data).toEqual([{ _id: '1', body: 'in a' }])
    expect(changes).not.toHaveBeenCalled()
    store.channels = ['a', 'b']
    await page.tick()
    expect(results.value.b!.data).toEqual([{ _id: '1', body: 'in b' }])
    expect(pinia.state.value).toEqual({ channels: { channels: ['a', 'b'] } })
    store.$dispose()
  })

  it('do not take a record of queries from the state that a server has serialized', async () => {
    const pinia = createPinia()
    pinia.state.value = { channels: { channels: ['b'], results: { b: { data: 'from the server' }, c: {} } } }
    page.app.use(pinia)
    const store = page.app.runWithContext(() => useChannels(pinia))
    await page.tick()
    expect(Object.keys(store.results)).toEqual(['b'])
    expect(store.results.b!.data).toEqual([{ _id: '1', body: 'in b' }])
    store.$dispose()
  })

  it('let a template read a record of queries without `.value`', async () => {
    const pinia = createPinia()
    page.app.use(pinia)
    const wrapper = page.mount(defineComponent({
      setup: () => ({ store: useChannels(pinia) }),
      template: '<i v-for="(result, key) in store.results" :key="key">{{ key }}: {{ result.data?.[0]?.body ?? result.status }}</i>',
    }))
    expect(wrapper.text()).toBe('a: pending')
    await page.tick()
    expect(wrapper.text()).toBe('a: in a')
    useChannels(pinia).channels = ['a', 'b']
    await page.tick()
    expect(wrapper.text()).toBe('a: in ab: in b')
  })
})
