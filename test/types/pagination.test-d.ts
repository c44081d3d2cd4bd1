import type { OptimisticLocalStore } from 'convex/browser'
import type { PaginationOptions, PaginationResult } from 'convex/server'
import type { PaginatedQueryArgs, PaginatedQueryItem } from 'convue'
import type { Ref } from 'vue'
import type { Doc, Id } from '../support/convex/_generated/dataModel'
import { makeFunctionReference } from 'convex/server'
import {
  insertAtBottomIfLoaded,
  insertAtPosition,
  insertAtTop,
  optimisticallyRemoveValueFromPaginatedQuery,
  optimisticallyUpdateValueInPaginatedQuery,
  useAuthedPaginatedQuery,
  useConvexMutation,
  useConvexPaginatedQuery,
} from 'convue'
import { describe, expectTypeOf, it } from 'vitest'
import { computed, ref } from 'vue'
import { api } from '../support/convex/_generated/api.js'

const withoutArgs = makeFunctionReference<'query', { paginationOpts: PaginationOptions }, PaginationResult<{ _id: string }>>('rows:all')
const withEither = makeFunctionReference<'query', { paginationOpts: PaginationOptions } & ({ channel: string } | { author: string }), PaginationResult<string>>('rows:either')
const options = { initialNumItems: 10 }

describe('useConvexPaginatedQuery: the type of results', () => {
  it('is that of the items of the query', () => {
    const { results } = useConvexPaginatedQuery(api.messages.page, { channel: 'a' }, options)
    expectTypeOf(results.value).toEqualTypeOf<Doc<'messages'>[]>()
    expectTypeOf(results).toExtend<Readonly<Ref<Doc<'messages'>[]>>>()
    expectTypeOf(useAuthedPaginatedQuery(api.items.page, { list: 'a' }, options).results.value).toEqualTypeOf<Doc<'items'>[]>()
    expectTypeOf<PaginatedQueryItem<typeof withoutArgs>>().toEqualTypeOf<{ _id: string }>()
    // @ts-expect-error the result is read-only
    results.value = []
  })

  it('includes the state of the list', () => {
    const list = useConvexPaginatedQuery(api.messages.page, { channel: 'a' }, options)
    expectTypeOf(list.status.value).toEqualTypeOf<'LoadingFirstPage' | 'CanLoadMore' | 'LoadingMore' | 'Exhausted' | 'Paused' | 'Error'>()
    expectTypeOf(list.isLoading.value).toEqualTypeOf<boolean>()
    expectTypeOf(list.isStale.value).toEqualTypeOf<boolean>()
    expectTypeOf(list.error.value).toEqualTypeOf<Error | undefined>()
    expectTypeOf(list.loadMore).toEqualTypeOf<(numItems: number) => void>()
    // @ts-expect-error an event is not a number of rows
    list.loadMore(new Event('click'))
  })

  it('can be awaited, and the awaited value cannot be awaited again', async () => {
    const list = useConvexPaginatedQuery(api.messages.page, { channel: 'a' }, options)
    const awaited = await list
    expectTypeOf(awaited.results.value).toEqualTypeOf<Doc<'messages'>[]>()
    expectTypeOf(list).not.toHaveProperty('catch')
    expectTypeOf(awaited).not.toHaveProperty('then')
  })
})

describe('PaginatedQueryReference', () => {
  it('takes paginationOpts and returns a page', () => {
    // @ts-expect-error the query takes no paginationOpts
    useConvexPaginatedQuery(api.messages.list, { channel: 'a' }, options)
    // @ts-expect-error the query does not return a page
    useConvexPaginatedQuery(makeFunctionReference<'query', { paginationOpts: PaginationOptions }, string[]>('rows:none'), {}, options)
    // @ts-expect-error a mutation is not a query
    useConvexPaginatedQuery(api.messages.send, { channel: 'a', body: 'b' }, options)
    // @ts-expect-error a name is not a function reference
    useAuthedPaginatedQuery('messages:page', { channel: 'a' }, options)
  })
})

describe('PaginatedQueryArgs', () => {
  it('are those of the query without paginationOpts', () => {
    expectTypeOf<PaginatedQueryArgs<typeof api.messages.page>>().toEqualTypeOf<{ channel: string }>()
    useConvexPaginatedQuery(withoutArgs, {}, options)
    useConvexPaginatedQuery(withEither, { author: 'a' }, options)
    useConvexPaginatedQuery(withEither, { channel: 'a' }, options)
    // @ts-expect-error the channel is missing
    useConvexPaginatedQuery(api.messages.page, {}, options)
    // @ts-expect-error the channel is a string
    useConvexPaginatedQuery(api.messages.page, { channel: 1 }, options)
    // @ts-expect-error there is no such argument
    useConvexPaginatedQuery(withoutArgs, { channel: 'a' }, options)
    // @ts-expect-error Convue adds paginationOpts
    useConvexPaginatedQuery(api.messages.page, { channel: 'a', paginationOpts: { numItems: 1, cursor: null } }, options)
  })

  it('may be reactive, and may pause', () => {
    const channel = ref<string>()
    useConvexPaginatedQuery(api.messages.page, ref({ channel: 'a' }), options)
    useConvexPaginatedQuery(api.messages.page, () => channel.value === undefined ? 'skip' : { channel: channel.value }, options)
    useConvexPaginatedQuery(api.messages.page, computed(() => channel.value === undefined ? null : { channel: channel.value }), options)
    useConvexPaginatedQuery(api.messages.page, undefined, options)
    // @ts-expect-error no other string pauses
    useConvexPaginatedQuery(api.messages.page, 'pause', options)
  })
})

describe('UseConvexPaginatedQueryOptions', () => {
  it('require the number of rows of the first page', () => {
    useConvexPaginatedQuery(api.messages.page, { channel: 'a' }, { initialNumItems: 1, auth: 'public', keepPreviousData: true, lingerMs: 0, awaitTimeoutMs: 1 })
    // @ts-expect-error the size of the first page is missing
    useConvexPaginatedQuery(api.messages.page, { channel: 'a' }, {})
    // @ts-expect-error options are missing
    useConvexPaginatedQuery(api.messages.page, { channel: 'a' })
    // @ts-expect-error useAuthedPaginatedQuery sets the mode itself
    useAuthedPaginatedQuery(api.messages.page, { channel: 'a' }, { initialNumItems: 1, auth: 'public' })
  })
})

describe('optimistic updates of paginated queries: types', () => {
  const localQueryStore = {} as OptimisticLocalStore
  const item = { _id: '1' as Id<'messages'>, _creationTime: 0, channel: 'a', body: 'b', author: null }

  it('insert items of the query into lists with some of its arguments', () => {
    insertAtTop({ localQueryStore, paginatedQuery: api.messages.page, argsToMatch: { channel: 'a' }, item })
    insertAtBottomIfLoaded({ localQueryStore, paginatedQuery: api.messages.page, argsToMatch: {}, item })
    insertAtPosition({
      localQueryStore,
      paginatedQuery: api.messages.page,
      sortOrder: 'desc',
      sortKeyFromItem: (message) => {
        expectTypeOf(message).toEqualTypeOf<Doc<'messages'>>()
        return [message.priority ?? 0, message._creationTime]
      },
      item,
    })
    // @ts-expect-error the body is missing
    insertAtTop({ localQueryStore, paginatedQuery: api.messages.page, item: { ...item, body: undefined } })
    // @ts-expect-error there is no such argument
    insertAtTop({ localQueryStore, paginatedQuery: api.messages.page, argsToMatch: { room: 'a' }, item })
    // @ts-expect-error there is no such order
    insertAtPosition({ localQueryStore, paginatedQuery: api.messages.page, sortOrder: 'up', sortKeyFromItem: () => 1, item })
    // @ts-expect-error the query is not paginated
    insertAtBottomIfLoaded({ localQueryStore, paginatedQuery: api.messages.list, item })
  })

  it('change and remove items of lists with all of its arguments', () => {
    useConvexMutation(api.messages.edit, {
      optimisticUpdate: (localStore, { id, body }) => {
        optimisticallyUpdateValueInPaginatedQuery(localStore, api.messages.page, { channel: 'a' }, message => message._id === id ? { ...message, body } : message)
        optimisticallyRemoveValueFromPaginatedQuery(localStore, api.messages.page, { channel: 'a' }, message => message._id === id)
      },
    })
    // @ts-expect-error the channel is missing
    optimisticallyUpdateValueInPaginatedQuery(localQueryStore, api.messages.page, {}, message => message)
    // @ts-expect-error a string is not a message
    optimisticallyUpdateValueInPaginatedQuery(localQueryStore, api.messages.page, { channel: 'a' }, message => message.body)
    // @ts-expect-error a string is not a boolean
    optimisticallyRemoveValueFromPaginatedQuery(localQueryStore, api.messages.page, { channel: 'a' }, message => message.body)
  })
})
