import type { FunctionReference } from 'convex/server'
import type { OutboxCall } from 'convue/offline'
import type { ComputedRef } from 'vue'
import { createConvex, useConvexClient, useConvexMutation } from 'convue'
import { indexedDbOutbox, useConvexOutbox } from 'convue/offline'
import { describe, expectTypeOf, it } from 'vitest'
import { api } from '../convex/apps/offline/convex/_generated/api.js'

type Plain = FunctionReference<'mutation', 'public', { text: string }, null>
declare const plain: Plain

describe('useConvexMutation with `offline`', () => {
  it('accepts a mutation of an offline builder, with its own arguments and result', () => {
    const { mutate } = useConvexMutation(api.notes.addAsUser, { offline: true })
    expectTypeOf(mutate).toBeCallableWith({ text: 'milk' })
    expectTypeOf(mutate({ text: 'milk' })).toEqualTypeOf<Promise<string>>()
    // @ts-expect-error `text` is missing
    void mutate({})
  })

  it('rejects any other mutation', () => {
    // @ts-expect-error the mutation does not accept the key of a stored call
    useConvexMutation(plain, { offline: true })
    useConvexMutation(plain, { offline: false })
    // @ts-expect-error the mutation does not accept the key of a stored call
    void useConvexClient().mutation(plain, { text: 'milk' }, { offline: true })
    void useConvexClient().mutation(api.notes.add, { text: 'milk' }, { offline: true })
  })

  it('passes the arguments to an optimistic update', () => {
    useConvexMutation(api.notes.add, {
      offline: true,
      optimisticUpdate: (_store, { text }) => expectTypeOf(text).toEqualTypeOf<string>(),
    })
  })
})

describe('useConvexOutbox', () => {
  it('returns calls with their status', () => {
    const { calls, discard, clear } = useConvexOutbox()
    expectTypeOf(calls).toEqualTypeOf<ComputedRef<readonly OutboxCall[]>>()
    expectTypeOf<OutboxCall['status']>().toEqualTypeOf<'waiting' | 'sending' | 'failed'>()
    expectTypeOf(discard).toEqualTypeOf<(id: number) => Promise<boolean>>()
    expectTypeOf(clear).toEqualTypeOf<() => Promise<number>>()
  })
})

describe('createConvex', () => {
  it('accepts an outbox', () => {
    expectTypeOf(createConvex).toBeCallableWith({ url: 'https://happy-otter-123.convex.cloud', outbox: indexedDbOutbox({ onSignOut: 'clear' }) })
  })
})
