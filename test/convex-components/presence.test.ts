import type { Deployment } from '../../src/testing/index.ts'
import { ConvexClient } from 'convex/browser'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/environment/eventually.ts'
import { startApp } from './app.ts'
import { api } from './apps/presence/convex/_generated/api.js'

const INTERVAL = 10_000

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('presence')
})
afterAll(() => deployment.close())

function beat(roomId: string, userId: string, sessionId = `session of ${userId}`) {
  return deployment.mutation(api.rooms.heartbeat, { roomId, userId, sessionId, interval: INTERVAL })
}

async function advance(ms: number): Promise<void> {
  await deployment.advanceClock(ms)
  await deployment.settled()
}

describe('@convex-dev/presence', () => {
  it('shows a client the users of a room, and ends sessions without heartbeats', async () => {
    const { roomToken } = await beat('lobby', 'ada')
    await beat('lobby', 'bea')
    const client = new ConvexClient(deployment.url, { webSocketConstructor: WebSocket as never })
    onTestFinished(() => client.close())
    const online: string[] = []
    client.onUpdate(api.rooms.list, { roomToken }, (users) => {
      online.splice(0, online.length, ...users.filter(user => user.online).map(({ userId }) => userId))
    })
    await eventually(() => [...online].sort()).toEqual(['ada', 'bea'])

    for (let count = 0; count < 4; count++) {
      await advance(INTERVAL)
      await beat('lobby', 'bea')
    }
    await eventually(() => online).toEqual(['bea'])
    const users = await deployment.query(api.rooms.list, { roomToken })
    expect(users).toMatchObject([{ userId: 'bea', online: true }, { userId: 'ada', online: false }])
    expect(users[1]!.lastDisconnected).toBeGreaterThan(0)

    await beat('lobby', 'ada')
    await eventually(() => [...online].sort()).toEqual(['ada', 'bea'])
    await advance(3 * INTERVAL)
    await eventually(() => online).toEqual([])
  })

  it('keeps a user online until the last of two sessions is disconnected', async () => {
    const { roomToken, sessionToken } = await beat('hall', 'cleo', 'first')
    const second = await beat('hall', 'cleo', 'second')
    await deployment.mutation(api.rooms.disconnect, { sessionToken })
    expect(await deployment.query(api.rooms.list, { roomToken })).toMatchObject([{ userId: 'cleo', online: true }])
    await deployment.mutation(api.rooms.disconnect, { sessionToken: second.sessionToken })
    expect(await deployment.query(api.rooms.list, { roomToken })).toMatchObject([{ userId: 'cleo', online: false }])
    await expect(beat('garden', 'cleo', 'third')).resolves.toBeDefined()
    await expect(beat('hall', 'cleo', 'third')).rejects.toThrow('must be unique')
  })

  it('stores data of a user, lists the rooms of a user, and removes a room', async () => {
    const { roomToken } = await beat('kitchen', 'dora')
    await beat('cellar', 'dora', 'another')
    await deployment.mutation(api.rooms.setData, { roomId: 'kitchen', userId: 'dora', data: { typing: true } })
    expect(await deployment.query(api.rooms.list, { roomToken })).toMatchObject([{ userId: 'dora', data: { typing: true } }])
    expect((await deployment.query(api.rooms.roomsOf, { userId: 'dora' })).sort()).toEqual(['cellar', 'kitchen'])
    await deployment.mutation(api.rooms.remove, { roomId: 'kitchen' })
    expect(await deployment.query(api.rooms.roomsOf, { userId: 'dora' })).toEqual(['cellar'])
    expect(await deployment.query(api.rooms.list, { roomToken })).toEqual([])
  })
})
