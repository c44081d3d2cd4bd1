import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './app.ts'
import { api } from './apps/crons/convex/_generated/api.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('crons')
})
afterAll(() => deployment.close())

const runsOf = (name: string) => deployment.query(api.reminders.runs, { name })

async function advance(ms: number): Promise<void> {
  await deployment.advanceClock(ms)
  await deployment.settled()
}

/** Milliseconds until 06:30 in Tokyo, which is 9 hours ahead of UTC in summer and in winter. */
async function untilReminder(): Promise<number> {
  const inTokyo = (await deployment.query(api.reminders.now) + 9 * HOUR) % DAY
  return (6.5 * HOUR - inTokyo + DAY) % DAY
}

describe('@convex-dev/crons', () => {
  it('runs a function at an interval, until the cron is removed', async () => {
    const id = await deployment.mutation(api.reminders.registerInterval, { name: 'hourly', ms: HOUR })
    expect(await deployment.query(api.reminders.get, { name: 'hourly' })).toMatchObject({ id, name: 'hourly', schedule: { kind: 'interval', ms: HOUR } })
    expect(await runsOf('hourly')).toEqual([])
    for (let hour = 1; hour <= 3; hour++) {
      await advance(HOUR)
      expect(await runsOf('hourly')).toHaveLength(hour)
    }
    const [first, second] = await runsOf('hourly')
    expect(second! - first!).toBeCloseTo(HOUR, -4)

    await deployment.mutation(api.reminders.remove, { name: 'hourly' })
    await advance(3 * HOUR)
    expect(await runsOf('hourly')).toHaveLength(3)
    expect(await deployment.query(api.reminders.get, { name: 'hourly' })).toBeNull()
  })

  it('runs an action every day at a time in a time zone', async () => {
    await deployment.mutation(api.reminders.registerDaily, { name: 'daily' })
    expect(await deployment.query(api.reminders.list)).toEqual(['daily'])
    // Advances to one minute after 06:30 in Tokyo.
    await advance(await untilReminder() + MINUTE)
    const count = (await runsOf('daily')).length
    await advance(DAY - 5 * MINUTE)
    expect(await runsOf('daily')).toHaveLength(count)
    await advance(10 * MINUTE)
    expect(await runsOf('daily')).toHaveLength(count + 1)
  })

  it('refuses a second cron with the same name', async () => {
    await expect(deployment.mutation(api.reminders.registerInterval, { name: 'daily', ms: HOUR })).rejects.toThrow('already exists')
    await expect(deployment.mutation(api.reminders.registerInterval, { name: 'fast', ms: 10 })).rejects.toThrow()
  })
})
