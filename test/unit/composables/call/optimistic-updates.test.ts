import type { OptimisticLocalStore } from 'convex/browser'
import type { UseConvexQueryOptions } from 'convue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useConvexClient, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { watch } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

const channel = 'a'

/** Adds a row in the position where the server will add it. */
function add(queries: OptimisticLocalStore, { channel, body }: { channel: string, body: string }): void {
  const list = queries.getQuery(api.messages.list, { channel })
  if (list)
    queries.setQuery(api.messages.list, { channel }, [...list, { _id: `optimistic ${body}`, body }])
}

/**
 * Channel `a` and its mutation on a page. The server responds after 50 ms, and refuses bodies that
 * start with `!`.
 */
async function mountChannel(optimisticUpdate: typeof add = add, { user, ...options }: Pick<ScriptedPageOptions, 'user'> & Pick<UseConvexQueryOptions, 'auth' | 'keepPreviousData'> = {}) {
  page = new ScriptedPage({ user })
  page.deployment.latencyMs = 50
  const channels: Record<string, { _id: string, body: string }[]> = { a: [{ _id: '1', body: 'one' }], b: [] }
  page.deployment.functions.set('messages:list', ({ channel }) => channels[channel]!)
  page.deployment.functions.set('messages:count', ({ channel }) => channels[channel]!.length)
  page.deployment.functions.set('messages:send', ({ channel, body }) => {
    if (body.startsWith('!'))
      throw new Error(`refused ${body}`)
    channels[channel] = [...channels[channel]!, { _id: body, body }]
    return body
  })
  const seen: unknown[] = []
  const mounted = page.run(() => {
    const query = useConvexQuery(api.messages.list, { channel }, options)
    watch([query.data, query.status], ([data, status]) => seen.push(`${bodies(data)} ${status}`), { flush: 'sync' })
    return { query, ...useConvexMutation(api.messages.send, { optimisticUpdate }) }
  }).result
  await page.tick(500)
  seen.length = 0
  return {
    ...mounted,
    seen,
    /** The messages on the server by channel: a test changes them as another user would. */
    channels,
    shown: () => bodies(mounted.query.data.value),
    sent: () => page.deployment.executions.filter(({ kind }) => kind === 'mutation').map(({ args }) => args.body),
  }
}

function bodies(list: { body: string }[] | undefined): string | undefined {
  return list?.map(({ body }) => body).join()
}

describe('optimisticUpdate', () => {
  describe('the update', () => {
    it('is shown in the tick of the call, until the result of the server replaces it', async () => {
      const { mutate, query, seen, shown } = await mountChannel()
      const row = query.data.value![0]
      void mutate({ channel, body: 'two' })
      expect(shown()).toBe('one,two')
      expect(query.data.value![0]).toBe(row)
      await page.tick(500)
      expect(seen).toEqual(['one,two success', 'one,two success'])
      expect(query.data.value![1]!._id).toBe('two')
      expect(query.data.value![0]).toBe(row)
    })

    it('can change several queries, which the page shows in the same tick', async () => {
      const { mutate, query } = await mountChannel((queries, args) => {
        add(queries, args)
        queries.setQuery(api.messages.count, { channel: args.channel }, queries.getQuery(api.messages.count, { channel: args.channel })! + 1)
      })
      const count = page.run(() => useConvexQuery(api.messages.count, { channel })).result
      await page.tick(500)
      const seen: unknown[] = []
      page.run(() => watch([query.data, count.data], ([list, count]) => seen.push([list!.length, count]), { flush: 'sync' }))
      void mutate({ channel, body: 'two' })
      expect(seen).toEqual([[2, 2]])
      void mutate({ channel, body: '!' }).catch(() => {})
      expect(seen).toEqual([[2, 2], [3, 3]])
      await page.tick(500)
      expect(seen.every(([list, count]: any) => list === count)).toBe(true)
      expect(seen.at(-1)).toEqual([2, 2])
    })

    it('triggers no watcher if it changes no result', async () => {
      const { mutate, seen } = await mountChannel((queries, { channel }) => {
        queries.setQuery(api.messages.list, { channel }, queries.getQuery(api.messages.list, { channel })!.map(row => ({ ...row })))
      })
      void mutate({ channel, body: '!' }).catch(() => {})
      await page.tick(500)
      expect(seen).toEqual([])
    })

    it('receives the arguments of the call, even if the app mutates their object later', async () => {
      const { mutate, shown } = await mountChannel()
      const form = { channel, body: 'two' }
      void mutate(form)
      form.body = 'three'
      page.deployment.invalidate()
      await page.tick(20)
      expect(shown()).toBe('one,two')
      await page.tick(500)
    })

    it('can be passed to mutation() of useConvexClient, which reverts it after a failure', async () => {
      const { shown } = await mountChannel()
      const { result: client } = page.run(() => useConvexClient())
      const sent = client.mutation(api.messages.send, { channel, body: 'two' }, { optimisticUpdate: add })
      expect(shown()).toBe('one,two')
      await page.tick(500)
      expect(await sent).toBe('two')
      const failure = client.mutation(api.messages.send, { channel, body: '!' }, { optimisticUpdate: add }).catch(error => error)
      expect(shown()).toBe('one,two,!')
      await page.tick(500)
      expect((await failure).message).toContain('refused !')
      expect(shown()).toBe('one,two')
    })
  })

  describe('a mutation that fails', () => {
    it('reverts its optimistic update', async () => {
      const { mutate, query, seen } = await mountChannel()
      const before = query.data.value
      const rejected = expect(mutate({ channel, body: '!' })).rejects.toThrow('refused')
      await page.tick(500)
      await rejected
      expect(seen).toEqual(['one,! success', 'one success'])
      expect(query.data.value![0]).toBe(before![0])
    })

    it('reverts only its own update, and not the updates of earlier and later mutations', async () => {
      const { mutate, shown } = await mountChannel()
      void mutate({ channel, body: 'two' })
      page.deployment.isHolding = true
      const failure = mutate({ channel, body: '!' }).catch(error => error)
      void mutate({ channel, body: 'three' })
      expect(shown()).toBe('one,two,!,three')
      await page.tick(60)
      // The server sends the result of the first mutation, then its effect, then the refusal.
      page.deployment.flush()
      await failure
      expect(shown()).toBe('one,two,three')
      await page.tick(500)
      expect(shown()).toBe('one,two,three')
    })

    it('replaces its update with the latest result of the server', async () => {
      const { mutate, channels, seen, shown } = await mountChannel()
      channels.a = [{ _id: '1', body: 'edited' }, { _id: '9', body: 'another\'s' }]
      page.deployment.invalidate()
      await page.tick(20)
      const failure = mutate({ channel, body: '!' }).catch(error => error)
      await page.tick(500)
      await failure
      expect(seen).toEqual(['one,! success', 'edited,another\'s,! success', 'edited,another\'s success'])
      expect(shown()).toBe('edited,another\'s')
    })

    it('reverts its update even if the query has failed in the meantime', async () => {
      const { mutate, query, channels } = await mountChannel((queries, { channel, body }) =>
        queries.setQuery(api.messages.list, { channel }, [{ _id: 'optimistic', body }]))
      page.deployment.functions.set('messages:list', () => {
        throw new Error('broken')
      })
      const failure = mutate({ channel, body: '!' }).catch(error => error)
      page.deployment.invalidate()
      await page.tick(500)
      await failure
      expect(query.error.value?.message).toContain('broken')
      page.deployment.functions.set('messages:list', () => channels.a!)
      page.deployment.invalidate()
      await page.tick(500)
      expect(query.data.value).toEqual(channels.a)
    })
  })

  describe('two pending updates of one query', () => {
    it('are applied in order, and each is removed when its own mutation has run', async () => {
      const { mutate, query, shown } = await mountChannel()
      const ids = (): unknown => query.data.value!.map(({ _id }) => _id).join()
      void mutate({ channel, body: 'two' })
      await page.tick(20)
      void mutate({ channel, body: 'three' })
      expect(shown()).toBe('one,two,three')
      await page.tick(35)
      expect(ids()).toBe('1,two,optimistic three')
      await page.tick(500)
      expect(ids()).toBe('1,two,three')
    })

    it('are both applied again when another user changes the data', async () => {
      const { mutate, channels, query, shown } = await mountChannel()
      channels.a = [...channels.a!, { _id: '9', body: 'another\'s' }]
      page.deployment.invalidate()
      await page.tick(20)
      void mutate({ channel, body: 'two' })
      void mutate({ channel, body: 'three' })
      expect(shown()).toBe('one,two,three')
      await page.tick(40)
      expect(query.data.value!.map(({ _id }) => _id)).toEqual(['1', '9', 'optimistic two', 'optimistic three'])
      await page.tick(500)
      expect(shown()).toBe('one,another\'s,two,three')
    })
  })

  describe('setQuery() with the value undefined', () => {
    const clear: typeof add = (queries, { channel }) => queries.setQuery(api.messages.list, { channel }, undefined)

    it('makes the query `pending` until the result of the mutation arrives', async () => {
      const { mutate, query, seen } = await mountChannel(clear)
      void mutate({ channel, body: 'two' })
      expect([query.status.value, query.isPending.value, query.data.value, query.error.value, query.isStale.value]).toEqual(['pending', true, undefined, undefined, false])
      await page.tick(500)
      expect(seen).toEqual(['undefined pending', 'one,two success'])
    })

    it('makes the query `pending` until the mutation has failed', async () => {
      const { mutate, seen } = await mountChannel(clear)
      void mutate({ channel, body: '!' }).catch(() => {})
      await page.tick(500)
      expect(seen).toEqual(['undefined pending', 'one success'])
    })

    it('keeps the previous data as stale if the query has the option keepPreviousData', async () => {
      const { mutate, query, seen, shown } = await mountChannel(clear, { keepPreviousData: true })
      void mutate({ channel, body: 'two' })
      expect([query.status.value, shown(), query.isStale.value]).toEqual(['pending', 'one', true])
      await page.tick(500)
      expect([query.status.value, shown(), query.isStale.value]).toEqual(['success', 'one,two', false])
      expect(seen).toEqual(['one pending', 'one,two success'])
    })
  })

  describe('the local store', () => {
    it('returns the live queries of the page from getQuery() and getAllQueries()', async () => {
      const seen: unknown[] = []
      const { mutate } = await mountChannel((queries) => {
        seen.push(
          queries.getQuery(api.messages.list, { channel: 'a' }),
          queries.getQuery(api.messages.list, { channel: 'b' }),
          queries.getQuery(api.messages.list, { channel: 'unused' }),
          queries.getQuery(api.messages.count, { channel: 'a' }),
          queries.getAllQueries(api.messages.list).map(({ args, value }) => `${args.channel}: ${bodies(value)}`).sort(),
          queries.getAllQueries(api.messages.count),
        )
      })
      page.run(() => useConvexQuery(api.messages.list, { channel: 'b' }))
      page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }, { live: false }))
      await page.tick(500)
      void mutate({ channel, body: '!' }).catch(() => {})
      await page.tick(500)
      expect(seen.slice(0, 6)).toEqual([[{ _id: '1', body: 'one' }], [], undefined, undefined, ['a: one', 'b: '], []])
    })

    it('contains no result of a failed query, but setQuery() can set a temporary result', async () => {
      const seen: unknown[] = []
      const { mutate, query } = await mountChannel((queries, { channel, body }) => {
        seen.push(queries.getQuery(api.messages.list, { channel }))
        queries.setQuery(api.messages.list, { channel }, [{ _id: 'optimistic', body }])
      })
      page.deployment.functions.set('messages:list', () => {
        throw new Error('broken')
      })
      page.deployment.invalidate()
      await page.tick(100)
      expect(query.status.value).toBe('error')
      void mutate({ channel, body: '!' }).catch(() => {})
      expect([query.status.value, query.data.value]).toEqual(['success', [{ _id: 'optimistic', body: '!' }]])
      await page.tick(500)
      expect(query.error.value?.message).toContain('broken')
      expect(seen[0]).toBeUndefined()
    })

    it('contains no public query while a user is signed in', async () => {
      const { mutate, shown } = await mountChannel(add, { user: 'ada', auth: 'public' })
      void mutate({ channel, body: 'two' })
      expect(shown()).toBe('one')
      await page.tick(500)
      expect(shown()).toBe('one,two')
    })
  })

  describe('an update whose mutation waits because the page is offline', () => {
    it('is shown at once and while reconnections fail, and the mutation runs once', async () => {
      const { mutate, isQueued, query, shown, sent } = await mountChannel()
      page.deployment.isReachable = false
      page.deployment.drop()
      const calls = [mutate({ channel, body: 'two' }), mutate({ channel, body: 'three' })]
      expect([shown(), isQueued.value]).toEqual(['one,two,three', true])
      await page.tick(5000)
      expect([shown(), isQueued.value, sent()]).toEqual(['one,two,three', true, []])
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(await Promise.all(calls)).toEqual(['two', 'three'])
      expect(sent()).toEqual(['two', 'three'])
      expect(query.data.value!.map(({ _id }) => _id)).toEqual(['1', 'two', 'three'])
    })

    it('is still shown when the first results of the new connection arrive', async () => {
      const { mutate, seen } = await mountChannel()
      page.deployment.isReachable = false
      page.deployment.drop()
      void mutate({ channel, body: 'two' })
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(new Set(seen)).toEqual(new Set(['one,two success']))
    })
  })

  describe('an identity change', () => {
    it.each([
      ['a sign-out', () => page.source.report({ status: 'signedOut' })],
      ['a sign-in of another user', () => page.source.signIn('bob')],
    ])('removes the update in the same tick: %s', async (_how, change) => {
      const { mutate, seen, shown, query } = await mountChannel(add, { user: 'ada' })
      page.deployment.isHolding = true
      const failure = mutate({ channel, body: 'secret' }).catch(error => error)
      expect(shown()).toBe('one,secret')
      change()
      expect([shown(), query.status.value]).toEqual([undefined, 'pending'])
      expect(await failure).toMatchObject({ code: 'IDENTITY_CHANGED' })
      page.deployment.functions.set('messages:list', () => [{ _id: '1', body: 'one' }])
      page.deployment.flush()
      await page.tick(5000)
      expect(seen).toEqual(['one,secret success', 'undefined pending', 'one success'])
    })

    it('removes the update while the page is offline, so that the next identity never sees it', async () => {
      const { mutate, shown, sent } = await mountChannel(add, { user: 'ada' })
      page.deployment.isReachable = false
      page.deployment.drop()
      const failure = mutate({ channel, body: 'secret' }).catch(error => error)
      page.source.report({ status: 'signedOut' })
      expect(shown()).toBeUndefined()
      expect(await failure).toMatchObject({ outcome: 'notSent' })
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect([shown(), sent()]).toEqual(['one', []])
    })
  })
})
