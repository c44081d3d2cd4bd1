import type { ConvexClient } from 'convex/browser'
import type { Id } from '../support/convex/_generated/dataModel'
import type { Message } from '../support/scripted/scripted-api.ts'
import { makeFunctionReference } from 'convex/server'
import { useConvexAction, useConvexClient, useConvexConnectionState, useConvexMutation, useConvexOnline } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { api as scripted } from '../support/scripted/scripted-api.ts'

const prune = makeFunctionReference<'mutation', { olderThan?: number }, number>('jobs:prune')
const wait = makeFunctionReference<'action', { ms: number }, number>('jobs:wait')

describe('useConvexMutation: types', () => {
  it('takes the arguments of the function and returns its result', () => {
    const { mutate, data, error, status, isQueued } = useConvexMutation(api.messages.send)
    expectTypeOf(mutate).parameter(0).toEqualTypeOf<{ channel: string, body: string, priority?: number | undefined }>()
    expectTypeOf(mutate({ channel: 'a', body: 'b' })).resolves.toEqualTypeOf<Id<'messages'>>()
    expectTypeOf(data.value).toEqualTypeOf<Id<'messages'> | undefined>()
    expectTypeOf(error.value).toEqualTypeOf<Error | undefined>()
    expectTypeOf(isQueued.value).toEqualTypeOf<boolean>()
    expectTypeOf(status.value).toEqualTypeOf<'idle' | 'pending' | 'success' | 'error'>()
    // @ts-expect-error the body is missing
    void mutate({ channel: 'a' })
    // @ts-expect-error the arguments are missing
    void mutate()
    // @ts-expect-error an event is not an argument
    void mutate(new MouseEvent('click'))
  })

  it('needs no arguments if none is required', () => {
    const { mutate } = useConvexMutation(prune)
    expectTypeOf(mutate()).resolves.toEqualTypeOf<number>()
    expectTypeOf(mutate({ olderThan: 1 })).resolves.toEqualTypeOf<number>()
    expectTypeOf(useConvexClient().mutation(prune)).resolves.toEqualTypeOf<number>()
    // @ts-expect-error an event is not an argument
    void mutate(new MouseEvent('click'))
    // @ts-expect-error the body is missing
    void useConvexClient().mutation(api.messages.send)
  })

  it('has typed callbacks and optimistic updates', () => {
    useConvexMutation(scripted.messages.send, {
      optimisticUpdate(queries, args) {
        expectTypeOf(args).toEqualTypeOf<{ channel: string, body: string }>()
        expectTypeOf(queries.getQuery(scripted.messages.list, { channel: 'a' })).toEqualTypeOf<Message[] | undefined>()
        queries.setQuery(scripted.messages.list, { channel: 'a' }, undefined)
        // @ts-expect-error the result is a list of messages
        queries.setQuery(scripted.messages.list, { channel: 'a' }, ['text'])
      },
      onSuccess(result, args) {
        expectTypeOf(result).toEqualTypeOf<string>()
        expectTypeOf(args).toEqualTypeOf<{ channel: string, body: string }>()
      },
      onError(error) {
        expectTypeOf(error).toEqualTypeOf<Error>()
      },
      onSettled(result, error, args) {
        expectTypeOf(result).toEqualTypeOf<string | undefined>()
        expectTypeOf(error).toEqualTypeOf<Error | undefined>()
        expectTypeOf(args).toEqualTypeOf<{ channel: string, body: string }>()
      },
    })
  })

  it('takes a reference to a mutation', () => {
    // @ts-expect-error a query is not a mutation
    useConvexMutation(scripted.messages.list)
    // @ts-expect-error an action is not a mutation
    useConvexMutation(scripted.values.run)
  })
})

describe('useConvexAction: types', () => {
  it('takes the arguments of the function and returns its result', () => {
    const { run, data } = useConvexAction(wait)
    expectTypeOf(run({ ms: 1 })).resolves.toEqualTypeOf<number>()
    expectTypeOf(data.value).toEqualTypeOf<number | undefined>()
    // @ts-expect-error the argument must be a number
    void run({ ms: '1' })
    // @ts-expect-error only mutations have this option
    useConvexAction(wait, { optimisticUpdate: () => {} })
    // @ts-expect-error a mutation is not an action
    useConvexAction(scripted.messages.send)
  })
})

describe('useConvexClient: types', () => {
  it('has the arguments and result of each function', () => {
    const convex = useConvexClient()
    expectTypeOf(convex.query(scripted.users.whoami)).resolves.toEqualTypeOf<string | null>()
    expectTypeOf(convex.query(scripted.messages.count, { channel: 'a' })).resolves.toEqualTypeOf<number>()
    expectTypeOf(convex.mutation(scripted.messages.send, { channel: 'a', body: 'b' })).resolves.toEqualTypeOf<string>()
    expectTypeOf(convex.action(wait, { ms: 1 })).resolves.toEqualTypeOf<number>()
    void convex.mutation(scripted.messages.send, { channel: 'a', body: 'b' }, {
      optimisticUpdate(queries, args) {
        expectTypeOf(args).toEqualTypeOf<{ channel: string, body: string }>()
        expectTypeOf(queries.getQuery(scripted.messages.count, { channel: 'a' })).toEqualTypeOf<number | undefined>()
      },
    })
    // @ts-expect-error only mutations have this option
    void convex.action(wait, { ms: 1 }, { optimisticUpdate: () => {} })
    expectTypeOf(convex.client).toEqualTypeOf<ConvexClient>()
    // @ts-expect-error the channel is required
    void convex.query(scripted.messages.count)
    // @ts-expect-error a mutation is not a query
    void convex.query(scripted.messages.send, { channel: 'a', body: 'b' })
    // @ts-expect-error a query is not a mutation
    void convex.mutation(scripted.messages.count, { channel: 'a' })
    // @ts-expect-error a mutation is not an action
    void convex.action(scripted.messages.send, { channel: 'a', body: 'b' })
  })
})

describe('useConvexOnline: types', () => {
  it('returns a read-only boolean', () => {
    const isOnline = useConvexOnline()
    expectTypeOf(isOnline.value).toEqualTypeOf<boolean>()
    // @ts-expect-error only the connection changes it
    isOnline.value = false
  })
})

describe('useConvexConnectionState: types', () => {
  it('returns the state of the Convex client', () => {
    expectTypeOf(useConvexConnectionState().value).toEqualTypeOf<ReturnType<ConvexClient['connectionState']>>()
  })
})
