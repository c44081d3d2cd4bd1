import type { Preloaded, UseConvexQueryReturn } from 'convue'
import type { Doc } from '../support/convex/_generated/dataModel'
import type { Message } from '../support/scripted/scripted-api.ts'
import { makeFunctionReference } from 'convex/server'
import { defineConvexQuery, prefetchConvexQuery, useAuthedQuery, useConvexQueries, useConvexQuery, usePrefetchConvexQuery, usePreloadedQuery } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'
import { computed, reactive, ref } from 'vue'
import { api } from '../support/convex/_generated/api.js'
import { api as scripted } from '../support/scripted/scripted-api.ts'

const optional = makeFunctionReference<'query', { limit?: number }, string[]>('messages:recent')

describe('useConvexQueries: the type of results', () => {
  it('is that of the function under the key', () => {
    const results = useConvexQueries({
      messages: { query: scripted.messages.list, args: { channel: 'a' } },
      who: { query: scripted.users.whoami },
      tasks: { query: api.tasks.list, auth: 'required', keepPreviousData: true, keepDataOnError: true, live: false, lingerMs: 0 },
    })
    expectTypeOf(results.messages.data).toEqualTypeOf<Message[] | undefined>()
    expectTypeOf(results.who.data).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(results.tasks.data).toEqualTypeOf<Doc<'tasks'>[] | undefined>()
    expectTypeOf(results.tasks.status).toEqualTypeOf<'paused' | 'pending' | 'success' | 'error'>()
    expectTypeOf(results.tasks.error).toEqualTypeOf<Error | undefined>()
    expectTypeOf(results.tasks.isStale).toEqualTypeOf<boolean>()
    expectTypeOf(results.tasks.refresh).toEqualTypeOf<() => Promise<void>>()
    // @ts-expect-error there is no such key
    void results.others
    // @ts-expect-error the result is read-only
    results.who.data = null
    // @ts-expect-error the record is read-only
    results.who = {} as any
  })

  it('includes undefined if a key may be missing', () => {
    const ids = ref<string[]>([])
    const results = useConvexQueries(() => Object.fromEntries(ids.value.map(id => [id, { query: scripted.messages.count, args: { channel: id } }])))
    expectTypeOf(results.some).toExtend<{ readonly data: number | undefined } | undefined>()
    expectTypeOf(results.some?.data).toEqualTypeOf<number | undefined>()
    // @ts-expect-error the key may be missing
    void results.some.data
    const isShown = ref(false)
    const maybe = useConvexQueries(() => ({ ...isShown.value ? { who: { query: scripted.users.whoami } } : {} }))
    expectTypeOf(maybe.who?.data).toEqualTypeOf<string | null | undefined>()
    // @ts-expect-error the key may be missing
    void maybe.who.data
  })

  it('has an entry for a key whose query is paused', () => {
    const id = ref<string>()
    const results = useConvexQueries(() => ({
      one: id.value ? { query: scripted.messages.list, args: { channel: id.value } } : undefined,
      two: id.value ? { query: scripted.messages.count, args: { channel: id.value } } : 'skip',
      three: { query: scripted.messages.count, args: id.value ? { channel: id.value } : null },
    }))
    expectTypeOf(results.one.data).toEqualTypeOf<Message[] | undefined>()
    expectTypeOf(results.two.data).toEqualTypeOf<number | undefined>()
    expectTypeOf(results.three.data).toEqualTypeOf<number | undefined>()
  })

  it('can be awaited, and the awaited value cannot be awaited again', async () => {
    const queries = useConvexQueries({ who: { query: scripted.users.whoami } })
    const results = await queries
    expectTypeOf(results.who.data).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(queries).toHaveProperty('then')
    expectTypeOf(results).not.toHaveProperty('then')
  })
})

describe('useConvexQueries: the type of the record', () => {
  it('accepts a value, ref, getter, computed or reactive object, with equal arguments', () => {
    useConvexQueries({ count: { query: scripted.messages.count, args: { channel: 'a' } } })
    useConvexQueries(ref({ count: { query: scripted.messages.count, args: { channel: 'a' } } }))
    useConvexQueries(computed(() => ({ count: { query: scripted.messages.count, args: { channel: 'a' } } })))
    useConvexQueries(reactive({ count: { query: scripted.messages.count, args: { channel: 'a' } } }))
    useConvexQueries({ count: { query: scripted.messages.count, args: () => ({ channel: 'a' }) } })
    useConvexQueries({ count: { query: scripted.messages.count, args: 'skip' }, recent: { query: optional } })
  })

  it('has the arguments of each function', () => {
    // @ts-expect-error the channel is missing
    useConvexQueries({ count: { query: scripted.messages.count } })
    // @ts-expect-error the channel is a string
    useConvexQueries({ count: { query: scripted.messages.count, args: { channel: 1 } } })
    // @ts-expect-error in a getter too
    useConvexQueries(() => ({ count: { query: scripted.messages.count, args: { channel: 1 } } }))
    // @ts-expect-error the function takes no arguments
    useConvexQueries({ who: { query: scripted.users.whoami, args: { channel: 'a' } } })
    // @ts-expect-error a mutation is not a query
    useConvexQueries({ send: { query: scripted.messages.send, args: { channel: 'a', body: 'b' } } })
    // @ts-expect-error there is no such option
    useConvexQueries({ who: { query: scripted.users.whoami, keepPrevious: true } })
  })
})

describe('prefetchConvexQuery: types', () => {
  it('takes the parameters of the query, and resolves with nothing', () => {
    expectTypeOf(prefetchConvexQuery(scripted.messages.count, { channel: 'a' })).toEqualTypeOf<Promise<void>>()
    prefetchConvexQuery(scripted.users.whoami)
    prefetchConvexQuery(scripted.users.whoami, {}, { auth: 'required', live: false, lingerMs: 0, awaitTimeoutMs: 0 })
    prefetchConvexQuery(scripted.messages.count, 'skip')
    const prefetch = usePrefetchConvexQuery()
    expectTypeOf(prefetch(scripted.messages.count, { channel: 'a' })).toEqualTypeOf<Promise<void>>()
    // @ts-expect-error the channel is required
    prefetch(scripted.messages.count)
    // @ts-expect-error the channel is a string
    prefetchConvexQuery(scripted.messages.count, { channel: 1 })
    // @ts-expect-error the page decides about initial data
    prefetchConvexQuery(scripted.users.whoami, {}, { initialData: null })
  })
})

describe('defineConvexQuery: types', () => {
  it('returns the return type of the setup', () => {
    const useTasks = defineConvexQuery(() => useAuthedQuery(api.tasks.list))
    expectTypeOf(useTasks).toEqualTypeOf<() => ReturnType<typeof useAuthedQuery<typeof api.tasks.list>>>()
    expectTypeOf(useTasks().data.value).toEqualTypeOf<Doc<'tasks'>[] | undefined>()
    const useCount = defineConvexQuery(() => {
      const { data } = useConvexQuery(scripted.messages.list, { channel: 'a' })
      return { count: computed(() => data.value?.length ?? 0) }
    })
    expectTypeOf(useCount().count.value).toEqualTypeOf<number>()
  })
})

describe('usePreloadedQuery: types', () => {
  it('has data of the type of the preloaded query, or undefined, as after a sign-out', async () => {
    const preloaded = {} as Preloaded<typeof api.tasks.list>
    const query = usePreloadedQuery(preloaded)
    expectTypeOf(query.data.value).toEqualTypeOf<Doc<'tasks'>[] | undefined>()
    expectTypeOf(await query).toEqualTypeOf<UseConvexQueryReturn<Doc<'tasks'>[] | undefined>>()
    expectTypeOf(usePreloadedQuery({} as Preloaded<typeof scripted.users.whoami>, { auth: 'public', keepDataOnError: true }).data.value).toEqualTypeOf<string | null | undefined>()
    // @ts-expect-error the preloaded value is the initial data
    usePreloadedQuery(preloaded, { initialData: [] })
  })
})
