import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterPrefix, encodeKey, keyInterval } from '../../../src/testing/engine/index-key.ts'
import { isPrefixInterval, PrefixMap } from '../../../src/testing/engine/prefix-map.ts'
import { engineRuns } from './runs.ts'

/** Few different values, some of which begin with others, and some with bytes that are escaped. */
const values = fc.constantFrom('', 'a', 'a\0', 'a\0b', 'ab', '\0', 1, 2, null, undefined, true)
const lists = fc.array(values, { maxLength: 3 })

describe('prefix-map', () => {
  it('finds the items whose prefix interval includes a key, even after deletions', () => {
    const removals = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 })
    fc.assert(fc.property(fc.array(lists, { maxLength: 20 }), removals, fc.array(lists), (prefixes, removed, probes) => {
      const map = new PrefixMap<number>()
      const intervals = prefixes.map(prefix => ({ start: encodeKey(prefix), end: afterPrefix(encodeKey(prefix)) }))
      intervals.forEach(({ start }, item) => map.add(start, item))
      intervals.forEach(({ start }, item) => removed[item] && map.delete(start, item))
      for (const key of probes.map(encodeKey)) {
        const found = new Set<number>()
        map.collect(key, found)
        const expected = intervals.flatMap(({ start, end }, item) =>
          !removed[item] && Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0 ? [item] : [])
        expect([...found].sort((a, b) => a - b)).toEqual(expected)
      }
      intervals.forEach(({ start }, item) => map.delete(start, item))
      expect(map.isEmpty).toBe(true)
    }), { numRuns: engineRuns(20_000) })
  })

  it('accepts the intervals of equalities, and no others', () => {
    expect(isPrefixInterval(keyInterval(['a', 1]))).toBe(true)
    expect(isPrefixInterval(keyInterval([]))).toBe(false)
    expect(isPrefixInterval(keyInterval(['a'], { value: 1, isInclusive: true }))).toBe(false)
    expect(isPrefixInterval(keyInterval(['a'], undefined, { value: 1, isInclusive: true }))).toBe(false)
  })
})
