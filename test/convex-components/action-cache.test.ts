import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp } from './app.ts'
import { api, internal } from './apps/action-cache/convex/_generated/api.js'

const HOUR = 3_600_000

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('action-cache')
})
afterAll(() => deployment.close())

const get = (text: string, options: { ttl?: number, force?: boolean } = {}) => deployment.action(api.embeddings.get, { text, ...options })
const runsFor = (text: string) => deployment.query(internal.embeddings.computed, { text })

describe('@convex-dev/action-cache', () => {
  it('runs the action once until its value expires', async () => {
    for (let count = 0; count < 3; count++)
      expect(await get('ab')).toEqual([97, 98])
    expect(await runsFor('ab')).toBe(1)
    await deployment.advanceClock(23 * HOUR)
    await get('ab')
    expect(await runsFor('ab')).toBe(1)
    await deployment.advanceClock(2 * HOUR)
    await get('ab')
    expect(await runsFor('ab')).toBe(2)
  })

  it('expires earlier with ttl, and runs again with force', async () => {
    await get('b', { ttl: HOUR })
    await get('b')
    expect(await runsFor('b')).toBe(1)
    await deployment.advanceClock(2 * HOUR)
    await get('b')
    expect(await runsFor('b')).toBe(2)
    await get('b', { force: true })
    expect(await runsFor('b')).toBe(3)
  })

  it('removes one value, or all values', async () => {
    await get('c')
    await get('d')
    await deployment.mutation(api.embeddings.remove, { text: 'c' })
    await Promise.all([get('c'), get('d')])
    expect([await runsFor('c'), await runsFor('d')]).toEqual([2, 1])
    await deployment.mutation(api.embeddings.removeAll)
    await deployment.settled()
    await Promise.all([get('c'), get('d')])
    expect([await runsFor('c'), await runsFor('d')]).toEqual([3, 2])
  })

  it('does not cache an error', async () => {
    await expect(get('')).rejects.toThrow('There is no text')
    await expect(get('')).rejects.toThrow('There is no text')
    expect(await runsFor('')).toBe(2)
  })
})
