import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { add, decodeTs, RawClient } from './raw-client.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

const count = (name: string): Promise<number> => deployment.query(api.counters.get, { name })

describe('a mutation', () => {
  it('is answered with its timestamp before the transition with its writes', async () => {
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'counters:get', { name: 'order' }))
    await client.nextOf('Transition')
    client.mutate(5, 'counters:increment', { name: 'order' })
    const answer = await client.next()
    expect(answer).toMatchObject({ type: 'MutationResponse', requestId: 5, success: true, result: 1, logLines: [] })
    const transition = await client.next()
    expect(transition).toMatchObject({ type: 'Transition', modifications: [{ queryId: 1, value: 1 }] })
    expect(decodeTs(transition.endVersion.ts)).toBeGreaterThanOrEqual(decodeTs(answer.ts))
  })

  it('is followed by a transition even if no query of the client has changed', async () => {
    const client = await RawClient.open(deployment.url)
    client.mutate(0, 'counters:increment', { name: 'unseen' })
    const answer = await client.next()
    const transition = await client.next()
    expect(transition.modifications).toEqual([])
    expect(decodeTs(transition.endVersion.ts)).toBeGreaterThanOrEqual(decodeTs(answer.ts))
  })

  it('has no timestamp and writes nothing if it fails', async () => {
    const client = await RawClient.open(deployment.url)
    client.mutate(0, 'counters:incrementAndFail', { name: 'failed' })
    const answer = await client.next()
    expect(answer).toMatchObject({ type: 'MutationResponse', success: false, result: expect.stringContaining('the increment failed') })
    expect(answer).not.toHaveProperty('ts')
    expect(await count('failed')).toBe(0)
  })

  it('continues after a nested mutation has failed, and only the nested writes are rolled back', async () => {
    await deployment.mutation(api.counters.incrementDespiteFailure, { name: 'nested' })
    expect(await count('nested')).toBe(1)
  })

  it('writes nothing if its result does not match its validator', async () => {
    await expect(deployment.mutation(api.values.brokenMutation, { name: 'broken' })).rejects.toThrow('ReturnsValidationError')
    expect(await count('broken')).toBe(0)
  })

  it('waits for earlier mutations of the same socket', async () => {
    const client = await RawClient.open(deployment.url)
    for (let requestId = 0; requestId < 20; requestId++)
      client.mutate(requestId, 'messages:send', { channel: 'serial', body: String(requestId) })
    await eventually(() => client.received.filter(({ type }) => type === 'MutationResponse').map(({ requestId }) => requestId))
      .toEqual(Array.from({ length: 20 }, (_, index) => index))
    const messages = await deployment.query(api.messages.list, { channel: 'serial' })
    expect(messages.map(({ body }) => Number(body))).toEqual(Array.from({ length: 20 }, (_, index) => index))
  })
})

describe('a mutation that is sent again', () => {
  it('runs once, and has the same answer on the new socket', async () => {
    const sessionId = crypto.randomUUID()
    const first = await RawClient.open(deployment.url, { sessionId })
    first.mutate(3, 'counters:increment', { name: 'twice' })
    const answer = await first.next()
    const second = await RawClient.open(deployment.url, { sessionId, connectionCount: 1 })
    second.mutate(3, 'counters:increment', { name: 'twice' })
    expect(await second.next()).toEqual(answer)
    expect(await count('twice')).toBe(1)
  })

  it('runs once if its first execution is in progress at a restart', async () => {
    const sessionId = crypto.randomUUID()
    const first = await RawClient.open(deployment.url, { sessionId })
    first.mutate(0, 'counters:increment', { name: 'underWay' })
    first.mutate(1, 'counters:increment', { name: 'underWay' })
    await deployment.restart()
    const second = await RawClient.open(deployment.url, { sessionId, connectionCount: 1 })
    second.mutate(0, 'counters:increment', { name: 'underWay' })
    second.mutate(1, 'counters:increment', { name: 'underWay' })
    expect(await second.nextOf('MutationResponse')).toMatchObject({ requestId: 0, result: 1 })
    expect(await second.nextOf('MutationResponse')).toMatchObject({ requestId: 1, result: 2 })
    expect(await count('underWay')).toBe(2)
  })

  it('is answered in the order in which the client has sent its mutations', async () => {
    const sessionId = crypto.randomUUID()
    const first = await RawClient.open(deployment.url, { sessionId })
    first.mutate(1, 'counters:increment', { name: 'turn' })
    await first.nextOf('MutationResponse')
    const second = await RawClient.open(deployment.url, { sessionId, connectionCount: 1 })
    second.mutate(0, 'counters:increment', { name: 'turn' })
    second.mutate(1, 'counters:increment', { name: 'turn' })
    expect(await second.nextOf('MutationResponse')).toMatchObject({ requestId: 0, result: 2 })
    expect(await second.nextOf('MutationResponse')).toMatchObject({ requestId: 1, result: 1 })
  })

  it('counts as a different mutation if the session id differs', async () => {
    for (let session = 0; session < 2; session++) {
      const client = await RawClient.open(deployment.url)
      client.mutate(0, 'counters:increment', { name: 'sessions' })
      await client.next()
    }
    expect(await count('sessions')).toBe(2)
  })

  it('runs again if it failed before', async () => {
    const sessionId = crypto.randomUUID()
    const failing = await RawClient.open(deployment.url, { sessionId })
    failing.mutate(0, 'counters:incrementAndFail', { name: 'again' })
    await failing.nextOf('MutationResponse')
    await deployment.settled()
    deployment.log.length = 0
    failing.mutate(0, 'counters:incrementAndFail', { name: 'again' })
    await failing.nextOf('MutationResponse')
    await deployment.settled()
    expect(deployment.log.filter(({ name }) => name === 'counters:incrementAndFail')).toHaveLength(1)
  })
})

describe('actions', () => {
  it('run concurrently with each other and with mutations', async () => {
    const client = await RawClient.open(deployment.url)
    client.send({ type: 'Action', requestId: 0, udfPath: 'jobs:wait', args: [{ ms: 300_000 }] })
    client.send({ type: 'Action', requestId: 1, udfPath: 'failures:failingAction', args: [{ kind: 'none' }] })
    client.mutate(2, 'counters:increment', { name: 'beside' })
    expect(await client.nextOf('ActionResponse')).toMatchObject({ requestId: 1, success: true, result: 'fine' })
    await client.nextOf('MutationResponse')
    await deployment.advanceClock(300_000)
    expect(await client.nextOf('ActionResponse')).toMatchObject({ requestId: 0, success: true })
  })

  it('read and write as the identity of their caller, but schedule functions as anonymous', async () => {
    const { before, subject } = await deployment.action(api.jobs.relay, { channel: 'relay', body: 'hello' }, { identity: { subject: 'ada' } })
    expect({ before, subject }).toEqual({ before: 0, subject: 'ada' })
    await eventually(() => deployment.query(api.messages.list, { channel: 'relay' })).toMatchObject([
      { body: 'hello', author: 'ada' },
      { body: 'hello, scheduled', author: null },
    ])
  })
})
