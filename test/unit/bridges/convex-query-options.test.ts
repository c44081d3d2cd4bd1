import type { Ref } from 'vue'
import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { PiniaColada, useQuery as useColadaQuery, useQueryCache } from '@pinia/colada'
import { keepPreviousData, QueryClient, useQuery as useTanStackQuery, VueQueryPlugin } from '@tanstack/vue-query'
import { convexQueryOptions as coladaOptions } from 'convue/pinia-colada'
import { convexQueryOptions as tanStackOptions } from 'convue/tanstack-query'
import { createPinia } from 'pinia'
import { afterEach, describe, expect, it } from 'vitest'
import { nextTick, shallowRef } from 'vue'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

/** How long a cache keeps an entry that no component uses, in milliseconds. */
const GC_TIME = 60_000

/** The last part of a key contains the user. */
type Key = readonly unknown[]

interface ShownQuery {
  data: Readonly<Ref<{ body: string }[] | undefined>>
  status: Readonly<Ref<string>>
  error: Readonly<Ref<Error | null | undefined>>
  /** `idle` if no request of the query is under way. */
  fetching: Readonly<Ref<string>>
}

/** The cache of another query library. */
interface Cache {
  /** Called in a component. */
  useMessages: (args: () => { channel: string } | undefined, isKept: boolean, auth?: 'required' | 'public') => ShownQuery
  keys: () => Key[]
  invalidate: (key: Key) => Promise<unknown>
  clear: () => void
}

function installTanStackQuery(page: ScriptedPage): Cache {
  const queryClient = new QueryClient({ defaultOptions: { queries: { gcTime: GC_TIME } } })
  page.app.use(VueQueryPlugin, { queryClient, enableDevtoolsV6Plugin: false })
  return {
    useMessages(args, isKept, auth) {
      const options = tanStackOptions(api.messages.list, args, auth && { auth })
      const query = useTanStackQuery({ ...options, ...isKept && { placeholderData: keepPreviousData } })
      return { ...query, fetching: query.fetchStatus }
    },
    keys: () => queryClient.getQueryCache().getAll().map(({ queryKey }) => queryKey),
    invalidate: queryKey => queryClient.invalidateQueries({ queryKey }),
    clear: () => queryClient.clear(),
  }
}

function installPiniaColada(page: ScriptedPage): Cache {
  page.app.use(createPinia()).use(PiniaColada, { queryOptions: { gcTime: GC_TIME } })
  const cache = page.app.runWithContext(() => useQueryCache())
  return {
    useMessages(args, isKept, auth) {
      const options = coladaOptions(api.messages.list, args, auth && { auth })
      const query = useColadaQuery({ ...options, ...isKept && { placeholderData: (previous: any) => previous } })
      return { ...query, fetching: query.asyncStatus }
    },
    keys: () => cache.getEntries().map(({ key }) => key),
    invalidate: key => cache.invalidateQueries({ key: key as any }),
    clear: () => cache.getEntries().forEach(entry => cache.remove(entry)),
  }
}

let page: ScriptedPage
let cache: Cache
let texts: Record<string, string>
setupScriptedPage()
afterEach(async () => {
  // The cache keeps unused entries for some time, with timers.
  page.end()
  cache.clear()
  await page.tick(GC_TIME + 1000)
})

describe.each([
  ['tanstack-query', installTanStackQuery],
  ['pinia-colada', installPiniaColada],
] as const)('convexQueryOptions of convue/%s', (_name, install) => {
  /** A page with the library. A message names the identity that its query ran as. */
  async function openPage(options?: ScriptedPageOptions): Promise<void> {
    page = new ScriptedPage(options)
    texts = { a: 'hello', b: 'world' }
    page.deployment.functions.set('messages:list', ({ channel }, subject) => {
      if (!texts[channel])
        throw new Error(`There is no channel ${channel}.`)
      return [{ _id: channel, body: `${subject ?? 'anonymous'}: ${texts[channel]}` }]
    })
    cache = install(page)
    await page.tick(500)
  }

  function show(channel: () => string | undefined, { isKept = false, auth }: { isKept?: boolean, auth?: 'required' | 'public' } = {}) {
    const args = (): { channel: string } | undefined => channel() === undefined ? undefined : { channel: channel()! }
    const { result, stop } = page.run(() => cache.useMessages(args, isKept, auth))
    const shown = (): unknown => result.data.value?.map(({ body }) => body).join()
    return { ...result, shown, stop }
  }

  const subscribed = (): string[] => page.deployment.liveSockets.flatMap(({ queries }) => [...queries.values()].map(({ args }) => String(args.channel)))
  const cachedUsers = (): unknown[] => cache.keys().map(key => (key[3] as any).userId)

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

  it('shares one subscription between components, until `gcTime` after the last of them', async () => {
    await openPage()
    const [one, other] = [show(() => 'a'), show(() => 'a')]
    await page.tick(500)
    expect([one.shown(), other.shown(), subscribed()]).toEqual(['anonymous: hello', 'anonymous: hello', ['a']])
    one.stop()
    other.stop()
    await page.tick(GC_TIME - 1000)
    texts.a = 'later'
    page.deployment.invalidate()
    await page.tick(100)
    expect(subscribed()).toEqual(['a'])
    const again = show(() => 'a')
    expect(again.shown()).toBe('anonymous: later')
    again.stop()
    await page.tick(GC_TIME + 1000)
    expect([subscribed(), cache.keys()]).toEqual([[], []])
  })

  it('pauses on undefined arguments, and follows changed arguments', async () => {
    await openPage()
    const channel = shallowRef<string>()
    const { shown, fetching } = show(() => channel.value)
    await page.tick(500)
    expect([fetching.value, subscribed()]).toEqual(['idle', []])
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
    const invalidated = cache.invalidate(['convex', 'messages:list'])
    await page.tick(500)
    await invalidated
    expect(page.deployment.executions.length).toBeGreaterThan(runs)
    expect([shown(), subscribed()]).toEqual(['anonymous: hello', ['a']])
  })

  describe('identity change', () => {
    it('removes the data of the previous user from the page and the cache in the same tick', async () => {
      await openPage({ user: 'ada' })
      const seen: string[] = []
      const query = show(() => 'a', { isKept: true })
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
      const [own, shared] = [show(() => 'a'), show(() => 'b', { auth: 'public' })]
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
      const [required, optional] = [show(() => 'a', { auth: 'required' }), show(() => 'b')]
      await page.tick(500)
      expect([required.fetching.value, optional.fetching.value]).toEqual(['idle', 'idle'])
      page.source.report({ status: 'signedOut' })
      await page.tick(500)
      expect([required.fetching.value, optional.shown()]).toEqual(['idle', 'anonymous: world'])
      page.source.signIn('ada')
      await page.tick(1000)
      expect([required.shown(), optional.shown()]).toEqual(['ada: hello', 'ada: world'])
    })
  })
})
