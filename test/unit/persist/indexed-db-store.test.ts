import type { IndexedDbStoreOptions } from 'convue/persist'
import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { IdentityChangedError, useAuthedQuery, useConvexMutation, useConvexPaginatedQuery, useConvexQuery, usePreloadedQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stubBroadcastChannel } from '../../support/scripted/broadcast-channel.ts'
import { BrowserStorage, persist } from '../../support/scripted/browser-storage.ts'
import { identityApi, recordTicks, scriptIdentity, subjectsOf } from '../../support/scripted/identity.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

let browser: BrowserStorage
setupScriptedPage()
beforeEach(() => {
  stubBroadcastChannel()
  browser = new BrowserStorage()
})
// Runs before the pages are closed.
afterEach(async () => {
  await vi.advanceTimersByTimeAsync(1000)
})

interface VisitOptions extends ScriptedPageOptions {
  store?: IndexedDbStoreOptions
}

/** Opens a page whose provider has not reported the session yet. */
function visit({ store, ...options }: VisitOptions = {}): ScriptedPage {
  const page = new ScriptedPage({ user: 'silent', ...persist(store), ...options })
  page.source.sessionToken = () => browser.session ?? undefined
  scriptIdentity(page.deployment)
  page.deployment.latencyMs = 50
  return page
}

/** What a component shows of a query. */
function useShown(page: ScriptedPage, auth: 'optional' | 'required' | 'public' = 'required') {
  return page.run(() => {
    const { data, status, isStale } = useConvexQuery(identityApi.tasks, {}, { auth })
    const ticks = recordTicks(() => `${data.value} ${status.value}${isStale.value ? ' stale' : ''}`)
    return {
      get now() {
        return `${data.value} ${status.value}${isStale.value ? ' stale' : ''}`
      },
      ticks: () => ticks.map(text => JSON.parse(text) as string),
    }
  }).result
}

async function leave(page: ScriptedPage): Promise<void> {
  page.end()
  await page.close()
}

/** A visit of a signed-in user whose results are stored. */
async function visitAs(user: string, session = `session of ${user}`, options: VisitOptions = {}): Promise<void> {
  browser.session = session
  const page = visit(options)
  useShown(page)
  useShown(page, 'public')
  page.source.signIn(user)
  await page.tick(1000)
  await leave(page)
}

describe('indexedDbStore', () => {
  describe('a reload', () => {
    it('shows the last result at once as stale, before the session is known, until it is live', async () => {
      await visitAs('ada')
      const page = visit()
      const shown = useShown(page)
      await page.tick()
      expect(shown.now).toBe('ada\'s tasks success stale')
      expect(page.convex.auth.status.value).toBe('loading')
      expect(page.convex.auth.user.value).toBeNull()
      page.deployment.functions.set('tasks:list', () => 'new tasks')
      page.source.signIn('ada')
      await page.tick(500)
      expect(shown.ticks()).toEqual(['undefined pending', 'ada\'s tasks success stale', 'new tasks success'])
    })

    it('shows the result of a component that is mounted later', async () => {
      await visitAs('ada')
      const page = visit()
      void page.app
      await page.tick()
      expect(useShown(page).now).toBe('ada\'s tasks success stale')
    })

    it('shows results after the session is known if the server sets no companion cookie', async () => {
      browser.hasCompanion = false
      await visitAs('ada')
      const page = visit()
      const shown = useShown(page)
      await page.tick(100)
      expect(shown.now).toBe('undefined pending')
      page.deployment.isHolding = true
      page.source.signIn('ada')
      page.source.answer = null
      expect(shown.now).toBe('ada\'s tasks success stale')
    })

    it('shows nothing if two companion cookies have different values', async () => {
      await visitAs('ada')
      browser.otherCookies = 'other-app.convue_store_key=another'
      const page = visit()
      const shown = useShown(page)
      await page.tick(100)
      expect(shown.now).toBe('undefined pending')
    })

    it('does not run a query anonymously while it shows results of the expected user', async () => {
      await visitAs('ada')
      const page = visit()
      const optional = useShown(page, 'optional')
      const other = page.run(() => useConvexQuery(identityApi.whoami)).result
      await page.tick(10_000)
      expect([optional.now, other.status.value]).toEqual(['undefined pending', 'pending'])
      expect(subjectsOf(page.deployment, 'users:whoami')).toEqual([])
      page.source.signIn('ada')
      await page.tick(500)
      expect([optional.now, other.data.value]).toEqual(['ada\'s tasks success', 'ada'])
    })

    it('shows results without a network, even after a failed request for the session', async () => {
      await visitAs('ada')
      const page = visit()
      page.deployment.isReachable = false
      page.source.answer = () => ({ kind: 'failed', error: new Error('offline') })
      const shown = useShown(page)
      await page.tick()
      page.source.report({ status: 'failed', error: new Error('offline') })
      await page.tick(60_000)
      expect(shown.now).toBe('ada\'s tasks success stale')
      expect(page.convex.auth.status.value).toBe('loading')
    })

    it('reads results only after `readAfter`', async () => {
      await visitAs('ada')
      let endHydration = (): void => {}
      const readAfter = new Promise<void>(resolve => endHydration = resolve)
      const page = visit({ store: { readAfter } })
      const shown = useShown(page)
      await page.tick(100)
      expect(shown.now).toBe('undefined pending')
      endHydration()
      await page.tick()
      expect(shown.now).toBe('ada\'s tasks success stale')
    })

    it('begins a list with its first page', async () => {
      const of = (page: ScriptedPage) => page.run(() => useConvexPaginatedQuery(identityApi.tasks as any, {}, { initialNumItems: 2, auth: 'required' })).result
      const open = () => {
        const page = visit()
        page.deployment.functions.set('tasks:list', (_args, subject) => ({ page: [`${subject}'s`], isDone: false, continueCursor: 'next' }))
        return page
      }
      browser.session = 'session of ada'
      const before = open()
      of(before)
      before.source.signIn('ada')
      await before.tick(1000)
      await leave(before)
      const page = open()
      const list = of(page)
      await page.tick()
      expect([list.results.value, list.status.value, list.isStale.value]).toEqual([['ada\'s'], 'CanLoadMore', true])
      page.source.signIn('ada')
      await page.tick(500)
      expect([list.results.value, list.isStale.value]).toEqual([['ada\'s'], false])
    })

    it('prefers preloaded and initial data, which are more recent', async () => {
      await visitAs('ada')
      const page = visit()
      const { preloaded, initial } = page.run(() => ({
        preloaded: usePreloadedQuery({ name: 'tasks:list', args: {}, value: 'preloaded', userId: 'ada' }, { auth: 'required' }),
        initial: useAuthedQuery(identityApi.tasks, {}, { initialData: 'initial' }),
      })).result
      await page.tick(100)
      expect([preloaded.data.value, initial.data.value]).toEqual(['preloaded', 'initial'])
      page.source.report({ status: 'signedIn', userId: 'ada', user: {}, session: {} })
      expect([preloaded.data.value, initial.data.value]).toEqual(['preloaded', 'initial'])
    })
  })

  describe('identity', () => {
    it('forgets the results of the expected user in the tick in which another user is known', async () => {
      await visitAs('ada')
      const page = visit()
      page.deployment.functions.set('tasks:add', (_args, subject) => `by ${subject}`)
      const shown = useShown(page)
      const { mutate } = page.run(() => useConvexMutation(identityApi.add)).result
      await page.tick()
      const call = mutate({}).catch((error: unknown) => error)
      page.source.signIn('bob')
      expect(shown.now).toBe('undefined pending')
      await page.tick(1000)
      expect(shown.ticks()).toEqual(['undefined pending', 'ada\'s tasks success stale', 'undefined pending', 'bob\'s tasks success'])
      // The user called it while the page showed the data of the expected user.
      expect(await call).toMatchObject({ name: 'IdentityChangedError', outcome: 'notSent' })
      expect(await call).toBeInstanceOf(IdentityChangedError)
      expect(subjectsOf(page.deployment, 'tasks:add')).toEqual([])
      await leave(page)
      expect(await readStored()).not.toContain('ada')
    })

    it('forgets the results of the expected user in the tick in which the page is signed out', async () => {
      await visitAs('ada')
      const page = visit()
      const shown = useShown(page)
      const optional = useShown(page, 'optional')
      await page.tick()
      page.source.report({ status: 'signedOut' })
      expect([shown.now, optional.now]).toEqual(['undefined paused', 'undefined pending'])
      await page.tick(500)
      expect(optional.now).toBe('anonymous\'s tasks success')
      expect(await readStored()).not.toContain('ada')
    })

    it('neither shows nor keeps results of a session that was replaced while no tab was open', async () => {
      await visitAs('ada')
      browser.session = 'another session of ada'
      const page = visit()
      const shown = useShown(page)
      await page.tick(100)
      expect(shown.now).toBe('undefined pending')
      expect(await readStored()).not.toContain('ada')
      page.source.signIn('ada', 'another')
      expect(shown.now).toBe('undefined pending')
    })

    it('neither shows nor keeps results of a session that ended while no tab was open', async () => {
      await visitAs('ada')
      browser.session = null
      const page = visit()
      const shown = useShown(page)
      await page.tick(100)
      expect(shown.now).toBe('undefined pending')
      expect(await readStored()).not.toContain('ada')
    })

    it.each([
      ['a sign-out', (page: ScriptedPage) => page.source.report({ status: 'signedOut' })],
      ['a change of the user', (page: ScriptedPage) => page.source.signIn('bob')],
    ])('deletes the results of a user at %s, even those that are being written', async (_name, change) => {
      browser.session = 'session of ada'
      const page = visit()
      useShown(page)
      page.source.signIn('ada')
      await page.tick(1000)
      expect(await readStored()).toContain('ada\'s tasks')
      page.deployment.functions.set('tasks:list', (_args, subject) => `${subject}'s new tasks`)
      page.deployment.invalidate()
      await page.tick(60)
      // Starts to write the new result.
      window.dispatchEvent(new Event('pagehide'))
      change(page)
      await page.tick(1000)
      expect(await readStored()).not.toContain('ada')
    })

    it('stores results under the key of their session, and not under the key of the cookie', async () => {
      browser.session = 'session of ada'
      const page = visit()
      page.source.sessionToken = () => 'session of ada'
      useShown(page)
      page.source.signIn('ada')
      await page.tick(300)
      // Another tab has signed in, and this tab has not noticed yet.
      browser.session = 'session of bob'
      await page.tick(1000)
      await leave(page)
      const next = visit()
      const shown = useShown(next)
      await next.tick(100)
      expect(shown.now).toBe('undefined pending')
    })

    it('stores public results separately: all users see them, and they survive a sign-out', async () => {
      await visitAs('ada')
      browser.session = null
      const page = visit()
      const [shown, optional] = [useShown(page, 'public'), useShown(page, 'optional')]
      page.deployment.isHolding = true
      await page.tick()
      expect([shown.now, optional.now]).toEqual(['anonymous\'s tasks success stale', 'undefined pending'])
      page.source.report({ status: 'signedOut' })
      expect(shown.now).toBe('anonymous\'s tasks success stale')
    })

    it('shows anonymous results only to an anonymous user', async () => {
      const first = visit()
      useShown(first, 'optional')
      first.source.report({ status: 'signedOut' })
      await first.tick(1000)
      await leave(first)
      const second = visit()
      second.deployment.isHolding = true
      const shown = useShown(second, 'optional')
      await second.tick(100)
      expect(shown.now).toBe('undefined pending')
      second.source.report({ status: 'signedOut' })
      expect(shown.now).toBe('anonymous\'s tasks success stale')
      await leave(second)
      const third = visit()
      third.deployment.isHolding = true
      const ofUser = useShown(third, 'optional')
      await third.tick(100)
      third.source.signIn('ada')
      await third.tick(1000)
      expect(ofUser.ticks()).toEqual(['undefined pending'])
    })
  })

  describe('tabs', () => {
    it('forgets the results of the expected user when the user signs out in another tab', async () => {
      browser.session = 'session of ada'
      const first = visit()
      useShown(first)
      first.source.signIn('ada')
      await first.tick(1000)
      const second = visit()
      const shown = useShown(second)
      await second.tick()
      expect(shown.now).toBe('ada\'s tasks success stale')
      first.source.report({ status: 'signedOut' })
      await second.tick()
      expect(shown.now).toBe('undefined pending')
      expect(await readStored()).not.toContain('ada')
    })

    it.each([['with', () => {}], ['without', () => vi.stubGlobal('BroadcastChannel', undefined)]])('does not write after another tab has deleted the results, %s channels', async (_name, stub) => {
      stub()
      browser.session = 'session of ada'
      const first = visit()
      first.source.signIn('ada')
      void first.app
      const second = visit()
      useShown(second)
      second.source.signIn('ada')
      await second.tick(1000)
      first.source.report({ status: 'signedOut' })
      second.deployment.functions.set('tasks:list', (_args, subject) => `${subject}'s new tasks`)
      second.deployment.invalidate()
      await second.tick(2000)
      expect(await readStored()).not.toContain('ada')
      // The provider confirms that the user is still signed in.
      second.source.signIn('ada')
      second.deployment.functions.set('tasks:list', (_args, subject) => `${subject}'s newest tasks`)
      second.deployment.invalidate()
      await second.tick(2000)
      expect(await readStored()).toContain('ada\'s newest tasks')
    })
  })

  describe('bounds', () => {
    it('does not show a result after `maxAgeMs`, and deletes it', async () => {
      await visitAs('ada', undefined, { store: { maxAgeMs: 60_000 } })
      await vi.advanceTimersByTimeAsync(61_000)
      const page = visit({ store: { maxAgeMs: 60_000 } })
      const shown = useShown(page)
      await page.tick(100)
      expect(shown.now).toBe('undefined pending')
      const whoami = page.run(() => useConvexQuery(identityApi.whoami, {}, { auth: 'public' })).result
      await page.tick(1000)
      expect(whoami.data.value).toBe('anonymous')
      expect(await readStored()).not.toContain('tasks:list')
    })

    it('neither shows nor keeps results that were stored with another version', async () => {
      await visitAs('ada', undefined, { store: { version: '1' } })
      const page = visit({ store: { version: '2' } })
      const [shown, ofAll] = [useShown(page), useShown(page, 'public')]
      page.deployment.isHolding = true
      await page.tick(100)
      expect([shown.now, ofAll.now]).toEqual(['undefined pending', 'undefined pending'])
      expect(await readStored()).not.toContain('tasks')
    })

    it.each([
      ['maxEntries', { maxEntries: 2 }],
      ['maxCharacters', { maxCharacters: 120 }],
    ])('deletes the oldest results beyond `%s`', async (_name, store) => {
      browser.session = 'session of ada'
      const page = visit({ store })
      page.source.signIn('ada')
      for (const of of ['oldest', 'older', 'newer', 'newest']) {
        page.run(() => useAuthedQuery(identityApi.tasks, { of }))
        await page.tick(1000)
      }
      const stored = await readStored()
      expect(['oldest', 'older', 'newer', 'newest'].filter(of => stored.includes(of))).toEqual(['newer', 'newest'])
    })

    it('does not store a result that is too long', async () => {
      browser.session = 'session of ada'
      const page = visit({ store: { maxCharacters: 100 } })
      page.deployment.functions.set('tasks:list', () => 'long'.repeat(100))
      useShown(page)
      page.source.signIn('ada')
      await page.tick(1000)
      expect(await readStored()).not.toContain('long')
    })

    it('stores only the results that `filter` accepts', async () => {
      browser.session = 'session of ada'
      const page = visit({ store: { filter: ({ name, args }) => name !== 'users:whoami' && args.of !== 'secret' } })
      page.run(() => {
        useAuthedQuery(identityApi.whoami)
        useAuthedQuery(identityApi.tasks, { of: 'secret' })
        useAuthedQuery(identityApi.tasks, { of: 'open' })
      })
      page.source.signIn('ada')
      await page.tick(1000)
      const stored = await readStored()
      expect([stored.includes('whoami'), stored.includes('secret'), stored.includes('open')]).toEqual([false, false, true])
    })

    it('stores nothing if `filter` throws, and the queries do not fail', async () => {
      browser.session = 'session of ada'
      const fail = (): never => {
        throw new Error('of the filter')
      }
      const page = visit({ store: { filter: fail } })
      const shown = useShown(page)
      page.source.signIn('ada')
      // The error is reported like any uncaught error.
      await expect(page.tick(1000)).rejects.toThrow('of the filter')
      await page.tick(1000)
      expect(shown.now).toBe('ada\'s tasks success')
      expect(await readStored()).not.toContain('tasks')
    })

    it('deletes the stored result of a query that fails', async () => {
      await visitAs('ada')
      const page = visit()
      const shown = useShown(page)
      page.deployment.functions.set('tasks:list', () => {
        throw new Error('not allowed')
      })
      page.source.signIn('ada')
      await page.tick(1000)
      expect(shown.now).toBe('undefined error')
      expect(await readStored()).not.toContain('ada\'s tasks')
    })

    it('does not store an optimistic update', async () => {
      browser.session = 'session of ada'
      const page = visit()
      useShown(page)
      page.source.signIn('ada')
      await page.tick(1000)
      const { mutate } = page.run(() => useConvexMutation(identityApi.add, { optimisticUpdate: store => store.setQuery(identityApi.tasks, {}, 'optimistic') })).result
      page.deployment.isHolding = true
      void mutate({}).catch(() => {})
      await page.tick(2000)
      expect(await readStored()).not.toContain('optimistic')
      page.deployment.flush()
    })
  })

  describe('a browser without IndexedDB', () => {
    it.each([
      ['missing', undefined],
      ['throwing', { open: () => { throw new DOMException('blocked', 'SecurityError') } }],
      ['stalled', { open: () => new IDBOpenDBRequest() }],
    ])('works as it does without the store, and warns once during development (%s)', async (name, indexedDB) => {
      vi.stubGlobal('indexedDB', indexedDB)
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      browser.session = 'session of ada'
      const page = visit()
      const shown = useShown(page)
      page.source.signIn('ada')
      await page.tick(2000)
      expect(shown.ticks()).toEqual(['undefined pending', 'ada\'s tasks success'])
      expect(warn.mock.calls.map(([error]) => error.code)).toEqual(name === 'stalled' ? [] : ['STORE_UNAVAILABLE'])
      warn.mockRestore()
    })

    it('works in a page that may not read cookies', async () => {
      Object.defineProperty(document, 'cookie', {
        configurable: true,
        get() {
          throw new DOMException('sandboxed', 'SecurityError')
        },
      })
      const page = visit()
      const shown = useShown(page)
      page.source.signIn('ada')
      await page.tick(2000)
      expect(shown.now).toBe('ada\'s tasks success')
    })

    it('continues to work when a write fails', async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      browser.session = 'session of ada'
      const page = visit()
      const shown = useShown(page)
      await page.tick()
      vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
        throw new DOMException('full', 'QuotaExceededError')
      })
      page.source.signIn('ada')
      await page.tick(2000)
      expect(shown.now).toBe('ada\'s tasks success')
      expect(warn).toHaveBeenCalledOnce()
      vi.mocked(IDBObjectStore.prototype.put).mockRestore()
      warn.mockRestore()
    })
  })
})

/** All records of the databases. Advances the timers until they have been read. */
async function readStored(): Promise<string> {
  const reading = browser.read()
  await vi.advanceTimersByTimeAsync(100)
  return await reading
}
