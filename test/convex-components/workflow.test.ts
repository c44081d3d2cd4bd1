import type { WorkflowId } from '@convex-dev/workflow'
import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { advanceUntil, startApp } from './app.ts'
import { api, internal } from './apps/workflow/convex/_generated/api.js'

const DAY = 24 * 60 * 60 * 1000

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('workflow')
})
afterAll(() => deployment.close())

const statusOf = (workflowId: WorkflowId) => deployment.query(api.orders.status, { workflowId })
async function runningSteps(workflowId: WorkflowId): Promise<string[]> {
  const status = await statusOf(workflowId)
  return status.type === 'inProgress' ? status.running.map(({ name }) => name) : []
}
const isOver = async (workflowId: WorkflowId): Promise<boolean> => (await statusOf(workflowId)).type !== 'inProgress'

describe('@convex-dev/workflow', () => {
  it('runs steps, retries, a long sleep, an event, parallel steps and a nested workflow', async () => {
    const { order, workflowId } = await deployment.mutation(api.orders.order, { item: 'lamp' })
    await advanceUntil(deployment, async () => (await runningSteps(workflowId)).includes('sleep'))
    expect((await deployment.query(api.orders.state, { order, workflowId })).order).toMatchObject({ tries: 3, events: ['charged with try 3'] })

    await deployment.advanceClock(2 * DAY)
    await deployment.settled()
    expect(await runningSteps(workflowId)).toEqual(['sleep'])
    await deployment.advanceClock(DAY)
    await advanceUntil(deployment, async () => (await runningSteps(workflowId)).includes('delivered'))

    await deployment.mutation(api.orders.deliver, { workflowId, to: 'Ada' })
    await advanceUntil(deployment, () => isOver(workflowId))
    const returnValue = 'lamp after 3 days to Ada: label ok, seal ok, thanks sent'
    expect(await statusOf(workflowId)).toEqual({ type: 'completed', result: returnValue })
    await advanceUntil(deployment, async () => (await deployment.query(api.orders.state, { order, workflowId })).results.length > 0)
    const state = await deployment.query(api.orders.state, { order, workflowId })
    expect(state.order.events).toEqual(['charged with try 3', 'thanked'])
    expect(state.results).toMatchObject([{ note: 'order of lamp', result: { kind: 'success', returnValue } }])

    const steps = await deployment.query(api.orders.steps, { workflowId })
    expect(steps.map(({ name }) => name)).toEqual([
      'orders:item',
      'orders:charge',
      'orders:record',
      'sleep',
      'delivered',
      'orders:check',
      'orders:check',
      'orders:thank',
    ])
    expect(await deployment.mutation(api.orders.cleanUp, { workflowId })).toBe(true)
    await expect(statusOf(workflowId)).rejects.toThrow()
  })

  it('fails after the last retry, and calls onComplete with the error', async () => {
    const { order, workflowId } = await deployment.mutation(api.orders.order, { item: 'safe', fails: true })
    await advanceUntil(deployment, async () => (await deployment.query(api.orders.state, { order, workflowId })).results.length > 0)
    expect(await statusOf(workflowId)).toMatchObject({ type: 'failed', error: expect.stringContaining('The bank does not answer') })
    expect(await deployment.query(api.orders.state, { order, workflowId })).toMatchObject({
      order: { tries: 3 },
      results: [{ result: { kind: 'failed', error: expect.stringContaining('The bank does not answer') } }],
    })
  })

  it('cancels a workflow that is sleeping', async () => {
    const { order, workflowId } = await deployment.mutation(api.orders.order, { item: 'clock' })
    await advanceUntil(deployment, async () => (await runningSteps(workflowId)).includes('sleep'))
    await deployment.mutation(api.orders.cancel, { workflowId })
    expect(await statusOf(workflowId)).toEqual({ type: 'canceled' })
    await deployment.advanceClock(4 * DAY)
    await deployment.settled()
    expect(await statusOf(workflowId)).toEqual({ type: 'canceled' })
    expect(await deployment.query(api.orders.state, { order, workflowId })).toMatchObject({
      order: { events: ['charged with try 3'] },
      results: [{ result: { kind: 'canceled' } }],
    })
  })

  it('replays random numbers, and does not change the globals of other functions', async () => {
    const expected = ['object', 'function', true, 2]
    expect(await deployment.query(internal.orders.globals)).toEqual(expected)
    const workflowIds = await Promise.all(Array.from({ length: 8 }, () => deployment.mutation(api.orders.startDraw)))
    await advanceUntil(deployment, async () => (await Promise.all(workflowIds.map(isOver))).every(Boolean))
    for (const workflowId of workflowIds) {
      const status = await statusOf(workflowId)
      expect(status).toMatchObject({ type: 'completed', result: [expect.any(Number), expect.any(Number), expect.any(Number)] })
      const steps = await deployment.query(api.orders.steps, { workflowId })
      expect(steps.map(({ runResult }) => runResult)).toEqual([
        { kind: 'success', returnValue: expected },
        { kind: 'success', returnValue: expected },
      ])
    }
    expect(await deployment.query(internal.orders.globals)).toEqual(expected)
  })
})
