import type { Deployment } from '../../src/testing/index.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { advanceUntil, startApp } from './app.ts'
import { api } from './apps/aggregate/convex/_generated/api.js'

/** Every number from 0 to 99 once, in an unsorted order. */
const chess = Array.from({ length: 100 }, (_, index) => index * 37 % 100)
const GO = 'go'
const CHESS = 'chess'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('aggregate')
  await deployment.mutation(api.scores.add, { game: GO, scores: [5, 1, 5] })
  // A node of the component's tree has room for 16 items, so these items need several nodes.
  for (let start = 0; start < 100; start += 20)
    await deployment.mutation(api.scores.add, { game: CHESS, scores: chess.slice(start, start + 20) })
})
afterAll(() => deployment.close())

describe('@convex-dev/aggregate', () => {
  it('counts and sums the documents of a namespace', async () => {
    expect(await deployment.query(api.scores.summary, { game: CHESS })).toEqual({ count: 100, sum: 4950, min: 0, max: 99 })
    expect(await deployment.query(api.scores.summary, { game: GO })).toEqual({ count: 3, sum: 11, min: 1, max: 5 })
    expect(await deployment.query(api.scores.summary, { game: 'none' })).toEqual({ count: 0, sum: 0 })
    expect((await deployment.query(api.scores.games)).sort()).toEqual([CHESS, GO])
  })

  it('counts between bounds, and finds ranks and offsets', async () => {
    expect(await deployment.query(api.scores.countBetween, { game: CHESS, lower: 10, upper: 33 })).toBe(23)
    expect(await deployment.query(api.scores.rank, { game: CHESS, score: 90 })).toBe(9)
    expect(await deployment.query(api.scores.at, { game: CHESS, offset: 42 })).toEqual({ key: 42, player: 'player 42' })
    expect(await deployment.query(api.scores.at, { game: CHESS, offset: -1 })).toEqual({ key: 99, player: 'player 99' })
    await expect(deployment.query(api.scores.at, { game: CHESS, offset: 100 })).rejects.toThrow()
  })

  it('returns all items in pages', async () => {
    const keys: number[] = []
    let cursor: string | undefined
    for (let isDone = false; !isDone;) {
      const page = await deployment.query(api.scores.page, { game: CHESS, cursor })
      keys.push(...page.keys)
      ;({ cursor, isDone } = page)
    }
    expect(keys).toEqual(Array.from({ length: 100 }, (_, index) => 99 - index))
  })

  it('changes with updates and deletions, even if they run at the same time', async () => {
    const correct = (from: number, to: number | null) => deployment.mutation(api.scores.correct, { game: CHESS, from, to })
    await Promise.all([correct(0, 1000), correct(50, null), correct(99, 1)])
    expect(await deployment.query(api.scores.summary, { game: CHESS })).toEqual({ count: 99, sum: 4950 + 1000 - 50 - 98, min: 1, max: 1000 })
    expect(await deployment.query(api.scores.rank, { game: CHESS, score: 1000 })).toBe(0)
  })

  it('adds items in the background, and counts them from a recent snapshot', async () => {
    const times = Array.from({ length: 40 }, (_, index) => index)
    await Promise.all(['/a', '/b', '/a/b'].map(path => deployment.mutation(api.visits.add, { path, times })))
    await advanceUntil(deployment, async () => await deployment.query(api.visits.count, { path: '/a/b' }) === 40)
    expect(await deployment.query(api.visits.count, { path: '/a' })).toBe(40)
    expect(await deployment.mutation(api.visits.recount, { path: '/b' })).toBe(40)
  })
})
