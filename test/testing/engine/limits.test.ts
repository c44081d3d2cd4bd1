import type { Value } from 'convex/values'
import type { SizedDocument } from '../../../src/testing/engine/document-sizes.ts'
import type { LimitsMode } from '../../../src/testing/engine/limits.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { formatBytes } from '../../../src/testing/engine/format-bytes.ts'
import { LimitError, LimitPolicy, Meter } from '../../../src/testing/engine/limits.ts'
import { checkArguments, checkDocument, checkResult } from '../../../src/testing/engine/value-limits.ts'

let warnings: string[]
beforeEach(() => {
  warnings = []
})

function policy(mode: LimitsMode = 'enforce'): LimitPolicy {
  return new LimitPolicy(mode, warning => warnings.push(warning))
}

function repeat(times: number, body: (index: number) => void): void {
  for (let index = 0; index < times; index++)
    body(index)
}

const MIB = 2 ** 20

function ofSize(size: number): SizedDocument {
  return { size, largestSize: size * 5 }
}

describe('meter', () => {
  it.each<[string, (meter: Meter) => void, (meter: Meter) => void, string]>([
    ['32,000 documents read', meter => repeat(32_000, () => meter.readDocument(ofSize(0))), meter => meter.readDocument(ofSize(0)), 'Too many documents read in a single function execution (limit: 32000).'],
    ['16 MiB read', meter => meter.readDocument(ofSize(16 * MIB)), meter => meter.readDocument(ofSize(1)), 'Too many bytes read in a single function execution (limit: 16777216 bytes).'],
    ['4,096 ranges read', meter => repeat(4096, index => meter.readRange(1, new Uint8Array([index >> 8, index & 255]))), meter => meter.readRange(crypto.randomUUID(), new Uint8Array()), 'Too many reads in a single function execution (limit: 4096).'],
    ['16,000 documents written', meter => repeat(16_000, () => meter.writeDocument(0)), meter => meter.writeDocument(0), 'Too many writes in a single function execution (limit: 16000)'],
    ['16 MiB written', meter => meter.writeDocument(16 * MIB), meter => meter.writeDocument(1), 'Too many bytes written in a single function execution (limit: 16 MiB)'],
    ['1,000 functions scheduled', meter => repeat(1000, () => meter.schedule(0)), meter => meter.schedule(0), 'Too many functions scheduled by this mutation (limit: 1000)'],
    ['16 MiB of arguments scheduled', meter => meter.schedule(16 * MIB), meter => meter.schedule(1), 'Too large total size of the arguments of scheduled functions from this mutation (limit: 16777216 bytes)'],
  ])('allows %s, and no more', (_, fill, exceed, message) => {
    const meter = new Meter(policy())
    fill(meter)
    expect(() => exceed(meter)).toThrow(message)
    expect(() => exceed(meter)).toThrow(LimitError)

    const lenient = new Meter(policy('warn'))
    fill(lenient)
    repeat(3, () => exceed(lenient))
    expect(warnings).toEqual([expect.stringContaining(message)])

    const unlimited = new Meter(policy(false))
    fill(unlimited)
    exceed(unlimited)
    expect(warnings).toHaveLength(1)
  })

  it('warns if more than 80 % of a limit is used, but not if the limit was exceeded', () => {
    const meter = new Meter(policy())
    repeat(3200, () => meter.writeDocument(4 * 1024))
    meter.warnOfNearLimits()
    expect(warnings).toEqual([])
    repeat(800, () => meter.writeDocument(10))
    meter.schedule(0)
    repeat(25_601, () => meter.readDocument(ofSize(1)))
    meter.warnOfNearLimits()
    expect(warnings).toEqual(['Many documents read in a single function execution (actual: 25601, limit: 32000). '
      + 'Consider smaller limits in queries, pagination, or an index with a narrow range.'])
    expect(() => meter.writeDocument(16 * MIB)).toThrow()
    warnings = []
    meter.warnOfNearLimits()
    expect(warnings.filter(warning => warning.includes('written'))).toEqual([])
  })
})

function nested(levels: number): Value {
  return levels === 0 ? 1 : [nested(levels - 1)]
}

function object(fields: number): Record<string, Value> {
  return Object.fromEntries(Array.from({ length: fields }, (_, index) => [`f${index}`, null]))
}

describe('checkDocument()', () => {
  it.each<[string, Record<string, Value>, Record<string, Value>, string]>([
    ['1 MiB', { text: 'a'.repeat(MIB - 70) }, { text: 'a'.repeat(MIB - 69) }, 'Value is too large (1.00 MiB > maximum size 1 MiB)'],
    ['a nesting of 16', { a: nested(15) }, { a: nested(16) }, 'Document is too nested (nested 17 levels deep > maximum nesting 16)'],
    ['1,024 fields', object(1024), object(1025), 'Object has too many fields (1025 > maximum number 1024)'],
    ['1,024 fields of a nested object', { a: [object(1024)] }, { a: [object(1025)] }, 'Object has too many fields (1025 > maximum number 1024)'],
    ['an array of 8,192', { a: Array.from<Value>({ length: 8192 }).fill(1) }, { a: Array.from<Value>({ length: 8193 }).fill(1) }, 'Array length is too long (8193 > maximum length 8192)'],
  ])('allows %s, and no more', (_, allowed, refused, message) => {
    expect(checkDocument(allowed, policy())).toBeGreaterThan(0)
    expect(() => checkDocument(refused, policy())).toThrow(message)
    checkDocument(refused, policy('warn'))
    expect(warnings).toEqual([message])
    checkDocument(refused, policy(false))
    expect(warnings).toHaveLength(1)
  })
})

describe('checkArguments(), checkResult()', () => {
  it('allow 16 MiB, and no more', () => {
    const text = (bytes: number): Value => Array.from({ length: 16 }, (_, index) => 'a'.repeat(index ? MIB : bytes))
    expect(checkResult('a.js:b', text(MIB - 34), policy())).toBe(16 * MIB)
    expect(() => checkResult('a.js:b', text(MIB), policy())).toThrow('Function a.js:b return value is too large (actual: 16.00 MiB, limit: 16 MiB)')
    expect(() => checkArguments('a.js:b', text(4 * MIB), policy())).toThrow('Arguments for a.js:b are too large (actual: 19.00 MiB, limit: 16 MiB)')
  })

  it('allow a nesting of 64, and no more', () => {
    expect(() => checkResult('a.js:b', nested(64), policy())).not.toThrow()
    expect(() => checkResult('a.js:b', nested(65), policy())).toThrow('Value is too nested (nested 65 levels deep > maximum nesting 64)')
  })
})

describe('formatBytes()', () => {
  it.each([[0, '0 B'], [1023, '1023 B'], [1024, '1 KiB'], [MIB * 1.5, '1.50 MiB'], [MIB * 16, '16 MiB']])('prints %i as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})
