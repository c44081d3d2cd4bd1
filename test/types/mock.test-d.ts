import type { AuthStatus } from 'convue'
import type { MockCall, MockConvexOptions } from 'convue/testing/mock'
import type { Doc } from '../support/convex/_generated/dataModel'
import { createMockConvex, pending } from 'convue/testing/mock'
import { describe, expectTypeOf, it } from 'vitest'
import { createApp } from 'vue'
import { api } from '../support/convex/_generated/api.js'
import { api as scripted } from '../support/scripted/scripted-api.ts'

const mock = createMockConvex({ user: { id: 'ada', name: 'Ada' } })

describe('createMockConvex: the type of an answer', () => {
  it('is the result of the function', () => {
    mock.query(scripted.messages.list, [{ _id: 'a', body: 'b' }])
    mock.query(scripted.users.whoami, null)
    mock.mutation(scripted.messages.send, 'id')
    mock.action(scripted.values.run, { anything: true })
    // @ts-expect-error a message has a body
    mock.query(scripted.messages.list, [{ _id: 'a' }])
    // @ts-expect-error the result is a list
    mock.query(scripted.messages.list, { _id: 'a', body: 'b' })
    // @ts-expect-error a count is a number
    mock.query(scripted.messages.count, '1')
    // @ts-expect-error a result is never undefined
    mock.query(scripted.users.whoami, undefined)
    // @ts-expect-error the result of the mutation is a string
    mock.mutation(scripted.messages.send, 1)
    // @ts-expect-error a document has its fields
    mock.query(api.messages.list, [{}])
  })

  it('may be a function of the arguments and the caller', () => {
    mock.query(scripted.messages.list, (args, { user }) => {
      expectTypeOf(args).toEqualTypeOf<{ channel: string, limit?: number }>()
      expectTypeOf(user?.id).toEqualTypeOf<string | undefined>()
      return [{ _id: 'a', body: args.channel }]
    })
    mock.query(scripted.messages.count, async () => 1)
    mock.query(scripted.messages.count, pending)
    mock.mutation(scripted.messages.send, ({ body }) => body)
    // @ts-expect-error a count is a number
    mock.query(scripted.messages.count, () => '1')
    // @ts-expect-error a count is a number, in a promise too
    mock.query(scripted.messages.count, async () => '1')
    // @ts-expect-error there is no such argument
    mock.query(scripted.messages.count, ({ page }) => page)
  })

  it('is a list of rows for a paginated query', () => {
    mock.paginatedQuery(api.messages.page, [])
    mock.paginatedQuery(api.messages.page, ({ channel }) => {
      expectTypeOf(channel).toEqualTypeOf<string>()
      return [] as Doc<'messages'>[]
    })
    // @ts-expect-error a row is a document
    mock.paginatedQuery(api.messages.page, [{ body: 'a' }])
    // @ts-expect-error the mock divides the rows into pages itself
    mock.paginatedQuery(api.messages.page, { page: [], isDone: true, continueCursor: '' })
  })
})

describe('createMockConvex: the type of a function', () => {
  it('is the kind that the method answers', () => {
    // @ts-expect-error a mutation is not a query
    mock.query(scripted.messages.send, 'id')
    // @ts-expect-error a query is not a mutation
    mock.mutation(scripted.messages.count, 1)
    // @ts-expect-error a mutation is not an action
    mock.action(scripted.messages.send, 'id')
    // @ts-expect-error the query has no pages
    mock.paginatedQuery(scripted.messages.list, [])
    // @ts-expect-error a name is not a function reference
    mock.query('messages:list', [])
    // @ts-expect-error a query is not recorded
    mock.calls(scripted.messages.list)
  })
})

describe('createMockConvex: the return type', () => {
  it('has the calls of a function with its arguments', () => {
    expectTypeOf(mock.calls(scripted.messages.send)).toEqualTypeOf<MockCall<{ channel: string, body: string }>[]>()
  })

  it('is installed as a plugin of an app', () => {
    createApp({}).use(mock.plugin)
    // @ts-expect-error the plugin has no options
    createApp({}).use(mock.plugin, {})
    expectTypeOf(mock.settled()).toEqualTypeOf<Promise<void>>()
  })

  it('accepts the auth statuses of a page', () => {
    mock.setAuth('refreshing')
    mock.setAuth('authenticated', { id: 'bea' })
    // @ts-expect-error there is no such status
    mock.setAuth('signedIn')
    // @ts-expect-error a user has an id
    mock.setAuth('authenticated', { name: 'Bea' })
  })
})

describe('createMockConvex: the type of options', () => {
  it('excludes a status that a page has only later', () => {
    expectTypeOf<MockConvexOptions['status']>().toEqualTypeOf<Exclude<AuthStatus, 'refreshing'> | undefined>()
    createMockConvex({ lingerMs: 0, debug: true })
    // @ts-expect-error a page is `refreshing` only after `authenticated`
    createMockConvex({ status: 'refreshing' })
    // @ts-expect-error a user has an id
    createMockConvex({ user: { name: 'Ada' } })
    // @ts-expect-error the mock has a URL of its own
    createMockConvex({ url: 'https://happy-otter-123.convex.cloud' })
  })
})
