import { anyApi } from 'convex/server'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/environment/eventually.ts'
import { startApp, startTestApp } from '../start-app.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const JOBS = `
  import { actionGeneric, anyApi, internalQueryGeneric, mutationGeneric, queryGeneric } from 'convex/server'
  export const write = mutationGeneric(async (ctx, { text = 'written' }) => { await ctx.db.insert('events', { text }) })
  export const events = queryGeneric(async ctx => (await ctx.db.query('events').collect()).map(({ text }) => text))
  export const slow = actionGeneric(async (ctx) => {
    await ctx.runMutation(anyApi.jobs.write, { text: 'begin' })
    await new Promise(resolve => setTimeout(resolve, 6 * 60_000))
    await ctx.runMutation(anyApi.jobs.write, { text: 'end' })
  })
  export const read = internalQueryGeneric(() => null)
  export const schedule = mutationGeneric(async (ctx, { delay }) => await ctx.scheduler.runAfter(delay, anyApi.jobs.write, {}))
  export const scheduleInAction = actionGeneric(async (ctx) => {
    await ctx.scheduler.runAfter(0, anyApi.jobs.write, { text: 'scheduled by an action' })
    throw new Error('after scheduling')
  })
  export const cancel = mutationGeneric(async (ctx, { id }) => { await ctx.scheduler.cancel(id) })
  export const job = queryGeneric(async (ctx, { id }) => await ctx.db.system.get(id))`

function crons(statement: string): string {
  return `
    import { anyApi, cronJobs } from 'convex/server'
    const crons = cronJobs()
    ${statement}
    export default crons`
}
const { jobs } = anyApi as Record<string, any>

describe('a cron job', () => {
  it('runs when it is deployed with an interval, and once for all times that it has missed', async () => {
    const { deployment } = await startTestApp({ 'jobs.ts': JOBS, 'crons.ts': crons('crons.interval("write", { hours: 1 }, anyApi.jobs.write, {})') })
    const count = async (): Promise<number> => (await deployment.query(jobs.events)).length
    await deployment.settled()
    expect(await count()).toBe(1)
    await deployment.advanceClock(10 * HOUR)
    await deployment.settled()
    expect(await count()).toBe(2)
    await deployment.advanceClock(HOUR)
    await deployment.settled()
    expect(await count()).toBe(3)
  })

  it('runs first at its time of day if it has one, and does not run because of a reload', async () => {
    const { deployment } = await startTestApp({
      'jobs.ts': JOBS,
      'crons.ts': crons('crons.daily("daily", { hourUTC: 3, minuteUTC: 0 }, anyApi.jobs.write, { text: "daily" })\ncrons.interval("often", { hours: 5 }, anyApi.jobs.write, { text: "often" })'),
    })
    await deployment.settled()
    await deployment.reload()
    await deployment.settled()
    expect(await deployment.query(jobs.events)).toEqual(['often'])
    await deployment.advanceClock(DAY)
    await deployment.settled()
    expect((await deployment.query(jobs.events)).toSorted()).toEqual(['daily', 'often', 'often'])
  })

  it('does not overlap itself: the next run waits for the end of the previous one', async () => {
    const { deployment } = await startTestApp({ 'jobs.ts': JOBS, 'crons.ts': crons('crons.interval("slow", { minutes: 4 }, anyApi.jobs.slow, {})') })
    await eventually(() => deployment.query(jobs.events)).toEqual(['begin'])
    await deployment.advanceClock(5 * MINUTE)
    expect(await deployment.query(jobs.events)).toEqual(['begin'])
    await deployment.advanceClock(MINUTE)
    await eventually(() => deployment.query(jobs.events)).toEqual(['begin', 'end'])
    await deployment.settled()
    await deployment.advanceClock(2 * MINUTE)
    await eventually(() => deployment.query(jobs.events)).toEqual(['begin', 'end', 'begin'])
  })

  it.each([
    ['a text that is not a cron string', 'crons.cron("job", "every day", anyApi.jobs.write, {})', 'Invalid cron job "job"'],
    ['an unknown function', 'crons.interval("job", { hours: 1 }, anyApi.jobs.nothing, {})', 'which does not exist'],
    ['a query', 'crons.interval("job", { hours: 1 }, anyApi.jobs.read, {})', 'only mutations and actions can be scheduled'],
  ])('is refused when the deployment starts: %s', async (_, statement, message) => {
    await expect(startApp({ 'jobs.ts': JOBS, 'crons.ts': crons(statement) })).rejects.toMatchObject({
      code: 'FUNCTIONS_INVALID',
      why: expect.stringContaining(message),
    })
  })
})

describe('a scheduled function', () => {
  it('has a time of completion after it has run or has been cancelled', async () => {
    const { deployment } = await startTestApp({ 'jobs.ts': JOBS })
    const done = await deployment.mutation(jobs.schedule, { delay: 0 })
    const canceled = await deployment.mutation(jobs.schedule, { delay: HOUR })
    await deployment.settled()
    await deployment.mutation(jobs.cancel, { id: canceled })
    expect(await deployment.query(jobs.job, { id: done })).toMatchObject({ name: 'jobs.js:write', state: { kind: 'success' }, completedTime: expect.any(Number) })
    expect(await deployment.query(jobs.job, { id: canceled })).toMatchObject({ state: { kind: 'canceled' }, completedTime: expect.any(Number) })
    await deployment.mutation(jobs.cancel, { id: done })
    expect(await deployment.query(jobs.job, { id: done })).toMatchObject({ state: { kind: 'success' } })
  })

  it('runs although the action that has scheduled it fails', async () => {
    const { deployment } = await startTestApp({ 'jobs.ts': JOBS })
    await expect(deployment.action(jobs.scheduleInAction)).rejects.toThrow('after scheduling')
    await eventually(() => deployment.query(jobs.events)).toEqual(['scheduled by an action'])
  })

  it('is deleted seven days after it has ended', async () => {
    const { deployment } = await startTestApp({ 'jobs.ts': JOBS })
    const first = await deployment.mutation(jobs.schedule, { delay: 0 })
    const second = await deployment.mutation(jobs.schedule, { delay: 2 * DAY })
    const pending = await deployment.mutation(jobs.schedule, { delay: 30 * DAY })
    const exist = async (): Promise<boolean[]> => (await Promise.all([first, second, pending].map(id => deployment.query(jobs.job, { id })))).map(Boolean)
    await deployment.settled()
    await deployment.advanceClock(2 * DAY)
    await deployment.settled()
    await deployment.advanceClock(4 * DAY + 20 * HOUR)
    expect(await exist()).toEqual([true, true, true])
    await deployment.advanceClock(5 * HOUR)
    await eventually(exist).toEqual([false, true, true])
    await deployment.advanceClock(2 * DAY)
    await eventually(exist).toEqual([false, false, true])
  })
})
