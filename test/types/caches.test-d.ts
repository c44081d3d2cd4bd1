import type { ConvexQueryKey } from 'convue/tanstack-query'
import type { Doc } from '../support/convex/_generated/dataModel'
import type { Message } from '../support/scripted/scripted-api.ts'
import { useQuery as useColadaQuery } from '@pinia/colada'
import { useQuery as useTanstackQuery } from '@tanstack/vue-query'
import { convexQueryOptions as coladaOptions } from 'convue/pinia-colada'
import { convexQueryOptions as tanstackOptions } from 'convue/tanstack-query'
import { describe, expectTypeOf, it } from 'vitest'
import { ref } from 'vue'
import { api } from '../support/convex/_generated/api.js'
import { api as scripted } from '../support/scripted/scripted-api.ts'

describe('convexQueryOptions of convue/tanstack-query', () => {
  it('gives useQuery the type of the result', () => {
    const { data, error } = useTanstackQuery(tanstackOptions(scripted.messages.list, { channel: 'a' }))
    expectTypeOf(data.value).toEqualTypeOf<Message[] | undefined>()
    expectTypeOf(error.value).toEqualTypeOf<Error | null>()
    expectTypeOf(useTanstackQuery(tanstackOptions(api.messages.list, { channel: 'a' })).data.value)
      .toEqualTypeOf<Doc<'messages'>[] | undefined>()
    expectTypeOf(tanstackOptions(scripted.users.whoami).queryKey.value).toEqualTypeOf<ConvexQueryKey>()
  })

  it('gives the option `select` the type of the result', () => {
    const { data } = useTanstackQuery({
      ...tanstackOptions(scripted.messages.list, { channel: 'a' }),
      select: (messages) => {
        expectTypeOf(messages).toEqualTypeOf<Message[]>()
        return messages.length
      },
    })
    expectTypeOf(data.value).toEqualTypeOf<number | undefined>()
  })

  it('accepts the arguments of useConvexQuery, and the option `auth`', () => {
    const channel = ref('a')
    tanstackOptions(scripted.messages.list, { channel })
    tanstackOptions(scripted.messages.list, () => channel.value ? { channel: channel.value } : 'skip')
    tanstackOptions(scripted.messages.list, null, { auth: 'required' })
    // @ts-expect-error the channel is required
    tanstackOptions(scripted.messages.list)
    // @ts-expect-error the channel is a string
    tanstackOptions(scripted.messages.list, { channel: 1 })
    // @ts-expect-error there is no such argument
    tanstackOptions(scripted.messages.list, { channel, page: 2 })
    // @ts-expect-error there is no such mode
    tanstackOptions(scripted.users.whoami, {}, { auth: 'anonymous' })
    // @ts-expect-error the cache has options of its own for previous data
    tanstackOptions(scripted.users.whoami, {}, { keepPreviousData: true })
  })

  it('rejects any other reference than that of a query', () => {
    // @ts-expect-error a mutation is not a query
    tanstackOptions(scripted.messages.send, { channel: 'a', body: 'b' })
    // @ts-expect-error an action is not a query
    tanstackOptions(scripted.values.run, {})
    // @ts-expect-error a name is not a function reference
    tanstackOptions('messages:list', { channel: 'a' })
  })
})

describe('convexQueryOptions of convue/pinia-colada', () => {
  it('gives useQuery the type of the result', () => {
    const { data, error } = useColadaQuery(coladaOptions(scripted.messages.list, { channel: 'a' }))
    expectTypeOf(data.value).toEqualTypeOf<Message[] | undefined>()
    expectTypeOf(error.value).toEqualTypeOf<Error | null>()
    expectTypeOf(useColadaQuery(coladaOptions(api.messages.list, { channel: 'a' })).data.value)
      .toEqualTypeOf<Doc<'messages'>[] | undefined>()
    expectTypeOf(coladaOptions(scripted.users.whoami).key.value).toEqualTypeOf<ConvexQueryKey>()
  })

  it('leaves initial data to the options of useQuery', () => {
    const { data } = useColadaQuery({ ...coladaOptions(scripted.messages.list, { channel: 'a' }), initialData: () => [] as Message[] })
    expectTypeOf(data.value).toEqualTypeOf<Message[]>()
  })

  it('accepts the arguments of useConvexQuery, and the option `auth`', () => {
    const channel = ref('a')
    coladaOptions(scripted.messages.list, { channel })
    coladaOptions(scripted.messages.list, () => channel.value ? { channel: channel.value } : 'skip')
    coladaOptions(scripted.messages.list, null, { auth: 'required' })
    // @ts-expect-error the channel is required
    coladaOptions(scripted.messages.list)
    // @ts-expect-error the channel is a string
    coladaOptions(scripted.messages.list, { channel: 1 })
    // @ts-expect-error there is no such argument
    coladaOptions(scripted.messages.list, { channel, page: 2 })
    // @ts-expect-error there is no such mode
    coladaOptions(scripted.users.whoami, {}, { auth: 'anonymous' })
    // @ts-expect-error the cache has options of its own for previous data
    coladaOptions(scripted.users.whoami, {}, { keepPreviousData: true })
  })

  it('rejects any other reference than that of a query', () => {
    // @ts-expect-error a mutation is not a query
    coladaOptions(scripted.messages.send, { channel: 'a', body: 'b' })
    // @ts-expect-error an action is not a query
    coladaOptions(scripted.values.run, {})
    // @ts-expect-error a name is not a function reference
    coladaOptions('messages:list', { channel: 'a' })
  })
})
