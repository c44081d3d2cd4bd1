import type { Deployment } from '../../src/testing/index.ts'
import { ConvexClient } from 'convex/browser'
import { usePresence } from 'convue'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/environment/eventually.ts'
import { becomePage, LivePage } from '../support/live/live-page.ts'
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

describe('usePresence', () => {
  it('shows two users to each other, and removes the one whose page is closed', async () => {
    becomePage()
    // Node has no beacons. A beacon is a request whose answer the page does not read.
    const beacons: Promise<Response>[] = []
    const sendBeacon = (url: string, body: Blob): boolean =>
      beacons.push(fetch(url, { method: 'POST', body, headers: { 'content-type': body.type } })) > 0
    vi.stubGlobal('navigator', { sendBeacon })
    onTestFinished(() => void vi.unstubAllGlobals())

    const [ada, bea] = [new LivePage(deployment, {}), new LivePage(deployment, {})]
    const onAdasPage = ada.run(() => usePresence(api.rooms, 'studio', { userId: 'ada', intervalMs: 600_000 }))
    const onBeasPage = bea.run(() => usePresence(api.rooms, 'studio', { userId: 'bea', intervalMs: 600_000 }))
    const shown = ({ users }: typeof onAdasPage) => users.value?.map(({ userId, online }) => `${userId} ${online}`)
    await eventually(() => shown(onAdasPage)).toEqual(['ada true', 'bea true'])
    await eventually(() => shown(onBeasPage)).toEqual(['bea true', 'ada true'])

    await bea.close()
    await eventually(() => shown(onAdasPage)).toEqual(['ada true', 'bea false'])
    const heartbeats = deployment.log.filter(({ name, args }) => name === 'rooms:heartbeat' && (args as { roomId: string }).roomId === 'studio')
    expect(heartbeats.map(({ args }) => (args as { userId: string }).userId).sort()).toEqual(['ada', 'bea'])
    await ada.close()
    expect((await Promise.all(beacons)).map(({ status }) => status)).toEqual([200, 200])
  })
})
