import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './app.ts'
import { api } from './apps/sharded-counter/convex/_generated/api.js'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('sharded-counter')
})
afterAll(() => deployment.close())

describe('@convex-dev/sharded-counter', () => {
  it('counts increments that run at the same time', async () => {
    await Promise.all(Array.from({ length: 60 }, () => deployment.mutation(api.beans.increment)))
    await deployment.mutation(api.beans.addPeas)
    expect(await deployment.query(api.beans.count)).toEqual([60, 1])
    await deployment.mutation(api.beans.add, { count: -20 })
    expect(await deployment.query(api.beans.count)).toEqual([40, 1])
  })

  it('estimates the count exactly after a rebalance, and resets one key', async () => {
    await deployment.mutation(api.beans.rebalance)
    expect(await deployment.query(api.beans.estimate)).toBe(40)
    expect(await deployment.query(api.beans.count)).toEqual([40, 1])
    await deployment.mutation(api.beans.reset)
    expect(await deployment.query(api.beans.count)).toEqual([0, 1])
  })
})
