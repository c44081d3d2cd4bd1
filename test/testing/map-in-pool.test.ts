import { describe, expect, it } from 'vitest'
import { deferred } from '../../src/testing/functions/deferred.ts'
import { mapInPool } from '../../src/testing/sync/map-in-pool.ts'

describe('mapInPool', () => {
  it('runs a limited number of tasks together, and keeps the order of their results', async () => {
    let [running, most] = [0, 0]
    const results = await mapInPool([5, 1, 4, 2, 3], 2, async (item) => {
      running += 1
      most = Math.max(most, running)
      for (let turn = 0; turn < item; turn++)
        await null
      running -= 1
      return item * 10
    })
    expect(results).toEqual([50, 10, 40, 20, 30])
    expect(most).toBe(2)
  })

  it('returns an empty list for no items', async () => {
    expect(await mapInPool([], 2, async item => item)).toEqual([])
  })

  it('fails once all tasks have ended, also those that start after the failure', async () => {
    const last = deferred<void>()
    const ended: string[] = []
    const mapping = mapInPool(['fails', 'slow', 'last'], 2, async (item) => {
      if (item === 'fails')
        throw new Error('no')
      await last.promise
      ended.push(item)
    }).catch((error: Error) => ended.push(error.message))
    await null
    expect(ended).toEqual([])
    last.resolve()
    await mapping
    expect(ended).toEqual(['slow', 'last', 'no'])
  })
})
