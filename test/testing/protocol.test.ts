import type { Deployment } from '../../src/testing/index.ts'
import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { add, decodeTs, INITIAL_TS, RawClient } from './raw-client.ts'

/** The code of a client's socket that the server has closed without a code. */
const WITHOUT_CODE = 1005

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

describe('versions', () => {
  it('start at zero, and each transition begins where the previous one ended', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'counters:get', { name: 'versions' }))
    client.modify(1, add(2, 'counters:total'))
    client.mutate(0, 'counters:increment', { name: 'versions' })
    client.modify(2, { type: 'Remove', queryId: 2 })
    await eventually(() => client.transitions.at(-1)?.endVersion?.querySet).toBe(3)
    await deployment.settled()

    const transitions = client.received.filter(({ type }) => type === 'Transition')
    expect(transitions[0].startVersion).toEqual({ querySet: 0, identity: 0, ts: INITIAL_TS })
    for (const [index, { startVersion, endVersion }] of transitions.entries()) {
      expect(startVersion).toEqual(index === 0 ? startVersion : transitions[index - 1].endVersion)
      expect(decodeTs(endVersion.ts)).toBeGreaterThanOrEqual(decodeTs(startVersion.ts))
    }
  })

  it('cause a FatalError if a query set has the wrong base version', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(7, add(1, 'counters:total'))
    expect(await client.next()).toEqual({ type: 'FatalError', error: `Base version 7 passed up doesn't match the current version 0` })
    expect((await client.closed).code).toBe(WITHOUT_CODE)
  })

  it('are checked when a message arrives, so a client can send several before a transition', async () => {
    const client = await RawClient.open(deployment.url)
    for (let version = 0; version < 20; version++)
      client.modify(version, add(version, 'values:echoAny', { value: version }))
    await eventually(() => client.transitions.at(-1)?.endVersion?.querySet).toBe(20)
    const values = client.received.flatMap(({ modifications }) => modifications.map((modification: any) => modification.value))
    expect(values).toEqual(Array.from({ length: 20 }, (_, index) => index))
  })
})

describe('a change of the query set that changes nothing', () => {
  // https://github.com/get-convex/convex-backend/blob/main/crates/sync/src/worker.rs: `handle_message` schedules an
  // update, which always sends a transition. `extend_validity` spares the execution of current queries.
  it('is answered with a transition, without running a query', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'counters:get', { name: 'unchanged' }))
    const { endVersion } = await client.next()
    await deployment.settled()
    const executed = deployment.log.length
    client.modify(1)
    expect(await client.next()).toMatchObject({ type: 'Transition', startVersion: endVersion, endVersion: { querySet: 2 }, modifications: [] })
    await deployment.settled()
    expect(deployment.log.slice(executed)).toEqual([])
  })

  it('is answered on a connection without queries and without an identity', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0)
    expect(await client.next()).toMatchObject({ type: 'Transition', endVersion: { querySet: 1, identity: 0 }, modifications: [] })
  })
})

describe('a removed query', () => {
  it('is confirmed as removed, and its results are no longer sent', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'counters:get', { name: 'removed' }))
    await client.next()
    client.modify(1, { type: 'Remove', queryId: 1 })
    expect((await client.next()).modifications).toEqual([{ type: 'QueryRemoved', queryId: 1 }])
    await deployment.mutation(api.counters.increment, { name: 'removed' })
    await deployment.settled()
    expect(client.received).toHaveLength(2)
  })
})

describe('the clock skew of a client', () => {
  it('is the client\'s time minus the deployment\'s time, in milliseconds', async () => {
    const before = Date.now()
    const client = await RawClient.open(deployment.url, { clientTs: before - 60_000 })
    client.modify(0, add(1, 'counters:total'))
    const { clientClockSkew } = await client.next()
    // The message takes a while, and the clocks of two threads may differ by a millisecond.
    const elapsedMs = Date.now() - before
    expect(clientClockSkew).toBeGreaterThanOrEqual(-60_000 - elapsedMs - 1)
    expect(clientClockSkew).toBeLessThanOrEqual(-60_000 + 1)
  })
})

describe('a transition', () => {
  it('contains the time of the server, so that clients can report slow transitions', async () => {
    const client = await RawClient.open(deployment.url)
    const before = Date.now()
    client.modify(0, add(1, 'counters:total'))
    const { serverTs } = await client.next()
    expect(serverTs / 1_000_000).toBeGreaterThanOrEqual(before - 1)
    expect(serverTs / 1_000_000).toBeLessThanOrEqual(Date.now() + 1)
  })
})

describe('a client that has observed a later timestamp than the deployment\'s', () => {
  it('is disconnected, so that it connects again later', async () => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(Date.now() + 1e9) * 1_000_000n)
    const client = await RawClient.open(deployment.url, { maxObservedTimestamp: bytes.toString('base64') })
    expect(await client.closed).toEqual({ code: 1011, reason: 'InternalServerError' })
    expect(client.received).toEqual([])
  })
})

describe('a silent connection', () => {
  it('receives a ping every 15 seconds, and not before', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'counters:total'))
    await client.next()
    await deployment.advanceClock(14_000)
    await deployment.settled()
    expect(client.received).toHaveLength(1)
    await deployment.advanceClock(1_000)
    expect(await client.next()).toEqual({ type: 'Ping' })
    await deployment.advanceClock(15_000)
    expect(await client.next()).toEqual({ type: 'Ping' })
  })
})

describe('an invalid message', () => {
  const cases: [name: string, data: string, error: string][] = [
    ['no JSON', '{"type":', 'Received Invalid JSON on websocket'],
    ['JSON of no known type', '{"type":"Subscribe"}', 'not a message of the sync protocol'],
    ['null', 'null', 'not a message of the sync protocol'],
    ['a list of messages', '[]', 'not a message of the sync protocol'],
    ['a mutation without an id', '{"type":"Mutation","udfPath":"a:b","args":[]}', 'not a message of the sync protocol'],
    ['a query set whose version does not increase', '{"type":"ModifyQuerySet","baseVersion":0,"newVersion":0,"modifications":[]}', 'not a message of the sync protocol'],
    ['a modification of no known type', '{"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,"modifications":[{"type":"Change"}]}', 'not a message of the sync protocol'],
    ['a timestamp of the wrong length', '{"type":"Connect","sessionId":"a","maxObservedTimestamp":"AAAA"}', 'eight bytes'],
  ]
  it.each(cases)('causes a FatalError and ends the connection: %s', async (_name, data, error) => {
    const client = await RawClient.open(deployment.url, null)
    client.sendRaw(data)
    expect(await client.next()).toEqual({ type: 'FatalError', error: expect.stringContaining(error) })
    expect((await client.closed).code).toBe(WITHOUT_CODE)
  })

  const mistakes: [name: string, send: (client: RawClient) => void, detail: string][] = [
    ['a query id that exists', client => client.modify(0, add(1, 'counters:total'), add(1, 'counters:total')), 'Duplicate query ID: 1'],
    ['a query id that does not exist', client => client.modify(0, { type: 'Remove', queryId: 4 }), 'Nonexistent query id: 4'],
    ['a wrong version of the identity', client => client.authenticate(3, null), 'Base version 3 of the identity'],
    ['a binary message', client => client.sendRaw(Buffer.from([1, 2, 3])), 'Unexpected binary message'],
  ]
  it.each(mistakes)('closes the socket so that the client reconnects: %s', async (_name, send, detail) => {
    const client = await RawClient.open(deployment.url)
    send(client)
    expect(await client.closed).toEqual({ code: 1011, reason: 'InternalServerError' })
    await deployment.settled()
    expect(deployment.log.findLast(({ name }) => name === 'reject')).toMatchObject({ detail: expect.stringContaining(detail) })
  })

  it('closes the connection with 1009 if it is larger than 20 MiB', async () => {
    const client = await RawClient.open(deployment.url)
    client.sendRaw('x'.repeat(20 * 2 ** 20 + 1))
    expect((await client.closed).code).toBe(1009)
  })

  it('does not affect other connections', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'values:echoAny', { value: 'still here' }))
    expect((await client.next()).modifications).toMatchObject([{ value: 'still here' }])
  })
})

describe('an Event message', () => {
  it('is accepted without an answer', async () => {
    const client = await RawClient.open(deployment.url)
    client.send({ type: 'Event', eventType: 'ClientConnect', event: [] })
    client.modify(0, add(1, 'counters:total'))
    expect((await client.next()).type).toBe('Transition')
  })
})

describe('a WebSocket at another path', () => {
  it('is refused with 404', async () => {
    const { WebSocket } = await import('ws')
    const socket = new WebSocket(`${deployment.url.replace('http', 'ws')}/elsewhere`)
    const error = await new Promise<Error>(resolve => socket.on('error', resolve))
    expect(error.message).toContain('404')
  })
})
