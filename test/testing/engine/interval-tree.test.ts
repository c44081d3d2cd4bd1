import type { Interval } from '../../../src/testing/engine/types.ts'
import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IntervalSet } from '../../../src/testing/engine/interval-set.ts'
import { IntervalTree } from '../../../src/testing/engine/interval-tree.ts'
import { engineRuns } from './runs.ts'

/** Few different keys, so that intervals touch, overlap and are equal. */
const keys = fc.uint8Array({ max: 3, maxLength: 3 })
const intervals = fc.record({ start: keys, end: fc.option(keys) })
const lists = fc.array(intervals, { maxLength: 40 })

function includes({ start, end }: Interval, key: Uint8Array): boolean {
  return Buffer.compare(start, key) <= 0 && (end === null || Buffer.compare(key, end) < 0)
}

describe('interval-tree', () => {
  it('finds the items whose intervals include a key, even after deletions', () => {
    const removals = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 })
    fc.assert(fc.property(lists, removals, fc.array(keys), (list, removed, probes) => {
      const tree = new IntervalTree<number>()
      list.forEach((interval, item) => tree.add(interval, item))
      list.forEach((interval, item) => removed[item] && tree.delete(interval, item))
      for (const key of probes) {
        const found = new Set<number>()
        tree.collect(key, found)
        const expected = list.flatMap((interval, item) => !removed[item] && includes(interval, key) ? [item] : [])
        expect([...found].sort((a, b) => a - b)).toEqual(expected)
      }
      list.forEach((interval, item) => tree.delete(interval, item))
      expect(tree.isEmpty).toBe(true)
    }), { numRuns: engineRuns(20_000) })
  })
})

describe('interval-set', () => {
  it('includes the keys of its intervals, and has no intervals that touch', () => {
    fc.assert(fc.property(lists, keys, (list, key) => {
      const set = new IntervalSet(list)
      expect(set.includes(key)).toBe(list.some(interval => includes(interval, key)))
      set.intervals.slice(1).forEach(({ start }, index) => {
        expect(Buffer.compare(set.intervals[index]!.end!, start)).toBe(-1)
      })
    }), { numRuns: engineRuns(20_000) })
  })
})
