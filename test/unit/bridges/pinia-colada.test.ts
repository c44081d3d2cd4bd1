import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { PiniaColada, useQuery, useQueryCache } from '@pinia/colada'
import { convexQueryOptions } from 'convue/pinia-colada'
import { createPinia } from 'pinia'
import { afterEach, describe, expect, it } from 'vitest'
import { nextTick, shallowRef } from 'vue'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

let page: ScriptedPage
let cache: ReturnType<typeof useQueryCache>
let texts: Record<string, string>
setupScriptedPage()
afterEach(async () => {
  // The cache keeps unused entries for some time, with timers.
  page.end()
  for (const entry of cache.getEntries())
    cache.remove(entry)
  await page.tick(61_000)
})

/** A page with Pinia Colada. A message names the identity that its query ran as. */
async function openPage(options?: ScriptedPageOptions): Promise<void> {
  page = new ScriptedPage(options)
  texts = { a: 'hello', b: 'world' }
  page.deployment.functions.set('messages:list', ({ channel }, subject) => {
    if (!texts[channel])
      throw new Error(`There is no channel ${channel}.`)
    return [{ _id: channel, body: `${subject ?? 'anonymous'}: ${texts[channel]}` }]
  })
  page.app.use(createPinia()).use(PiniaColada, { queryOptions: { gcTime: 60_000 } })
  cache = page.app.runWithContext(() => useQueryCache())
  await page.tick(500)
}

type Options = Record<string, unknown>

function show(channel: () => string | undefined, options: Options = {}, auth?: 'required' | 'public') {
  const { result, stop } = page.run(() => useQuery({
    ...convexQueryOptions(api.messages.list, () => channel() === undefined ? undefined : { channel: channel()! }, auth && { auth }),
    ...options,
  }))
  const shown = (): unknown => result.data.value?.map(({ body }: { body: string }) => body).join()
  return { ...result, shown, stop }
}

const subscribed = (): string[] => page.deployment.liveSockets.flatMap(({ queries }) => [...queries.values()].map(({ args }) => String(args.channel)))
const cachedUsers = (): unknown[] => cache.getEntries().map(({ key }) => (key[3] as any).userId)

describe('convexQueryOptions of convue/pinia-colada', () => {
  it('shows the result, and each later result, error and recovery', async () => {
    await openPage()
    const { shown, status, error } = show(() => 'a')
    expect(status.value).toBe('pending')
    await page.tick(500)
    expect(shown()).toBe('anonymous: hello')
    texts.a = 'changed'
    page.deployment.invalidate()
    await page.tick(500)
    expect(shown()).toBe('anonymous: changed')
    delete texts.a
    page.deployment.invalidate()
    await page.tick(500)
    expect([status.value, error.value?.message]).toEqual(['error', expect.stringContaining('There is no channel a.')])
    texts.a = 'back'
    page.deployment.invalidate()
    await page.tick(500)
    expect([status.value, shown(), error.value]).toEqual(['success', 'anonymous: back', null])
  })

  it('shows the error of the first result at once, and recovers', async () => {
    await openPage()
    const { status, shown } = show(() => 'c')
    await page.tick(100)
    expect(status.value).toBe('error')
    texts.c = 'created'
    page.deployment.invalidate()
    await page.tick(500)
    expect([status.value, shown()]).toEqual(['success', 'anonymous: created'])
  })

  it('shares one subscription between components, and unsubscribes `gcTime` after no component uses it any longer', async () => {
    await openPage()
    const [one, other] = [show(() => 'a'), show(() => 'a')]
    await page.tick(500)
    expect([one.shown(), other.shown(), subscribed()]).toEqual(['anonymous: hello', 'anonymous: hello', ['a']])
    one.stop()
    other.stop()
    await page.tick(59_000)
    texts.a = 'later'
    page.deployment.invalidate()
    await page.tick(100)
    expect(subscribed()).toEqual(['a'])
    const again = show(() => 'a')
    expect(again.shown()).toBe('anonymous: later')
    again.stop()
    await page.tick(61_000)
    expect([subscribed(), cache.getEntries()]).toEqual([[], []])
  })

  it('pauses on undefined arguments, and follows changed arguments', async () => {
    await openPage()
    const channel = shallowRef<string>()
    const { shown, asyncStatus } = show(() => channel.value)
    await page.tick(500)
    expect([asyncStatus.value, subscribed()]).toEqual(['idle', []])
    channel.value = 'a'
    await page.tick(500)
    expect(shown()).toBe('anonymous: hello')
    channel.value = 'b'
    await page.tick(500)
    expect(shown()).toBe('anonymous: world')
  })

  it('runs again when the app invalidates the entry, without another subscription', async () => {
    await openPage()
    const { shown } = show(() => 'a')
    await page.tick(500)
    const runs = page.deployment.executions.length
    const invalidated = cache.invalidateQueries({ key: ['convex', 'messages:list'] })
    await page.tick(500)
    await invalidated
    expect(page.deployment.executions.length).toBeGreaterThan(runs)
    expect([shown(), subscribed()]).toEqual(['anonymous: hello', ['a']])
  })

  describe('identity change', () => {
    it('removes the data of the previous user from the page and the cache in the same tick', async () => {
      await openPage({ user: 'ada' })
      const seen: string[] = []
      const query = show(() => 'a', { placeholderData: (previous: unknown) => previous })
      await page.tick(1000)
      expect(query.shown()).toBe('ada: hello')
      page.source.signIn('bob')
      expect(cachedUsers()).not.toContain('ada')
      await nextTick()
      seen.push(String(query.shown()))
      for (let step = 0; step < 100; step++) {
        await page.tick(10)
        seen.push(String(query.shown()))
      }
      expect(seen.filter(text => text.includes('ada'))).toEqual([])
      expect(query.shown()).toBe('bob: hello')
      expect(cachedUsers()).toEqual(['bob'])
    })

    it('removes unused entries too, and keeps the entries of public queries', async () => {
      await openPage({ user: 'ada' })
      const [own, shared] = [show(() => 'a'), show(() => 'b', {}, 'public')]
      await page.tick(1000)
      own.stop()
      page.source.report({ status: 'signedOut' })
      expect(cachedUsers()).toEqual([null])
      expect(shared.shown()).toBe('anonymous: world')
      await page.tick(1000)
      expect(subscribed()).toEqual(['b'])
    })

    it('waits for a user if the query requires one, and for the identity otherwise', async () => {
      await openPage({ user: 'silent' })
      const [required, optional] = [show(() => 'a', {}, 'required'), show(() => 'b')]
      await page.tick(500)
      expect([required.asyncStatus.value, optional.asyncStatus.value]).toEqual(['idle', 'idle'])
      page.source.report({ status: 'signedOut' })
      await page.tick(500)
      expect([required.asyncStatus.value, optional.shown()]).toEqual(['idle', 'anonymous: world'])
      page.source.signIn('ada')
      await page.tick(1000)
      expect([required.shown(), optional.shown()]).toEqual(['ada: hello', 'ada: world'])
    })
  })
})
