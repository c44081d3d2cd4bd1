import type { Deployment } from '../../src/testing/index.ts'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { ConvexClient } from 'convex/browser'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createToken, startFixture } from '../support/live/deployment.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
beforeEach(() => {
  deployment.log.length = 0
})
afterAll(() => deployment.close())

function openClient(): ConvexClient {
  const client = new ConvexClient(deployment.url, { unsavedChangesWarning: false, logger: false, initialAuthTokenReuse: true })
  onTestFinished(() => client.close())
  return client
}

async function connectionsOf(subject: string): Promise<Deployment['connections']> {
  await deployment.settled()
  return deployment.connections.filter(connection => connection.subject === subject)
}

describe('a client whose connection drops', () => {
  it('reconnects with its queries and identity, and receives missed changes', async () => {
    const client = openClient()
    client.setAuth(() => createToken('dropped'))
    const values: number[] = []
    client.onUpdate(api.counters.get, { name: 'dropped' }, value => values.push(value))
    const subjects: unknown[] = []
    client.onUpdate(api.users.whoami, {}, value => subjects.push(value?.subject))
    await eventually(() => [values, subjects]).toEqual([[0], ['dropped']])

    const [before] = await connectionsOf('dropped')
    await deployment.disconnectAll()
    expect(deployment.connections).toEqual([])
    await deployment.mutation(api.counters.increment, { name: 'dropped' })
    await eventually(() => values).toEqual([0, 1])
    const [after] = await connectionsOf('dropped')
    expect(after!.sessionId).toBe(before!.sessionId)
    expect(after!.id).toBeGreaterThan(before!.id)
    expect(after!.queries.map(({ name }) => name).sort()).toEqual(['counters:get', 'users:whoami'])
    expect(new Set(subjects)).toEqual(new Set(['dropped']))
  })

  it('runs each pending mutation once', async () => {
    const client = openClient()
    await client.query(api.counters.total, {})
    const increments = Array.from({ length: 5 }, () => client.mutation(api.counters.increment, { name: 'carried' }))
    await deployment.disconnectAll()
    expect(await Promise.all(increments)).toEqual([1, 2, 3, 4, 5])
    expect(await deployment.query(api.counters.get, { name: 'carried' })).toBe(5)
  })
})

describe('a restart', () => {
  it('keeps data and ports, and its timestamps continue', async () => {
    const client = openClient()
    const values: number[] = []
    client.onUpdate(api.counters.get, { name: 'restarted' }, value => values.push(value))
    await client.mutation(api.counters.increment, { name: 'restarted' })
    const { url, siteUrl } = deployment
    await deployment.restart()
    expect([deployment.url, deployment.siteUrl]).toEqual([url, siteUrl])
    expect((await fetch(`${siteUrl}/hello`)).status).toBe(200)
    await deployment.mutation(api.counters.increment, { name: 'restarted' })
    await eventually(() => values.at(-1)).toBe(2)
    // A deployment with lower timestamps would have closed the client's connection.
    expect(deployment.log.filter(({ kind, outcome }) => kind === 'socket' && outcome === 'error')).toEqual([])
  })
})

describe('a restart while clients connect', () => {
  const UPGRADE = [
    'GET /api/1.0.0/sync HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    '\r\n',
  ].join('\r\n')

  /** Opens connections. The returned function turns one of them into a WebSocket in each turn. */
  async function approach(count: number): Promise<() => Promise<void>> {
    const sockets = Array.from({ length: count }, () => connect(Number(new URL(deployment.url).port), '127.0.0.1').on('error', () => {}))
    onTestFinished(() => sockets.forEach(socket => socket.destroy()))
    await Promise.all(sockets.map(socket => once(socket, 'connect')))
    return async () => {
      for (const socket of sockets) {
        socket.write(UPGRADE)
        await setImmediate()
      }
    }
  }

  it('completes, and the clients have to connect again', async () => {
    for (let times = 0; times < 10; times++) {
      const come = await approach(100)
      await Promise.all([come(), deployment.restart()])
    }
    expect((await fetch(`${deployment.siteUrl}/hello`)).status).toBe(200)
  })
})

describe('the log', () => {
  it('lists each execution with its identity, and the events of sockets', async () => {
    const client = openClient()
    client.setAuth(() => createToken('logged'))
    await eventually(async () => (await client.query(api.users.whoami, {}))?.subject).toBe('logged')
    await deployment.settled()
    deployment.log.length = 0
    const before = Date.now()
    await client.mutation(api.tasks.add, { text: 'logged' })
    const after = Date.now()
    await expect(client.mutation(api.failures.failingMutation, { kind: 'convex' })).rejects.toThrow()
    await deployment.query(api.counters.total)
    const id = (await connectionsOf('logged'))[0]!.id
    await client.close()
    await eventually(() => deployment.settled().then(() => deployment.log.at(-1)?.name)).toBe('close')
    expect(deployment.log.map(({ at, durationMs, ...entry }) => entry)).toEqual([
      { kind: 'mutation', name: 'tasks:add', args: { text: 'logged' }, subject: 'logged', connection: id, outcome: 'success', detail: null, logLines: [] },
      { kind: 'mutation', name: 'failures:failingMutation', args: { kind: 'convex' }, subject: 'logged', connection: id, outcome: 'error', detail: expect.stringContaining('ON_DEMAND'), logLines: [] },
      { kind: 'query', name: 'counters:total', args: {}, subject: null, connection: null, outcome: 'success', detail: null, logLines: [] },
      { kind: 'socket', name: 'close', args: null, subject: 'logged', connection: id, outcome: 'success', detail: expect.any(String), logLines: [] },
    ])
    // The clocks of two threads may differ by a millisecond.
    expect(deployment.log[0]!.at).toBeGreaterThanOrEqual(before - 1)
    expect(deployment.log[0]!.at).toBeLessThanOrEqual(after + 1)
  })

  it('lists the events of a new connection, from its opening to its authentication', async () => {
    const client = openClient()
    client.setAuth(() => createToken('events'))
    await eventually(async () => (await client.query(api.users.whoami, {}))?.subject).toBe('events')
    await deployment.settled()
    const events = deployment.log.filter(({ kind }) => kind === 'socket')
    expect(events.slice(0, 3).map(({ name, subject, args }) => [name, subject, args])).toEqual([
      ['open', null, null],
      ['connect', null, null],
      ['authenticate', 'events', { tokenType: 'User' }],
    ])
  })
})
