import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkSchedule, nextRun } from '../../src/testing/runtime/crons.ts'
import { describeSchedule } from '../../src/testing/server/describe-schedule.ts'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startFixture } from '../support/live/deployment.ts'
import { add, RawClient } from './raw-client.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

const MINUTE = 60_000
const bodies = async (channel: string): Promise<string[]> => (await deployment.query(api.messages.list, { channel })).map(({ body }) => body)

describe('a scheduled function', () => {
  it('runs anonymously when it is due, and live queries show its state', async () => {
    const job = await deployment.mutation(api.jobs.sendLater, { channel: 'later', body: 'due', delayMs: 10 * MINUTE }, { identity: { subject: 'ada' } })
    const client = await RawClient.open(deployment.url)
    client.modify(0, add(1, 'messages:list', { channel: 'later' }), add(2, 'jobs:state', { job }))
    expect((await client.next()).modifications).toMatchObject([{ value: [] }, { value: 'pending' }])
    await deployment.advanceClock(9 * MINUTE)
    expect(await bodies('later')).toEqual([])
    await deployment.advanceClock(1 * MINUTE)
    await deployment.settled()
    expect(await bodies('later')).toEqual(['due'])
    await eventually(() => client.received.flatMap(({ modifications = [] }) => modifications).findLast(({ queryId }) => queryId === 2)?.value).toBe('success')
    expect((await deployment.query(api.messages.list, { channel: 'later' }))[0]!.author).toBeNull()
    expect(deployment.log.findLast(({ name }) => name === 'messages:send')).toMatchObject({ kind: 'mutation', subject: null, connection: null, outcome: 'success', args: { channel: 'later', body: 'due' } })
  })

  it('does not run if it was cancelled, or if the scheduling mutation failed', async () => {
    const job = await deployment.mutation(api.jobs.sendLater, { channel: 'never', body: 'cancelled', delayMs: MINUTE })
    await deployment.mutation(api.jobs.cancel, { job })
    await expect(deployment.mutation(api.jobs.sendLaterAndFail, { channel: 'never' })).rejects.toThrow()
    await deployment.mutation(api.jobs.sendLater, { channel: 'never', body: 'the last', delayMs: MINUTE })
    await deployment.advanceClock(2 * MINUTE)
    await eventually(() => bodies('never')).toEqual(['the last'])
    expect(await deployment.query(api.jobs.state, { job })).toBe('canceled')
  })

  it('can be scheduled further ahead than the longest timer of Node', async () => {
    const days = 24 * 60 * MINUTE
    await deployment.mutation(api.jobs.sendLater, { channel: 'far', body: 'at last', delayMs: 60 * days })
    await deployment.advanceClock(59 * days)
    expect(await bodies('far')).toEqual([])
    await deployment.advanceClock(1 * days)
    await eventually(() => bodies('far')).toEqual(['at last'])
  })
})

describe('the clock', () => {
  it('applies to functions: Date, timers and creation times', async () => {
    const waiting = deployment.action(api.jobs.wait, { ms: 9 * MINUTE }).then(Date.parse)
    await eventually(async () => {
      await deployment.advanceClock(10 * MINUTE)
      return await Promise.race([waiting, Promise.resolve(null)])
    }).toBeGreaterThan(Date.now() + 9 * MINUTE)
    const id = await deployment.mutation(api.messages.send, { channel: 'clock', body: 'x' })
    const message = await deployment.query(api.messages.get, { id })
    expect(message!._creationTime).toBeGreaterThan(Date.now() + 9 * MINUTE)
  })
})

describe('a cron job', () => {
  it('runs repeatedly, at the times of its schedule', async () => {
    await deployment.settled()
    const before = await deployment.query(api.counters.get, { name: 'cron' })
    // An interval begins with a run when it is deployed.
    expect(before).toBeGreaterThan(0)
    await deployment.advanceClock(6 * 60 * MINUTE)
    await eventually(() => deployment.query(api.counters.get, { name: 'cron' })).toBe(before + 1)
    await deployment.settled()
    await deployment.advanceClock(6 * 60 * MINUTE)
    await eventually(() => deployment.query(api.counters.get, { name: 'cron' })).toBe(before + 2)
    expect(deployment.log.findLast(({ name }) => name === 'counters:tick')).toMatchObject({ kind: 'mutation', subject: null, outcome: 'success' })
  })

  const at = '2026-03-04T10:30:20Z' // a Wednesday
  it.each([
    [{ type: 'interval', minutes: 5 }, '2026-03-04T10:35:20Z'],
    [{ type: 'hourly', minuteUTC: 15 }, '2026-03-04T11:15:00Z'],
    [{ type: 'daily', hourUTC: 9, minuteUTC: 0 }, '2026-03-05T09:00:00Z'],
    [{ type: 'weekly', dayOfWeek: 'monday', hourUTC: 12 }, '2026-03-09T12:00:00Z'],
    [{ type: 'monthly', day: 31, hourUTC: 0, minuteUTC: 30 }, '2026-03-31T00:30:00Z'],
    [{ type: 'cron', cron: '*/20 * * * *' }, '2026-03-04T10:40:00Z'],
    [{ type: 'cron', cron: '0 8-10/2 * * mon-fri' }, '2026-03-05T08:00:00Z'],
    [{ type: 'cron', cron: '0 0 29 feb *' }, '2028-02-29T00:00:00Z'],
    [{ type: 'cron', cron: '0 0 1 * sun' }, '2026-03-08T00:00:00Z'],
    [{ type: 'cron', cron: '0,31 10 * * 0,3' }, '2026-03-04T10:31:00Z'],
    [{ type: 'cron', cron: '0 9 * * fri-mon' }, '2026-03-06T09:00:00Z'],
    [{ type: 'cron', cron: '0 22-1/3 5 * *' }, '2026-03-05T01:00:00Z'],
  ] as const)('is due at the next time of its schedule: %o', (schedule, expected) => {
    checkSchedule('job', schedule)
    expect(new Date(nextRun(schedule, Date.parse(at))).toISOString()).toBe(new Date(expected).toISOString())
  })

  it.each([
    [{ type: 'interval', seconds: 1 }, 'every 1 second'],
    [{ type: 'interval', minutes: 90 }, 'every 90 minutes'],
    [{ type: 'interval', hours: 2 }, 'every 2 hours'],
    [{ type: 'hourly', minuteUTC: 5 }, 'hourly at minute 5'],
    [{ type: 'daily', hourUTC: 9 }, 'daily at 09:00 UTC'],
    [{ type: 'weekly', dayOfWeek: 'monday', hourUTC: 12, minuteUTC: 30 }, 'weekly on monday at 12:30 UTC'],
    [{ type: 'monthly', day: 31, hourUTC: 0, minuteUTC: 5 }, 'monthly on day 31 at 00:05 UTC'],
    [{ type: 'cron', cron: '*/20 * * * *' }, '*/20 * * * * UTC'],
  ] as const)('has a schedule that the data viewer describes: %o', (schedule, expected) => {
    expect(describeSchedule(schedule)).toBe(expected)
  })

  it.each([
    ['every day', 'could not be parsed'],
    ['* * * *', 'could not be parsed'],
    ['60 * * * *', 'could not be parsed'],
    ['0 0 0 * *', 'could not be parsed'],
    ['0 0 * * 7', 'could not be parsed'],
    ['0 0 * * monday', 'could not be parsed'],
    ['*/0 * * * *', 'could not be parsed'],
    ['0 0 31 2 *', 'never matches any time'],
  ])('is refused with the cron string %s', (cron, problem) => {
    expect(() => checkSchedule('job', { type: 'cron', cron })).toThrow(`Invalid cron job "job": the cron string "${cron}" ${problem}.`)
  })
})
