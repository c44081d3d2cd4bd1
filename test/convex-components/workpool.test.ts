import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { advanceUntil, startApp } from './app.ts'
import { api } from './apps/workpool/convex/_generated/api.js'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('workpool')
})
afterAll(() => deployment.close())

const outcomeOf = (name: string) => deployment.query(api.jobs.outcome, { name })
const waitForResult = (name: string): Promise<void> => advanceUntil(deployment, async () => (await outcomeOf(name)).results.length > 0)

describe('@convex-dev/workpool', () => {
  it('runs at most maxParallelism actions at a time', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const workIds = await deployment.mutation(api.jobs.enqueueSlow, { names })
    let done = 0
    for (const expected of [2, 2, 1]) {
      await eventually(() => deployment.query(api.jobs.running)).toHaveLength(expected)
      expect((await deployment.query(api.jobs.statuses, { workIds })).filter(state => state === 'running')).toHaveLength(expected)
      done += expected
      await deployment.advanceClock(60_000)
      await eventually(() => deployment.query(api.jobs.statuses, { workIds })).toSatisfy(states => states.filter((state: string) => state === 'finished').length >= done)
    }
    expect(await deployment.query(api.jobs.running)).toEqual([])
  })

  it('retries an action, and calls onComplete with its result', async () => {
    await deployment.mutation(api.jobs.enqueueFlaky, { name: 'third', successfulRun: 3, error: 'retryable' })
    await waitForResult('third')
    expect(await outcomeOf('third')).toEqual({ runs: 3, results: [{ kind: 'success', returnValue: 'run 3' }] })
  })

  it('fails after the last retry, with the data of the ConvexError', async () => {
    await deployment.mutation(api.jobs.enqueueFlaky, { name: 'never', successfulRun: 10, error: 'retryable' })
    await waitForResult('never')
    expect(await outcomeOf('never')).toEqual({
      runs: 3,
      results: [{ kind: 'failed', error: expect.stringContaining('{"run":3}'), errorData: { run: 3 } }],
    })
  })

  it('does not retry a NonRetryableError', async () => {
    await deployment.mutation(api.jobs.enqueueFlaky, { name: 'final', successfulRun: 10, error: 'final' })
    await waitForResult('final')
    expect(await outcomeOf('final')).toMatchObject({ runs: 1, results: [{ kind: 'failed', error: expect.stringContaining('nothing to repeat') }] })
  })

  it('cancels work that is scheduled for later', async () => {
    const hour = 3_600_000
    const workId = await deployment.mutation(api.jobs.enqueueFlaky, { name: 'later', successfulRun: 1, error: 'final', runAfter: hour })
    await deployment.settled()
    await deployment.mutation(api.jobs.cancel, { workId })
    await waitForResult('later')
    await deployment.advanceClock(2 * hour)
    await deployment.settled()
    expect(await outcomeOf('later')).toEqual({ runs: 0, results: [{ kind: 'canceled' }] })
  })

  it('runs many mutations, each of them once', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `mutation ${index}`)
    await Promise.all(names.map(name => deployment.mutation(api.jobs.enqueueMutation, { name })))
    for (const name of names) {
      await waitForResult(name)
      expect(await outcomeOf(name)).toEqual({ runs: 1, results: [{ kind: 'success', returnValue: 1 }] })
    }
  })
})
