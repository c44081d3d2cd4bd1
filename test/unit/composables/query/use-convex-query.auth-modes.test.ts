import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useAuthedQuery, useConvexClient, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { ref, watch } from 'vue'
import { fakeToken } from '../../../support/scripted/fake-token.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'
import { signedIn } from '../../../support/scripted/scripted-source.ts'

let page: ScriptedPage
setupScriptedPage()

/** `users:whoami` in one auth mode, and every state that a synchronous watcher saw. */
function mountWhoami(auth: 'optional' | 'required' | 'public', options?: ScriptedPageOptions) {
  page ??= new ScriptedPage(options)
  page.deployment.functions.set('users:whoami', (_args, subject) => subject ?? 'anonymous')
  return page.run(() => {
    const query = useConvexQuery(api.users.whoami, {}, { auth })
    const seen: string[] = []
    watch([query.data, query.status, query.isStale], ([data, status, isStale]) => seen.push(`${data} ${status}${isStale ? ' stale' : ''}`), { flush: 'sync', immediate: true })
    return { query, seen }
  }).result
}

function openPage(options?: ScriptedPageOptions): ScriptedPage {
  return page = new ScriptedPage(options)
}

describe('useConvexQuery', () => {
  describe('a query with `auth: public`', () => {
    it('runs anonymously at once, before the identity is known', async () => {
      openPage({ user: 'silent' })
      const { query } = mountWhoami('public')
      await page.tick()
      expect(query.data.value).toBe('anonymous')
      expect(query.isStale.value).toBe(false)
    })

    it('has its own connection, which is not affected by a sign-in or a sign-out', async () => {
      openPage()
      const { seen } = mountWhoami('public')
      const mine = mountWhoami('optional')
      await page.tick()
      expect(page.deployment.liveSockets).toHaveLength(1)
      page.source.signIn('ada')
      await page.tick()
      expect(mine.query.data.value).toBe('ada')
      expect(page.deployment.liveSockets.map(({ index }) => index)).toEqual([0, 1])
      page.source.report({ status: 'signedOut' })
      await page.tick()
      page.source.signIn('bob')
      await page.tick()
      expect(mine.query.data.value).toBe('bob')
      expect(seen).toEqual(['undefined pending', 'anonymous success'])
      expect(page.deployment.sockets[0]!.frames.map(({ type }) => type)).not.toContain('Authenticate')
      expect(page.deployment.liveSockets.map(({ index }) => index)).toEqual([0, 2])
    })

    it('keeps previous and initial data across identity changes', async () => {
      openPage()
      page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: '1', body: channel }])
      const channel = ref('a')
      const { result } = page.run(() => ({
        kept: useConvexQuery(api.messages.list, () => ({ channel: channel.value }), { auth: 'public', keepPreviousData: true }),
        initial: useConvexQuery(api.messages.list, { channel: 'z' }, { auth: 'public', initialData: [{ _id: '0', body: 'from before' }] }),
      }))
      await page.tick()
      expect(result.kept.data.value![0]!.body).toBe('a')
      page.deployment.isHolding = true
      channel.value = 'b'
      const late = page.run(() => useConvexQuery(api.messages.list, { channel: 'y' }, { auth: 'public', initialData: [{ _id: '0', body: 'from before' }] })).result
      await page.tick()
      page.source.signIn('ada')
      expect(result.kept.data.value![0]!.body).toBe('a')
      expect(late.data.value[0]!.body).toBe('from before')
      page.deployment.flush()
      await page.tick()
      expect(result.kept.data.value![0]!.body).toBe('b')
      expect(late.data.value[0]!.body).toBe('y')
    })

    it('never runs as the user', async () => {
      openPage({ user: 'ada' })
      mountWhoami('public')
      mountWhoami('optional')
      await page.tick()
      page.deployment.drop()
      await page.tick(3000)
      const subjects = page.deployment.executions.map(({ socket, subject }) => `${page.deployment.sockets[socket]!.frames.some(({ type }) => type === 'Authenticate') ? 'a person\'s' : 'anonymous\'s'}: ${subject}`)
      expect(new Set(subjects)).toEqual(new Set(['a person\'s: ada', 'anonymous\'s: null']))
    })
  })

  describe('a public and an optional query on an anonymous page', () => {
    it('share one subscription until a user signs in', async () => {
      openPage()
      mountWhoami('optional')
      await page.tick()
      page.takeFrames()
      const free = mountWhoami('public')
      expect(free.query.data.value).toBe('anonymous')
      await page.tick()
      expect(page.takeFrames()).toEqual([])
      page.deployment.functions.set('users:whoami', () => 'changed')
      page.deployment.invalidate()
      await page.tick()
      expect(free.query.data.value).toBe('changed')
      page.source.signIn('ada')
      await page.tick()
      expect(free.query.data.value).toBe('changed')
    })
  })

  describe('a query with `auth: optional`', () => {
    it('waits until the identity is known', async () => {
      openPage({ user: 'silent' })
      const { seen } = mountWhoami('optional')
      await page.tick(1000)
      expect(page.deployment.executions).toEqual([])
      page.source.signIn('ada')
      await page.tick()
      expect(seen).toEqual(['undefined pending', 'ada success'])
    })

    it('runs anonymously once the provider has reported that no user is signed in', async () => {
      openPage({ user: 'silent' })
      const { seen } = mountWhoami('optional')
      await page.tick()
      page.source.report({ status: 'signedOut' })
      await page.tick()
      expect(seen).toEqual(['undefined pending', 'anonymous success'])
    })

    it('removes the data in the tick of an identity change', async () => {
      openPage({ user: 'ada' })
      const { query, seen } = mountWhoami('optional')
      await page.tick()
      expect(query.data.value).toBe('ada')
      page.source.report({ status: 'signedOut' })
      expect(query.data.value).toBeUndefined()
      await page.tick()
      expect(query.data.value).toBe('anonymous')
      page.source.signIn('bob')
      expect(query.data.value).toBeUndefined()
      await page.tick()
      expect(seen.map(entry => entry.replace(' stale', ''))).toEqual(['undefined pending', 'ada success', 'undefined pending', 'anonymous success', 'undefined pending', 'bob success'])
    })

    it('keeps neither previous nor initial data across an identity change', async () => {
      openPage({ user: 'ada' })
      page.deployment.functions.set('messages:list', (_args, subject) => [{ _id: '1', body: `of ${subject}` }])
      const channel = ref('a')
      const { result } = page.run(() => ({
        kept: useConvexQuery(api.messages.list, () => ({ channel: channel.value }), { keepPreviousData: true }),
        initial: useConvexQuery(api.messages.list, { channel: 'z' }, { initialData: [{ _id: '0', body: 'of ada' }] }),
      }))
      await page.tick()
      expect(result.kept.data.value![0]!.body).toBe('of ada')
      expect(result.initial.data.value![0]!.body).toBe('of ada')
      page.source.signIn('bob')
      expect(result.kept.data.value).toBeUndefined()
      expect(result.initial.data.value).toBeUndefined()
      channel.value = 'b'
      await page.tick(0)
      expect(result.kept.data.value).toBeUndefined()
      await page.tick()
      expect(result.kept.data.value![0]!.body).toBe('of bob')
      expect(result.initial.data.value![0]!.body).toBe('of bob')
    })

    it('removes initial data at an identity change, even if the query is pending', async () => {
      openPage({ user: 'ada' })
      page.deployment.isHolding = true
      const query = page.run(() => useConvexQuery(api.messages.list, { channel: 'a' }, { initialData: [{ _id: '0', body: 'of ada' }] })).result
      await page.tick()
      expect(query.data.value![0]!.body).toBe('of ada')
      page.source.signIn('bob')
      expect(query.data.value).toBeUndefined()
      expect(query.status.value).toBe('pending')
      page.deployment.flush()
    })
  })

  describe('a query that has no token 2 s after the page load', () => {
    it('sets isStale to false when the result of the user equals the anonymous result', async () => {
      openPage({ user: 'silent' })
      page.deployment.functions.set('values:get', () => 'the same for all')
      const { result } = page.run(() => ({ query: useConvexQuery(api.values.get), client: useConvexClient() }))
      await page.tick(2020)
      const once = result.client.query(api.values.get)
      expect([result.query.data.value, result.query.isStale.value]).toEqual(['the same for all', true])
      page.source.signIn('ada')
      await page.tick(500)
      expect([result.query.data.value, result.query.isStale.value]).toEqual(['the same for all', false])
      await expect(once).resolves.toBe('the same for all')
    })

    it('shows anonymous results as stale until the first result of the user arrives', async () => {
      openPage({ user: 'silent' })
      const { seen, query } = mountWhoami('optional')
      await page.tick(1999)
      expect(page.deployment.sockets).toEqual([])
      await page.tick(20)
      expect(query.data.value).toBe('anonymous')
      expect(query.isStale.value).toBe(true)

      page.deployment.latencyMs = 100
      page.source.signIn('ada')
      await page.tick(150)
      expect(query.data.value).toBe('anonymous')
      expect(query.isStale.value).toBe(true)
      await page.tick(500)
      expect(seen).toEqual(['undefined pending', 'anonymous success stale', 'ada success'])
    })

    it('is pending if it requires a user', async () => {
      openPage({ user: 'silent' })
      const { query } = mountWhoami('required')
      await page.tick(4000)
      expect(query.status.value).toBe('pending')
      expect(page.deployment.executions).toEqual([])
    })

    it('updates anonymous results until the results of the user arrive', async () => {
      openPage({ user: 'silent' })
      let revision = 1
      const { query } = mountWhoami('optional')
      page.deployment.functions.set('users:whoami', (_args, subject) => `${subject ?? 'anonymous'} ${revision}`)
      await page.tick(2050)
      expect(query.data.value).toBe('anonymous 1')
      page.deployment.isHolding = true
      page.source.signIn('ada')
      await page.tick(50)
      const [anonymousSocket] = page.deployment.sockets
      revision = 2
      page.deployment.invalidate()
      await page.tick(1)
      page.deployment.isHolding = false
      anonymousSocket!.flush()
      expect(query.data.value).toBe('anonymous 2')
      expect(query.isStale.value).toBe(true)
      page.deployment.flush()
      await page.tick()
      expect(query.data.value).toBe('ada 2')
    })

    it('closes the anonymous connection when the result of the user has arrived', async () => {
      openPage({ user: 'silent' })
      const { query } = mountWhoami('optional')
      await page.tick(2050)
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual([null])
      page.source.signIn('ada')
      await page.tick(100)
      expect(query.data.value).toBe('ada')
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual(['ada'])
    })

    it('keeps the anonymous result if the provider then reports that no user is signed in', async () => {
      openPage({ user: 'silent' })
      const { seen } = mountWhoami('optional')
      await page.tick(2050)
      page.source.report({ status: 'signedOut' })
      await page.tick(100)
      expect(seen).toEqual(['undefined pending', 'anonymous success stale', 'anonymous success'])
      expect(page.deployment.sockets).toHaveLength(1)
    })
  })

  describe('a query with `auth: required`', () => {
    it('is pending until the token has arrived, and never runs anonymously', async () => {
      openPage({ user: 'ada' })
      page.source.answer = null
      const { seen } = mountWhoami('required')
      await page.tick(3000)
      expect(seen).toEqual(['undefined pending'])
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick()
      expect(seen).toEqual(['undefined pending', 'ada success'])
      expect(page.deployment.executions.map(({ subject }) => subject)).toEqual(['ada'])
    })

    it('unsubscribes at a sign-out, and is paused until a user signs in', async () => {
      openPage({ user: 'ada' })
      const { seen, query } = mountWhoami('required')
      await page.tick()
      page.source.report({ status: 'signedOut' })
      expect(query.status.value).toBe('paused')
      await page.tick()
      expect(page.deployment.liveSockets).toEqual([])
      page.source.signIn('bob')
      expect(query.status.value).toBe('pending')
      await page.tick()
      expect(seen).toEqual(['undefined pending', 'ada success', 'undefined paused', 'undefined pending', 'bob success'])
    })

    it('is returned by useAuthedQuery, with and without arguments', async () => {
      openPage({ user: 'silent' })
      page.deployment.functions.set('users:whoami', (_args, subject) => subject)
      page.deployment.functions.set('messages:list', () => [])
      const { result } = page.run(() => [
        useAuthedQuery(api.users.whoami),
        useAuthedQuery(api.users.whoami, {}),
        useAuthedQuery(api.messages.list, { channel: 'a' }, { transform: list => list.length }),
        useAuthedQuery(api.users.whoami, undefined),
      ] as const)
      await page.tick(2500)
      expect(result.map(({ status }) => status.value)).toEqual(['pending', 'pending', 'pending', 'paused'])
      page.source.signIn('ada')
      await page.tick()
      expect(result.map(({ data }) => data.value)).toEqual(['ada', 'ada', 0, undefined])
    })
  })

  describe('a query whose token the deployment rejects', () => {
    it('keeps the data of the user, and marks it as stale', async () => {
      openPage({ user: 'ada' })
      const { query } = mountWhoami('required')
      const free = mountWhoami('public')
      await page.tick()
      page.source.answer = null
      page.deployment.accepts = () => false
      page.deployment.drop()
      await page.tick(3000)
      expect(page.convex.auth.status.value).toBe('refreshing')
      expect(query.data.value).toBe('ada')
      expect(query.status.value).toBe('success')
      expect(query.isStale.value).toBe(true)
      expect(free.query.isStale.value).toBe(false)
      page.deployment.accepts = () => true
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(2000)
      expect(query.isStale.value).toBe(false)
      expect(query.data.value).toBe('ada')
    })
  })

  describe('the anonymous connection', () => {
    it('is never opened if a user is signed in and no query is public', async () => {
      openPage({ user: 'ada' })
      mountWhoami('optional')
      await page.tick(100)
      expect(page.deployment.sockets).toHaveLength(1)
    })

    it('is closed when the last public query has stopped lingering', async () => {
      openPage({ user: 'ada' })
      mountWhoami('optional')
      const { stop } = page.run(() => useConvexQuery(api.users.whoami, {}, { auth: 'public' }))
      await page.tick()
      expect(page.deployment.liveSockets).toHaveLength(2)
      stop()
      await page.tick(3100)
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual(['ada'])
    })

    it('is closed after a mutation if nothing else needs it', async () => {
      openPage()
      page.deployment.functions.set('messages:send', () => 'id')
      const { result } = page.run(() => useConvexMutation(api.messages.send))
      expect(page.deployment.sockets).toEqual([])
      page.deployment.latencyMs = 50
      const sent = result.mutate({ channel: 'a', body: 'b' })
      await page.tick(60)
      expect(page.deployment.liveSockets).toHaveLength(1)
      await page.tick(500)
      expect(await sent).toBe('id')
      expect(page.deployment.liveSockets).toEqual([])
    })

    it('is closed at a sign-in if only optional queries have used it', async () => {
      openPage()
      const { query } = mountWhoami('optional')
      await page.tick()
      page.source.report(signedIn('ada'))
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(100)
      expect(query.data.value).toBe('ada')
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual(['ada'])
    })
  })
})
