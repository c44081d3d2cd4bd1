import type { QueryArgs, UseConvexQueryOptions } from 'convue'
import type { Ref } from 'vue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useConvexAction, useConvexClient, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, KeepAlive, ref, shallowRef } from 'vue'
import { fakeToken } from '../../../support/scripted/fake-token.ts'
import { recordTicks } from '../../../support/scripted/identity.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'
import { signedIn } from '../../../support/scripted/scripted-source.ts'

type Args = QueryArgs<typeof api.messages.count>

const COUNT_A = '+messages:count {"channel":"a"}'

let page: ScriptedPage
let count: number | Error
setupScriptedPage()

function openPage(options: ScriptedPageOptions = {}): ScriptedPage {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 50
  count = 1
  page.deployment.functions.set('messages:count', ({ channel }, subject) => {
    if (count instanceof Error)
      throw count
    return `${count} in ${channel}${subject === null ? '' : ` for ${subject}`}` as any
  })
  page.deployment.functions.set('users:whoami', (_args, subject) => subject)
  // Keeps the connections open.
  page.run(() => useConvexQuery(api.users.whoami, {}))
  return page
}

/** A query with live false, and every state that a synchronous watcher saw. */
function mountOnce(args: Args | Ref<Args> = { channel: 'a' }, options: Partial<UseConvexQueryOptions> = {}) {
  const { result, stop } = page.run(() => {
    const query = useConvexQuery(api.messages.count, args, { live: false, ...options } as any)
    const ticks = recordTicks(() => `${query.data.value} ${query.status.value}${query.isStale.value ? ' stale' : ''}`)
    return { query, ticks: () => ticks.map(text => JSON.parse(text) as string) }
  })
  return { ...result, stop }
}

async function change(next: number | Error): Promise<void> {
  count = next
  page.deployment.invalidate()
  await page.tick(500)
}

/** The subscriptions to `messages:count`. */
const subscribed = (): unknown[] => page.deployment.liveSockets.flatMap(socket => [...socket.queries.values()]).filter(({ name }) => name === 'messages:count').map(({ args }) => args)
const asked = (): number => page.deployment.executions.filter(({ name }) => name === 'messages:count').length

describe('useConvexQuery', () => {
  describe('a query with `live: false`', () => {
    it('fetches one result and then unsubscribes', async () => {
      openPage()
      const { query, ticks } = mountOnce()
      await page.tick(500)
      expect(page.takeFrames()).toEqual(['Connect', expect.stringContaining(COUNT_A), '-1'])
      expect(subscribed()).toEqual([])
      await change(2)
      expect(query.data.value).toBe('1 in a')
      expect(query.isStale.value).toBe(false)
      expect(ticks()).toEqual(['undefined pending', '1 in a success'])
      expect(asked()).toBe(1)
    })

    it('fetches again when refresh() is called, and never shows an older result', async () => {
      openPage()
      const { query, ticks } = mountOnce()
      await page.tick(500)
      page.takeFrames()
      count = 2
      const refreshed = vi.fn()
      void query.refresh().then(refreshed)
      await page.tick(40)
      expect(query.data.value).toBe('1 in a')
      expect(refreshed).not.toHaveBeenCalled()
      await page.tick(500)
      expect(refreshed).toHaveBeenCalledTimes(1)
      expect(ticks()).toEqual(['undefined pending', '1 in a success', '2 in a success'])
      expect(page.takeFrames()).toEqual([COUNT_A, '-2'])
      expect(subscribed()).toEqual([])
    })

    it('resolves each refresh() if one is called while another is pending, and unsubscribes', async () => {
      openPage()
      const { query } = mountOnce()
      await page.tick(500)
      count = 2
      const refreshed = vi.fn()
      void query.refresh().then(refreshed)
      await page.tick(20)
      count = 3
      void query.refresh().then(refreshed)
      await page.tick(500)
      expect(refreshed).toHaveBeenCalledTimes(2)
      expect(query.data.value).toBe('3 in a')
      expect(subscribed()).toEqual([])
    })

    it('fetches only one result if refresh() is called before the first result', async () => {
      openPage()
      const { query, ticks } = mountOnce()
      const refreshed = vi.fn()
      await page.tick(70)
      void query.refresh().then(refreshed)
      await page.tick(500)
      expect(refreshed).toHaveBeenCalledTimes(1)
      expect(ticks()).toEqual(['undefined pending', '1 in a success'])
      expect(subscribed()).toEqual([])
    })

    it('sets `error` if the fetch fails, until refresh() succeeds', async () => {
      openPage()
      count = new Error('broken')
      const { query, ticks } = mountOnce()
      await page.tick(500)
      expect(subscribed()).toEqual([])
      await change(2)
      expect(query.status.value).toBe('error')
      void query.refresh()
      await page.tick(500)
      expect(ticks()).toEqual(['undefined pending', 'undefined error', '2 in a success'])
      expect(subscribed()).toEqual([])
    })

    it('runs once for all components, and once more for refresh()', async () => {
      openPage()
      const [one, two] = [mountOnce(), mountOnce()]
      await page.tick(500)
      expect([one.query.data.value, two.query.data.value, asked()]).toEqual(['1 in a', '1 in a', 1])
      count = 2
      void one.query.refresh()
      await page.tick(500)
      expect([one.query.data.value, two.query.data.value, asked()]).toEqual(['2 in a', '2 in a', 2])
    })

    it('shows its result to later components while it lingers, and fetches again afterwards', async () => {
      openPage({ lingerMs: 1000 })
      const one = mountOnce()
      await page.tick(500)
      one.stop()
      await page.tick(500)
      count = 2
      const two = mountOnce()
      expect(two.query.data.value).toBe('1 in a')
      two.stop()
      await page.tick(1500)
      const three = mountOnce()
      await page.tick(500)
      expect(three.ticks()).toEqual(['undefined pending', '2 in a success'])
    })

    it('fetches again for new arguments, and shows no previous data', async () => {
      openPage({ lingerMs: 0 })
      const args = shallowRef<Args>({ channel: 'a' })
      const { ticks } = mountOnce(args)
      await page.tick(500)
      args.value = { channel: 'b' }
      await page.tick(500)
      args.value = { channel: 'b' }
      await page.tick(500)
      args.value = 'skip'
      await page.tick(500)
      expect(ticks()).toEqual(['undefined pending', '1 in a success', 'undefined pending', '1 in b success', 'undefined paused'])
      expect(asked()).toBe(2)
      expect(subscribed()).toEqual([])
    })

    it('does not affect the subscription of a live query with equal arguments', async () => {
      openPage()
      const once = mountOnce()
      const live = mountOnce({ channel: 'a' }, { live: true })
      await page.tick(500)
      await change(2)
      expect([once.query.data.value, live.query.data.value]).toEqual(['1 in a', '2 in a'])
      expect(subscribed()).toHaveLength(1)
      void once.query.refresh()
      await page.tick(500)
      await change(3)
      expect([once.query.data.value, live.query.data.value]).toEqual(['2 in a', '3 in a'])
      expect(subscribed()).toHaveLength(1)
      live.stop()
      await page.tick(5000)
      expect(subscribed()).toEqual([])
    })

    it('uses the result of a live query without sending a message', async () => {
      openPage()
      mountOnce({ channel: 'a' }, { live: true })
      await page.tick(500)
      page.takeFrames()
      const once = mountOnce()
      expect(once.query.data.value).toBe('1 in a')
      await page.tick(500)
      expect(page.takeFrames()).toEqual([])
    })

    it('removes its result in the tick of an identity change, and fetches again', async () => {
      openPage({ user: 'ada' })
      const { query, ticks } = mountOnce()
      await page.tick(500)
      page.source.signIn('bob')
      expect(query.data.value).toBeUndefined()
      await page.tick(500)
      page.source.report({ status: 'signedOut' })
      expect(query.data.value).toBeUndefined()
      await page.tick(500)
      expect(ticks()).toEqual(['undefined pending', '1 in a for ada success', 'undefined pending', '1 in a for bob success', 'undefined pending', '1 in a success'])
      expect(subscribed()).toEqual([])
    })

    it('fetches again as the user if it ran anonymously because the token was late', async () => {
      openPage({ user: 'silent' })
      page.source.report(signedIn('ada'))
      const { query, ticks } = mountOnce()
      await page.tick(3000)
      expect(query.data.value).toBe('1 in a')
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(500)
      expect(ticks()).toEqual(['undefined pending', '1 in a success stale', '1 in a for ada success'])
    })

    it('fetches again for the next user, even if the tokens of both users are late', async () => {
      openPage({ user: 'silent' })
      page.source.report(signedIn('ada'))
      const { query } = mountOnce()
      await page.tick(3000)
      expect(query.data.value).toBe('1 in a')
      const before = asked()
      page.source.report(signedIn('bob'))
      expect(query.data.value).toBeUndefined()
      await page.tick(3000)
      expect(asked()).toBe(before + 1)
    })

    it('never shows a result of the previous user if the identity changes during the fetch', async () => {
      openPage({ user: 'ada' })
      const { query, ticks } = mountOnce()
      await page.tick(500)
      const refreshed = vi.fn()
      void query.refresh().then(refreshed)
      await page.tick(20)
      page.source.report({ status: 'signedOut' })
      await page.tick(0)
      expect(refreshed).toHaveBeenCalledTimes(1)
      await page.tick(500)
      expect(ticks()).toEqual(['undefined pending', '1 in a for ada success', 'undefined pending', '1 in a success'])
    })

    it('fetches again after a lost connection only if it has no result yet', async () => {
      openPage()
      const { ticks } = mountOnce()
      await page.tick(70)
      page.deployment.drop()
      await page.tick(5000)
      expect(ticks()).toEqual(['undefined pending', '1 in a success'])
      const before = asked()
      page.deployment.drop()
      await page.tick(5000)
      expect(asked()).toBe(before)
    })

    it('does not fetch again when the token is renewed', async () => {
      openPage({ user: 'ada' })
      mountOnce()
      await page.tick(500)
      page.deployment.isPinging = true
      page.deployment.drop()
      await page.tick(500)
      await page.tick(900_000)
      expect(asked()).toBe(1)
      page.deployment.isPinging = false
    })

    it.each([
      ['a mutation', (): unknown => page.run(() => useConvexMutation(api.messages.send)).result.mutate({ channel: 'b', body: 'hello' })],
      ['a mutation with an optimistic update', (): unknown => page.run(() => useConvexMutation(api.messages.send, { optimisticUpdate: () => {} })).result.mutate({ channel: 'b', body: 'hello' })],
      ['a slow action', (): unknown => page.run(() => useConvexAction(api.values.run)).result.run({})],
    ])('unsubscribes if its result arrives during %s', async (_name, call) => {
      openPage()
      page.deployment.functions.set('messages:send', () => null)
      page.deployment.functions.set('values:run', () => 'done')
      await page.tick(500)
      const { query } = mountOnce()
      await page.tick(20)
      void call()
      await page.tick(500)
      expect(query.data.value).toBe('1 in a')
      expect(subscribed()).toEqual([])
      await change(2)
      expect(query.data.value).toBe('1 in a')
    })

    it('does not pass its earlier result to a query() call of useConvexClient', async () => {
      openPage()
      mountOnce()
      await page.tick(500)
      count = 2
      const answer = page.run(() => useConvexClient()).result.query(api.messages.count, { channel: 'a' })
      await page.tick(500)
      expect(await answer).toBe('2 in a')
      expect(subscribed()).toEqual([])
    })
  })

  describe('a query with `live: false` in a KeepAlive', () => {
    function mountKept() {
      openPage({ lingerMs: 3000 })
      const isKept = ref(true)
      const Kept = defineComponent(() => {
        const { data } = useConvexQuery(api.messages.count, { channel: 'a' }, { live: false })
        return () => h('p', data.value ?? 'loading')
      })
      const wrapper = page.mount(defineComponent(() => () => h(KeepAlive, () => h(isKept.value ? Kept : { render: () => h('p', 'elsewhere') }))))
      return { wrapper, isKept }
    }

    it('shows its result when it is activated while it lingers, and later fetches again', async () => {
      const { wrapper, isKept } = mountKept()
      await page.tick(500)
      expect(wrapper.text()).toBe('1 in a')
      isKept.value = false
      await page.tick(1000)
      count = 2
      isKept.value = true
      await page.tick(500)
      expect(wrapper.text()).toBe('1 in a')
      expect(asked()).toBe(1)

      isKept.value = false
      await page.tick(5000)
      isKept.value = true
      await page.tick(500)
      expect(wrapper.text()).toBe('2 in a')
      expect(subscribed()).toEqual([])
    })
  })

  describe('the connection of a query with `live: false`', () => {
    it('is not opened again at an identity change if a public query has its result', async () => {
      openPage({ user: 'ada' })
      const { ticks } = mountOnce({ channel: 'a' }, { auth: 'public' })
      await page.tick(500)
      page.source.signIn('bob')
      await page.tick(500)
      expect(ticks()).toEqual(['undefined pending', '1 in a success'])
      expect(asked()).toBe(1)
    })

    it('is closed after the result has arrived', async () => {
      page = new ScriptedPage({ lingerMs: 0 })
      page.deployment.functions.set('messages:count', () => 1)
      const { stop } = mountOnce()
      await page.tick(500)
      // Nothing uses the connection any more.
      expect(page.deployment.liveSockets).toEqual([])
      stop()
    })

    it('is opened again for refresh() of a public query', async () => {
      openPage({ user: 'ada' })
      const { query } = mountOnce({ channel: 'a' }, { auth: 'public' })
      await page.tick(500)
      page.deployment.ts++
      page.deployment.functions.set('users:whoami', () => 'more')
      page.deployment.invalidate()
      await page.tick(500)
      expect(page.deployment.liveSockets).toHaveLength(1)
      count = 2
      const refreshed = vi.fn()
      void query.refresh().then(refreshed)
      await page.tick(1000)
      expect(refreshed).toHaveBeenCalled()
      expect(query.data.value).toBe('2 in a')
    })

    it('is not opened again if the auth state changes and the page remains anonymous', async () => {
      page = new ScriptedPage()
      count = 1
      page.deployment.functions.set('messages:list', () => [])
      page.deployment.functions.set('messages:count', ({ channel }) => `${count} in ${channel}` as any)
      // The anonymous connection closes, since nothing uses it any more.
      const { stop } = page.run(() => useConvexQuery(api.messages.list, { channel: 'x' }, { lingerMs: 0 }))
      const { ticks } = mountOnce()
      await page.tick(500)
      stop()
      page.source.report({ status: 'failed', error: new Error('down') })
      page.source.report({ status: 'signedOut' })
      await page.tick(5000)
      expect(ticks()).toEqual(['undefined pending', '1 in a success'])
      expect(asked()).toBe(1)
    })
  })
})
