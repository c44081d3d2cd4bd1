import type { FunctionReference } from 'convex/server'
import type { PresenceUser } from 'convue'
import type { ComputedRef } from 'vue'
import { usePresence } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'
import { computed, ref } from 'vue'
import { api } from '../convex-components/apps/presence/convex/_generated/api.js'

type Heartbeat = FunctionReference<'mutation', 'public', { roomId: string, userId: string, sessionId: string, interval: number }, { roomToken: string, sessionToken: string }>
type Disconnect = FunctionReference<'mutation', 'public', { sessionToken: string }, null>
declare const heartbeat: Heartbeat
declare const disconnect: Disconnect

describe('usePresence: the type of functions', () => {
  it('accepts the functions of an app that uses the component', () => {
    const { users, error } = usePresence(api.rooms, 'lobby')
    expectTypeOf(users.value?.[0]!.userId).toEqualTypeOf<string | undefined>()
    expectTypeOf(users.value!).toExtend<PresenceUser[]>()
    expectTypeOf(error).toEqualTypeOf<ComputedRef<Error | undefined>>()
  })

  it('returns users with the fields that the function of the app adds', () => {
    interface Named extends PresenceUser { name: string }
    const list = undefined as unknown as FunctionReference<'query', 'public', { roomToken: string }, Named[]>
    expectTypeOf(usePresence({ heartbeat, list, disconnect }, 'lobby').users).toEqualTypeOf<ComputedRef<Named[] | undefined>>()
  })

  it('rejects functions that do not call the component', () => {
    const { list } = api.rooms
    // @ts-expect-error `disconnect` is missing
    usePresence({ heartbeat, list }, 'lobby')
    // @ts-expect-error a query is not a heartbeat
    usePresence({ heartbeat: list, list, disconnect }, 'lobby')
    // @ts-expect-error a mutation is not a list
    usePresence({ heartbeat, list: heartbeat, disconnect }, 'lobby')
    // @ts-expect-error the function returns no users
    usePresence({ heartbeat, list: api.rooms.roomsOf, disconnect }, 'lobby')
    // @ts-expect-error the function returns no tokens
    usePresence({ heartbeat: disconnect, list, disconnect }, 'lobby')
  })
})

describe('usePresence: the type of the room and of options', () => {
  it('accepts a value, a ref or a getter, and null for no room', () => {
    const id = ref<string>()
    usePresence(api.rooms, id)
    usePresence(api.rooms, () => id.value ?? null)
    usePresence(api.rooms, null, { userId: computed(() => id.value), intervalMs: 5000 })
    // @ts-expect-error the id of a room is a string
    usePresence(api.rooms, 1)
    // @ts-expect-error the room is required
    usePresence(api.rooms)
    // @ts-expect-error the id of a user is a string
    usePresence(api.rooms, 'lobby', { userId: () => 1 })
    // @ts-expect-error the interval is a number of milliseconds
    usePresence(api.rooms, 'lobby', { intervalMs: '10s' })
    // @ts-expect-error there is no such option
    usePresence(api.rooms, 'lobby', { interval: 5000 })
  })

  it('returns read-only state', () => {
    const { users } = usePresence(api.rooms, 'lobby')
    // @ts-expect-error the list is read-only
    users.value = []
  })
})
