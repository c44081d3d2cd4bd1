import type { Preloaded } from 'convue/server'
import type { Doc, Id } from '../support/convex/_generated/dataModel'
import { makeFunctionReference } from 'convex/server'
import { createConvexServer } from 'convue/server'
import { describe, expectTypeOf, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'

const convex = createConvexServer({ convexUrl: 'https://a.convex.cloud', convexSiteUrl: 'https://a.convex.site' })
const { fetchAuthQuery, fetchAuthMutation, preloadAuthQuery, preloadAuthPaginatedQuery, getToken } = convex.forRequest(new Request('https://app.example.com'))

describe('fetchAuthQuery: a call on a server', () => {
  it('returns the result of the function', () => {
    expectTypeOf(fetchAuthQuery(api.tasks.list)).resolves.toEqualTypeOf<Doc<'tasks'>[]>()
    expectTypeOf(fetchAuthMutation(api.tasks.add, { text: 'a' })).resolves.toEqualTypeOf<Id<'tasks'>>()
    expectTypeOf(getToken()).resolves.toEqualTypeOf<string | null>()
  })

  it('may be made for a request that another request caused', () => {
    const causedBy = new Request('https://app.example.com')
    expectTypeOf(convex.forRequest(new Request(causedBy), { causedBy }).getToken()).resolves.toEqualTypeOf<string | null>()
    // @ts-expect-error requires a request, not a URL
    void convex.forRequest(causedBy, { causedBy: 'https://app.example.com' })
  })

  it('may leave out arguments if none is required', () => {
    const listOpen = makeFunctionReference<'query', { filter?: string }, string[]>('tasks:list')
    expectTypeOf(fetchAuthQuery(listOpen)).resolves.toEqualTypeOf<string[]>()
    void fetchAuthQuery(listOpen, { filter: 'open' })
    // @ts-expect-error a filter is a string
    void fetchAuthQuery(listOpen, { filter: 1 })
    // @ts-expect-error there is no such argument
    void fetchAuthQuery(listOpen, { other: 'open' })
  })

  it('takes the arguments of the function', () => {
    // @ts-expect-error the arguments are required
    void fetchAuthQuery(api.messages.list)
    // @ts-expect-error a channel is a string
    void fetchAuthQuery(api.messages.list, { channel: 1 })
    // @ts-expect-error a mutation is not a query
    void fetchAuthQuery(api.tasks.add, { text: 'a' })
    // @ts-expect-error a query is not a mutation
    void fetchAuthMutation(api.tasks.list)
  })
})

describe('preloadAuthQuery: a preloaded query', () => {
  it('carries the type of its query', () => {
    expectTypeOf(preloadAuthQuery(api.tasks.list)).resolves.toEqualTypeOf<Preloaded<typeof api.tasks.list>>()
  })

  it('takes the arguments of a list without paginationOpts', () => {
    expectTypeOf(preloadAuthPaginatedQuery(api.messages.page, { channel: 'a' }, { initialNumItems: 10 })).resolves.toEqualTypeOf<Preloaded<typeof api.messages.page>>()
    // @ts-expect-error the channel is missing
    void preloadAuthPaginatedQuery(api.messages.page, {}, { initialNumItems: 10 })
    // @ts-expect-error this query has no pages
    void preloadAuthPaginatedQuery(api.tasks.list, {}, { initialNumItems: 10 })
  })
})

describe('createConvexServer: Better Auth in the same process', () => {
  it('takes `auth.handler`, and needs no convexSiteUrl', () => {
    const auth = {} as { handler: (request: Request) => Promise<Response>, api: { getSession: () => Promise<object> } }
    void createConvexServer({ convexUrl: '', requestAuth: auth.handler })
    void createConvexServer({ convexUrl: '', requestAuth: async (request, incoming) => await auth.handler(new Request(request, incoming)) })
    // @ts-expect-error returns no response
    void createConvexServer({ convexUrl: '', requestAuth: auth.api.getSession })
  })
})
