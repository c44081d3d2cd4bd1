import type { RunId } from '@convex-dev/action-retrier'
import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { advanceUntil, startApp } from './app.ts'
import { api } from './apps/action-retrier/convex/_generated/api.js'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('action-retrier')
})
afterAll(() => deployment.close())

const isOver = async (runId: RunId): Promise<boolean> => (await deployment.query(api.letters.status, { runId })).type === 'completed'

describe('@convex-dev/action-retrier', () => {
  it('runs an action again after delays that grow, until it succeeds', async () => {
    const runId = await deployment.mutation(api.letters.write, { name: 'late', failures: 2 })
    await deployment.settled()
    expect(await deployment.query(api.letters.status, { runId })).toEqual({ type: 'inProgress' })
    await advanceUntil(deployment, () => isOver(runId), 5000)
    const result = { type: 'success', returnValue: 'posted with try 3' }
    expect(await deployment.query(api.letters.status, { runId })).toEqual({ type: 'completed', result })
    const { times: [first, second, third], results } = await deployment.query(api.letters.outcome, { name: 'late', runId })
    expect(results).toEqual([result])
    // The delays are 10 and 100 seconds, plus or minus a random part of at most half.
    expect(second! - first!).toBeGreaterThan(4_900)
    expect(third! - second!).toBeGreaterThan(49_000)
  })

  it('fails after maxFailures', async () => {
    const runId = await deployment.mutation(api.letters.write, { name: 'lost', failures: 100 })
    await advanceUntil(deployment, () => isOver(runId), 60_000)
    const { times, results } = await deployment.query(api.letters.outcome, { name: 'lost', runId })
    expect(times).toHaveLength(4)
    expect(results).toEqual([{ type: 'failed', error: expect.stringContaining('The post office is closed') }])
  })

  it('cancels a run that has not started, and removes its data', async () => {
    const runId = await deployment.mutation(api.letters.write, { name: 'never', failures: 0, runAfter: 3_600_000 })
    await deployment.mutation(api.letters.cancel, { runId })
    await deployment.advanceClock(7_200_000)
    await deployment.settled()
    expect(await deployment.query(api.letters.outcome, { name: 'never', runId })).toEqual({ times: [], results: [{ type: 'canceled' }] })
    await deployment.mutation(api.letters.cleanUp, { runId })
    await expect(deployment.query(api.letters.status, { runId })).rejects.toThrow()
  })
})
