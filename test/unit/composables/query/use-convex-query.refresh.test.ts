import { useConvexQuery } from 'convue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { shallowRef, watch } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
let value: unknown
setupScriptedPage()
beforeEach(() => {
  page = new ScriptedPage()
  page.deployment.latencyMs = 50
  value = 1
  page.deployment.functions.set('values:get', () => {
    if (value instanceof Error)
      throw value
    return value as any
  })
})

function mountValue() {
  return page.run(() => {
    const query = useConvexQuery(api.values.get)
    const seen: string[] = []
    watch([query.data, query.status, query.isStale], ([data, status, isStale]) => seen.push(`${data} ${status}${isStale ? ' stale' : ''}`), { flush: 'sync' })
    return { query, seen }
  })
}

describe('useConvexQuery: refresh', () => {
  it('fetches again, keeps the data meanwhile, and resolves when the result arrives', async () => {
    const { query, seen } = mountValue().result
    await page.tick(200)
    page.takeFrames()
    // No write invalidates the result on the server, as for a query that reads the clock.
    value = 2
    const refreshed = vi.fn()
    void query.refresh().then(refreshed)
    await page.tick(40)
    expect(query.data.value).toBe(1)
    expect(query.status.value).toBe('success')
    expect(refreshed).not.toHaveBeenCalled()
    await page.tick(100)
    expect(refreshed).toHaveBeenCalledTimes(1)
    expect(query.data.value).toBe(2)
    expect(seen).toEqual(['1 success', '2 success'])
    expect(page.takeFrames()).toEqual(['-0', '+values:get {}'])
  })

  it('causes no update if the result is equal', async () => {
    value = { list: [1, 2] }
    const { query, seen } = mountValue().result
    await page.tick(200)
    const before = query.data.value
    void query.refresh()
    await page.tick(200)
    expect(query.data.value).toBe(before)
    expect(seen).toHaveLength(1)
  })

  it('removes `error` if the query succeeds, and sets `error` if the query fails', async () => {
    value = new Error('broken')
    const { query } = mountValue().result
    await page.tick(200)
    expect(query.status.value).toBe('error')
    value = 1
    void query.refresh()
    await page.tick(200)
    expect(query.data.value).toBe(1)
    value = new Error('broken again')
    const refreshed = vi.fn()
    void query.refresh().then(refreshed)
    await page.tick(200)
    expect(query.status.value).toBe('error')
    expect(refreshed).toHaveBeenCalled()
  })

  it('sends one request for all components that share the query', async () => {
    const one = mountValue().result.query
    const two = mountValue().result.query
    await page.tick(200)
    page.takeFrames()
    value = 2
    const refreshed = vi.fn()
    void one.refresh().then(refreshed)
    await page.tick(200)
    expect(two.data.value).toBe(2)
    expect(refreshed).toHaveBeenCalled()
    expect(page.takeFrames()).toEqual(['-0', '+values:get {}'])
  })

  it('resolves for both callers if it is called twice', async () => {
    const { query } = mountValue().result
    await page.tick(200)
    const refreshed = vi.fn()
    void query.refresh().then(refreshed)
    void query.refresh().then(refreshed)
    await page.tick(200)
    expect(refreshed).toHaveBeenCalledTimes(2)
    expect(page.deployment.liveSockets[0]!.queries.size).toBe(1)
  })

  it('resolves at once while the query is paused', async () => {
    const args = shallowRef<{ channel: string } | null>({ channel: 'a' })
    page.deployment.functions.set('messages:list', () => [])
    const { result } = page.run(() => useConvexQuery(api.messages.list, args))
    await page.tick(200)
    args.value = null
    await page.tick(0)
    page.takeFrames()
    const refreshed = vi.fn()
    void result.refresh().then(refreshed)
    await page.tick(0)
    expect(refreshed).toHaveBeenCalled()
    expect(page.takeFrames()).toEqual([])
  })

  it('resolves if the subscription ends before the result arrives', async () => {
    const { result: { query }, stop } = mountValue()
    await page.tick(200)
    const refreshed = vi.fn()
    void query.refresh().then(refreshed)
    stop()
    await page.tick(20)
    void page.convex.close()
    await page.tick(0)
    expect(refreshed).toHaveBeenCalled()
  })

  it('resolves at the first result after a reconnection, and never shows an older result', async () => {
    const { query, seen } = mountValue().result
    await page.tick(200)
    value = 2
    const refreshed = vi.fn()
    void query.refresh().then(refreshed)
    // The result is under way when the connection is lost.
    await page.tick(20)
    page.deployment.isHolding = true
    await page.tick(100)
    page.deployment.drop()
    value = 3
    await page.tick(5000)
    expect(refreshed).not.toHaveBeenCalled()
    expect(query.data.value).toBe(1)
    page.deployment.flush()
    await page.tick(200)
    expect(refreshed).toHaveBeenCalledTimes(1)
    expect(seen).toEqual(['1 success', '3 success'])
  })

  it('does not resolve with a result that the server computed before the call', async () => {
    const { query, seen } = mountValue().result
    await page.tick(200)
    value = 2
    page.deployment.invalidate()
    // The update of the changed value is under way.
    await page.tick(10)
    value = 3
    const refreshed = vi.fn()
    void query.refresh().then(refreshed)
    await page.tick(45)
    expect(refreshed).not.toHaveBeenCalled()
    await page.tick(200)
    expect(refreshed).toHaveBeenCalledTimes(1)
    expect(seen.at(-1)).toBe('3 success')
    expect(seen.map(text => Number.parseInt(text))).toEqual([...seen.map(text => Number.parseInt(text))].sort())
  })

  it('waits for the result of the user, even if the anonymous result is updated first', async () => {
    await page.close()
    page = new ScriptedPage({ user: 'silent' })
    page.deployment.functions.set('values:get', (_args, subject) => `${subject ?? 'anonymous'}'s ${value}`)
    const { query, seen } = mountValue().result
    await page.tick(2500)
    page.deployment.latencyMs = 50
    page.source.signIn('ada')
    await page.tick(10)
    const refreshed = vi.fn()
    void query.refresh().then(refreshed)
    value = 2
    page.deployment.invalidate()
    await page.tick(60)
    expect(seen).toEqual(['anonymous\'s 1 success stale', 'anonymous\'s 2 success stale'])
    expect(refreshed).not.toHaveBeenCalled()
    await page.tick(500)
    expect(refreshed).toHaveBeenCalledOnce()
    expect(seen.at(-1)).toBe('ada\'s 2 success')
  })
})
