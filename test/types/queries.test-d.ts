import type { ConvexError } from 'convex/values'
import type { Ref } from 'vue'
import type { Doc } from '../support/convex/_generated/dataModel'
import type { Message } from '../support/scripted/scripted-api.ts'
import { makeFunctionReference } from 'convex/server'
import { useAuthedQuery, useConvexQuery } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'
import { computed, reactive, ref } from 'vue'
import { api } from '../support/convex/_generated/api.js'
import { api as scripted } from '../support/scripted/scripted-api.ts'

const optional = makeFunctionReference<'query', { limit?: number }, string[]>('messages:recent')

describe('useConvexQuery: the type of data', () => {
  it('is the result of the function, or undefined', () => {
    const { data } = useConvexQuery(scripted.messages.list, { channel: 'a' })
    expectTypeOf(data.value).toEqualTypeOf<Message[] | undefined>()
    expectTypeOf(data).toExtend<Readonly<Ref<Message[] | undefined>>>()
    expectTypeOf(useConvexQuery(api.messages.list, { channel: 'a' }).data.value).toEqualTypeOf<Doc<'messages'>[] | undefined>()
    expectTypeOf(useAuthedQuery(api.tasks.list).data.value).toEqualTypeOf<Doc<'tasks'>[] | undefined>()
  })

  it('distinguishes null from undefined', () => {
    const { data } = useConvexQuery(scripted.users.whoami)
    expectTypeOf(data.value).toEqualTypeOf<string | null | undefined>()
    if (data.value !== undefined)
      expectTypeOf(data.value).toEqualTypeOf<string | null>()
  })

  it('is read-only', () => {
    const { data, status } = useConvexQuery(scripted.messages.count, { channel: 'a' })
    // @ts-expect-error the result is read-only
    data.value = 1
    // @ts-expect-error the state is read-only
    status.value = 'success'
  })

  it('excludes undefined with initial data', () => {
    const { data } = useConvexQuery(scripted.messages.count, { channel: 'a' }, { initialData: 0 })
    expectTypeOf(data.value).toEqualTypeOf<number>()
    expectTypeOf(useConvexQuery(scripted.messages.list, { channel: 'a' }, { initialData: [] }).data.value).toEqualTypeOf<Message[]>()
    expectTypeOf(useAuthedQuery(scripted.messages.count, { channel: 'a' }, { initialData: 0 }).data.value).toEqualTypeOf<number>()
    expectTypeOf(useConvexQuery(scripted.users.whoami, {}, { initialData: null }).data.value).toEqualTypeOf<string | null>()
  })

  it('includes undefined with initial data that may be missing', () => {
    const maybe = undefined as number | undefined
    expectTypeOf(useConvexQuery(scripted.messages.count, { channel: 'a' }, { initialData: maybe }).data.value).toEqualTypeOf<number | undefined>()
    expectTypeOf(useConvexQuery(scripted.messages.count, { channel: 'a' }, { initialData: undefined }).data.value).toEqualTypeOf<number | undefined>()
  })

  it('is the return type of transform', () => {
    const { data } = useConvexQuery(scripted.messages.list, { channel: 'a' }, {
      transform: (messages) => {
        expectTypeOf(messages).toEqualTypeOf<Message[]>()
        return messages.length
      },
    })
    expectTypeOf(data.value).toEqualTypeOf<number | undefined>()
    expectTypeOf(useAuthedQuery(scripted.messages.list, { channel: 'a' }, { transform: messages => new Set(messages) }).data.value).toEqualTypeOf<Set<Message> | undefined>()
  })

  it('is the return type of transform with initial data too', () => {
    const { data } = useConvexQuery(scripted.messages.list, { channel: 'a' }, { initialData: [], transform: messages => messages.length })
    expectTypeOf(data.value).toEqualTypeOf<number>()
  })

  it('requires initial data of the type of the result', () => {
    // @ts-expect-error a count is a number
    useConvexQuery(scripted.messages.count, { channel: 'a' }, { initialData: 'none' })
  })
})

describe('useConvexQuery: the type of arguments', () => {
  it('accepts a value, a ref, a getter or a computed', () => {
    useConvexQuery(scripted.messages.list, { channel: 'a' })
    useConvexQuery(scripted.messages.list, ref({ channel: 'a', limit: 3 }))
    useConvexQuery(scripted.messages.list, reactive({ channel: 'a' }))
    useConvexQuery(scripted.messages.list, () => ({ channel: 'a' }))
    useConvexQuery(scripted.messages.list, computed(() => ({ channel: 'a' })))
  })

  it('accepts refs and getters as fields of an object', () => {
    const channel = ref('a')
    const missing = ref<string>()
    useConvexQuery(scripted.messages.list, { channel, limit: () => 3 })
    useAuthedQuery(scripted.messages.list, { channel: () => channel.value, limit: computed(() => undefined) })
    useConvexQuery(api.messages.list, { channel })
    useConvexQuery(optional, { limit: ref(1) })
    // @ts-expect-error a required field is not undefined: pass a getter of all arguments to pause
    useConvexQuery(scripted.messages.list, { channel: missing })
    // @ts-expect-error the channel is a string
    useConvexQuery(scripted.messages.list, { channel: () => 1 })
    // @ts-expect-error there is no such argument
    useConvexQuery(scripted.messages.list, { channel, page: ref(2) })
    // @ts-expect-error a getter returns values
    useConvexQuery(scripted.messages.list, () => ({ channel }))
  })

  it('accepts undefined, null and \'skip\', in a getter too', () => {
    const id = ref<string>()
    useConvexQuery(scripted.messages.list, undefined)
    useConvexQuery(scripted.messages.list, null)
    useConvexQuery(scripted.messages.list, 'skip')
    useConvexQuery(scripted.messages.list, () => id.value && id.value !== '' ? { channel: id.value } : null)
    useConvexQuery(scripted.messages.list, () => id.value === undefined ? 'skip' : { channel: id.value })
    useConvexQuery(scripted.messages.list, computed(() => id.value ? { channel: id.value } : undefined))
    // @ts-expect-error no other string pauses
    useConvexQuery(scripted.messages.list, 'pause')
    // @ts-expect-error `false` does not pause
    useConvexQuery(scripted.messages.list, () => false)
  })

  it('allows leaving them out if the function requires none', () => {
    useConvexQuery(scripted.users.whoami)
    useConvexQuery(optional)
    useAuthedQuery(scripted.users.whoami)
    useConvexQuery(api.users.whoami)
    // @ts-expect-error the channel is required
    useConvexQuery(scripted.messages.list)
    // @ts-expect-error the channel is required
    useAuthedQuery(scripted.messages.list)
    // @ts-expect-error the channel is required
    useConvexQuery(api.messages.list)
  })

  it('is that of the function', () => {
    // @ts-expect-error the channel is missing
    useConvexQuery(scripted.messages.list, {})
    // @ts-expect-error the channel is a string
    useConvexQuery(scripted.messages.list, { channel: 1 })
    // @ts-expect-error there is no such argument
    useConvexQuery(scripted.messages.list, { channel: 'a', page: 2 })
    // @ts-expect-error in a getter too
    useConvexQuery(scripted.messages.list, () => ({ channel: 1 }))
    // @ts-expect-error in a ref too
    useConvexQuery(scripted.messages.list, ref({ channel: 1 }))
    // @ts-expect-error with useAuthedQuery too
    useAuthedQuery(scripted.messages.list, { channel: 1 })
    // @ts-expect-error the function takes no arguments
    useConvexQuery(scripted.users.whoami, { channel: 'a' })
    // @ts-expect-error an event is not an argument
    useConvexQuery(scripted.messages.list, new Event('click'))
  })
})

describe('useConvexQuery: the type of the query', () => {
  it('is a reference to a public query', () => {
    // @ts-expect-error a mutation is not a query
    useConvexQuery(scripted.messages.send, { channel: 'a', body: 'b' })
    // @ts-expect-error an action is not a query
    useConvexQuery(scripted.values.run, {})
    // @ts-expect-error a mutation is not a query
    useAuthedQuery(api.messages.send, { channel: 'a', body: 'b' })
    // @ts-expect-error a name is not a function reference
    useConvexQuery('messages:list', { channel: 'a' })
    // @ts-expect-error there is no such function
    void api.messages.nothing
  })
})

describe('useConvexQuery: the return type', () => {
  it('has the fields of the state, and refresh()', () => {
    const query = useConvexQuery(scripted.messages.count, { channel: 'a' })
    expectTypeOf(query.status.value).toEqualTypeOf<'paused' | 'pending' | 'success' | 'error'>()
    expectTypeOf(query.error.value).toEqualTypeOf<Error | undefined>()
    expectTypeOf(query.isPaused.value).toEqualTypeOf<boolean>()
    expectTypeOf(query.pausedBy.value).toEqualTypeOf<'auth' | 'args' | 'closed' | undefined>()
    expectTypeOf(query.isPending.value).toEqualTypeOf<boolean>()
    expectTypeOf(query.isStale.value).toEqualTypeOf<boolean>()
    expectTypeOf(query.refresh).toEqualTypeOf<() => Promise<void>>()
    if (query.error.value && 'data' in query.error.value)
      expectTypeOf(query.error.value).toExtend<Partial<ConvexError<any>>>()
  })

  it('can be awaited, and the awaited value cannot be awaited again', async () => {
    const query = useConvexQuery(scripted.messages.count, { channel: 'a' })
    const awaited = await query
    expectTypeOf(awaited.data.value).toEqualTypeOf<number | undefined>()
    expectTypeOf(query).toHaveProperty('then')
    expectTypeOf(query).not.toHaveProperty('catch')
    expectTypeOf(awaited).not.toHaveProperty('then')
    const [one, two] = await Promise.all([query, useConvexQuery(scripted.users.whoami)])
    expectTypeOf(one.data.value).toEqualTypeOf<number | undefined>()
    expectTypeOf(two.data.value).toEqualTypeOf<string | null | undefined>()
  })
})

describe('useConvexQuery: the type of options', () => {
  it('is exported', () => {
    useConvexQuery(scripted.users.whoami, {}, { auth: 'public', keepPreviousData: true, lingerMs: 0, awaitTimeoutMs: 100 })
    // @ts-expect-error there is no such mode
    useConvexQuery(scripted.users.whoami, {}, { auth: 'anonymous' })
    // @ts-expect-error there is no such option
    useConvexQuery(scripted.users.whoami, {}, { keepPrevious: true })
    // @ts-expect-error useAuthedQuery sets the mode itself
    useAuthedQuery(scripted.users.whoami, {}, { auth: 'public' })
  })
})
