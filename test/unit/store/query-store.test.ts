import type { UseConvexQueryReturn } from 'convue'
import { useConvexClient, useConvexMutation, useConvexPaginatedQuery, useConvexQuery } from 'convue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, effectScope, markRaw } from 'vue'
import { api } from '../../support/scripted/scripted-api.ts'
import { listApi } from '../../support/scripted/scripted-list.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()
beforeEach(() => {
  page = new ScriptedPage()
  page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: '1', body: channel }])
  page.deployment.functions.set('messages:count', () => 1)
})

function ask(channel: string, options = {}): { result: UseConvexQueryReturn<any>, stop: () => void } {
  return page.run(() => useConvexQuery(api.messages.list, { channel }, options))
}

/** The queries on the wire. */
function onTheWire(): string[] {
  return page.deployment.liveSockets.flatMap(socket => [...socket.queries.values()].map(({ args }) => String(args.channel)))
}

describe('createQueryStore', () => {
  describe('entries', () => {
    it('subscribes to a query while a component uses it', async () => {
      const [one, two] = [ask('a'), ask('a')]
      ask('b')
      await page.tick()
      expect(onTheWire()).toEqual(['a', 'b'])
      one.stop()
      await page.tick(5000)
      expect(onTheWire()).toEqual(['a', 'b'])
      two.stop()
      await page.tick(2999)
      expect(onTheWire()).toEqual(['a', 'b'])
      await page.tick(1)
      expect(onTheWire()).toEqual(['b'])
    })

    it('does not extend the time for which a subscription lingers if the clock is set back', async () => {
      ask('a').stop()
      await page.tick()
      vi.setSystemTime(Date.now() - 3_600_000)
      await page.tick(3000)
      expect(onTheWire()).toEqual([])
    })

    it('unsubscribes once, however often components were mounted and unmounted', async () => {
      for (let visit = 0; visit < 5; visit++) {
        const { stop } = ask('a')
        await page.tick(100)
        stop()
        stop()
        await page.tick(100)
      }
      expect(vi.getTimerCount()).toBeLessThanOrEqual(2)
      await page.tick(3000)
      expect(page.deployment.liveSockets).toEqual([])
      expect(page.takeFrames().filter(frame => frame.startsWith('+'))).toEqual(['+messages:list {"channel":"a"}'])
    })

    it('keeps the queries of two apps apart', async () => {
      ask('a')
      const other = new ScriptedPage()
      other.deployment.functions.set('messages:list', () => [{ _id: '1', body: 'of the other app' }])
      const { result } = other.run(() => useConvexQuery(api.messages.list, { channel: 'a' }))
      await page.tick()
      expect(result.data.value![0]!.body).toBe('of the other app')
      expect(onTheWire()).toEqual(['a'])
      void other.convex.close()
      await page.tick()
      expect(other.deployment.liveSockets).toEqual([])
      expect(onTheWire()).toEqual(['a'])
    })

    it('resumes queries after a lost connection without a flicker', async () => {
      const { result } = ask('a')
      await page.tick()
      const before = result.data.value
      const statuses = new Set<unknown>()
      page.run(() => effectScope().run(() => statuses.add(result.status.value)))
      page.deployment.drop()
      await page.tick(0)
      expect(result.status.value).toBe('success')
      await page.tick(5000)
      expect(onTheWire()).toEqual(['a'])
      expect(result.data.value).toBe(before)
    })

    it('sends queries of an offline page once it is online', async () => {
      page.deployment.isReachable = false
      const { result } = ask('a')
      await page.tick(5000)
      expect(result.status.value).toBe('pending')
      page.deployment.isReachable = true
      await page.tick(20_000)
      expect(result.data.value).toEqual([{ _id: '1', body: 'a' }])
    })

    it('unsubscribes from a failed query after its last component has stopped using it', async () => {
      page.deployment.functions.set('messages:list', () => {
        throw new Error('broken')
      })
      const { result, stop } = ask('a')
      await page.tick()
      expect(result.status.value).toBe('error')
      stop()
      await page.tick(3500)
      expect(page.deployment.liveSockets).toEqual([])
    })
  })

  describe('an identity change', () => {
    it('removes lingering queries at once and does not run them as the next user', async () => {
      page.source.signIn('ada')
      const { stop } = ask('a')
      ask('b')
      await page.tick()
      stop()
      page.source.signIn('bob')
      await page.tick()
      expect(onTheWire()).toEqual(['b'])
      expect(page.deployment.executions.filter(({ subject, args }) => subject === 'bob' && args.channel === 'a')).toEqual([])
    })
  })
})

describe('createConvex: close()', () => {
  it('ends all subscriptions, sockets and timers at once, lingering ones included', async () => {
    const { result, stop } = ask('a')
    ask('b')
    await page.tick()
    stop()
    await page.tick(100)
    void page.convex.close()
    await page.tick()
    expect(page.deployment.liveSockets).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(result.data.value).toBeUndefined()
  })

  it('tolerates a second close() and components that are unmounted later', async () => {
    const { stop } = ask('a')
    await page.tick()
    void page.convex.close()
    void page.convex.close()
    await page.tick()
    stop()
    await page.tick()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('opens no socket afterwards', async () => {
    ask('a')
    await page.tick()
    void page.convex.close()
    await page.tick()
    const sockets = page.deployment.sockets.length
    const { result } = ask('b')
    const { mutate } = page.run(() => useConvexMutation(api.messages.send)).result
    await expect(mutate({ channel: 'a', body: 'b' })).rejects.toMatchObject({ code: 'CLOSED' })
    await page.tick(5000)
    expect(page.deployment.sockets).toHaveLength(sockets)
    expect(result.data.value).toBeUndefined()
  })

  it('pauses later queries, awaited or not, and sends nothing', async () => {
    ask('a')
    void page.convex.close()
    await page.tick(100)
    const sockets = page.deployment.sockets.length
    const { result, stop } = ask('b')
    const list = page.run(() => useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 1 })).result
    expect([result.status.value, list.status.value]).toEqual(['paused', 'Paused'])
    expect((await result).isPaused.value).toBe(true)
    await result.refresh()
    await page.tick(5000)
    expect(page.deployment.sockets).toHaveLength(sockets)
    stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('settles ready() of an unknown identity', async () => {
    const silent = new ScriptedPage({ user: 'silent' })
    const ready = silent.convex.auth.ready()
    await page.tick()
    void silent.convex.close()
    expect(await ready).toBeUndefined()
    expect(await silent.convex.auth.ready()).toBeUndefined()
    expect(silent.convex.auth.error.value).toMatchObject({ code: 'CLOSED' })
    await silent.close()
  })

  it('refuses another app afterwards', async () => {
    await page.convex.close()
    expect(() => page.app).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('runs when the app is unmounted', async () => {
    page.app.mount(document.createElement('div'))
    ask('a')
    await page.tick()
    page.app.unmount()
    await page.tick()
    expect(page.deployment.liveSockets).toEqual([])
    expect(() => page.run(() => useConvexClient()).result.client).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('does not run while another app uses the same plugin', async () => {
    page.app.mount(document.createElement('div'))
    const other = markRaw(createApp({ render: () => null })).use(page.convex)
    other.mount(document.createElement('div'))
    const { result } = ask('a')
    await page.tick()
    other.unmount()
    await page.tick()
    expect(onTheWire()).toEqual(['a'])
    page.deployment.functions.set('messages:list', () => [{ _id: '1', body: 'still live' }])
    page.deployment.invalidate()
    await page.tick()
    expect(result.data.value![0]!.body).toBe('still live')
    page.app.unmount()
    await page.tick()
    expect(page.deployment.liveSockets).toEqual([])
  })
})
