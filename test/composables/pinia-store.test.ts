import { useConvexQuery } from 'convue'
import { createPinia, defineStore } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../support/scripted-api.ts'
import { ScriptedPage } from '../support/scripted-page.ts'
import '../support/console-guard.ts'

let page: ScriptedPage
beforeEach(() => {
  vi.useFakeTimers()
  page = new ScriptedPage()
  page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: '1', body: `in ${channel}` }])
})
afterEach(async () => {
  await page.close()
  vi.useRealTimers()
})

const useMessages = defineStore('messages', () => {
  const { refresh: _refresh, then: _then, ...query } = useConvexQuery(api.messages.list, { channel: 'a' })
  return { ...query, channel: 'a' }
})

describe('a Pinia setup store', () => {
  it('shows what its queries show, and serializes none of it', async () => {
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

  it('is not hydrated with what a server had', async () => {
    const pinia = createPinia()
    pinia.state.value = { messages: { data: 'from the server', status: 'success' } }
    page.app.use(pinia)
    const store = page.app.runWithContext(() => useMessages(pinia))
    await page.tick()
    expect(store.data).toEqual([{ _id: '1', body: 'in a' }])
    store.$dispose()
  })
})
