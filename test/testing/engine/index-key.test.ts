import type { MaybeValue } from './values.ts'
import { Buffer } from 'node:buffer'
import { compareValues } from 'convex/values'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterPrefix, encodeKey, keyInterval, valueAt } from '../../../src/testing/engine/index-key.ts'
import { isBefore } from '../../../src/testing/engine/interval-set.ts'
import { engineRuns } from './runs.ts'
import { maybeValues } from './values.ts'

const lists = fc.array(maybeValues, { maxLength: 4 })
/** Two lists that often have equal values at the beginning. */
const pairs = fc.tuple(lists, lists, fc.nat(4)).map(([a, b, shared]) => [a, [...a.slice(0, shared), ...b]] as const)

describe('encodeKey', () => {
  it('orders values as compareValues does', () => {
    fc.assert(fc.property(maybeValues, maybeValues, (a, b) => {
      expect(Math.sign(Buffer.compare(encodeKey([a]), encodeKey([b])))).toBe(Math.sign(compareValues(a, b)))
    }), { numRuns: engineRuns(40_000) })
  })

  it('orders lists by their first different value, and prefixes first', () => {
    fc.assert(fc.property(pairs, ([a, b]) => {
      expect(Math.sign(Buffer.compare(encodeKey(a), encodeKey(b)))).toBe(Math.sign(compareLists(a, b)))
    }), { numRuns: engineRuns(40_000) })
  })

  it('gives all NaNs the same key', () => {
    const bits = new BigUint64Array([0xFFF8000000000000n, 0x7FF8000000000001n])
    for (const value of new Float64Array(bits.buffer))
      expect(encodeKey([value])).toEqual(encodeKey([Number.NaN]))
  })
})

describe('afterPrefix', () => {
  it('returns a key after all keys with the prefix, and before all greater keys', () => {
    fc.assert(fc.property(lists, lists, (prefix, list) => {
      const key = encodeKey(list)
      const isInside = Buffer.compare(key, encodeKey(prefix)) >= 0 && isBefore(key, afterPrefix(encodeKey(prefix)))
      expect(isInside).toBe(compareLists(prefix, list.slice(0, prefix.length)) === 0)
    }), { numRuns: engineRuns(20_000) })
  })
})

describe('keyInterval', () => {
  const bounds = fc.option(fc.record({ value: maybeValues, isInclusive: fc.boolean() }), { nil: undefined })

  it('includes the keys whose values are between the bounds', () => {
    const equals = fc.array(maybeValues, { maxLength: 2 })
    fc.assert(fc.property(equals, bounds, bounds, maybeValues, maybeValues, (equal, lower, upper, next, rest) => {
      const key = encodeKey([...equal, next, rest])
      const { start, end } = keyInterval(equal, lower, upper)
      const isAbove = !lower || compareValues(next, lower.value) > (lower.isInclusive ? -1 : 0)
      const isBelow = !upper || compareValues(next, upper.value) < (upper.isInclusive ? 1 : 0)
      expect(Buffer.compare(key, start) >= 0 && isBefore(key, end)).toBe(isAbove && isBelow)
    }), { numRuns: engineRuns(20_000) })
  })
})

describe('valueAt', () => {
  it('finds nested fields, and nothing that is not a field', () => {
    const document = { a: { b: { c: 1 } }, list: [1], bytes: new ArrayBuffer(1) }
    expect(valueAt(document, 'a.b.c')).toBe(1)
    for (const path of ['a.c', 'a.b.c.d', 'list.length', 'bytes.byteLength', 'toString', 'a.constructor'])
      expect(valueAt(document, path)).toBeUndefined()
  })
})

function compareLists(a: readonly MaybeValue[], b: readonly MaybeValue[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compareValues(a[index], b[index])
    if (order !== 0)
      return order
  }
  return a.length - b.length
}
