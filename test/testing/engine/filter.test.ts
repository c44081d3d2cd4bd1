import type { Value } from 'convex/values'
import type { DocumentValue } from '../../../src/testing/engine/types.ts'
import { compareValues } from 'convex/values'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileExpression, compileFilter } from '../../../src/testing/engine/filter.ts'
import { anyValue, maybeValue } from './any-value.ts'
import { serializeExpression } from './serialize.ts'

/** The builder that `convex/server` gives to `.filter()`, without its types. */
let q: any
serializeExpression((builder) => {
  q = builder
  return true
})

function run(expression: unknown, document: DocumentValue = {}): Value | undefined {
  return compileExpression(serializeExpression(() => expression))(document)
}

function holds(expression: unknown, document: DocumentValue = {}): boolean {
  return compileFilter(serializeExpression(() => expression))(document)
}

describe('.filter(): comparisons', () => {
  it.each([
    ['a missing field with a number', q.lt(q.field('rank'), 5), true],
    ['a missing field with null', q.lt(q.field('rank'), null), true],
    ['a missing field with itself', q.eq(q.field('rank'), undefined), true],
    ['null with a number', q.lt(null, 5), true],
    ['a boolean with a number', q.gt(true, 5), true],
    ['a string with a number', q.gt('10', 5), true],
    ['an int64 with a float', q.lt(100n, 1.5), true],
    ['an int64 with an equal float', q.eq(1n, 1), false],
    ['NaN with itself', q.eq(Number.NaN, Number.NaN), true],
    ['NaN with infinity', q.gt(Number.NaN, Number.POSITIVE_INFINITY), true],
    ['minus zero with zero', q.eq(-0, 0), false],
    ['strings by UTF-8', q.lt('\uFFFF', '𝒳'), true],
    ['equal objects', q.eq({ a: [1] }, { a: [1] }), true],
    ['different arrays', q.neq([1], [1, 2]), true],
  ])('compare %s by the order of indexes', (_, expression, expected) => {
    expect(holds(expression)).toBe(expected)
  })

  it('agree with compareValues for values of all types', () => {
    const operators = { eq: [0], neq: [-1, 1], lt: [-1], lte: [-1, 0], gt: [1], gte: [1, 0] }
    fc.assert(fc.property(maybeValue, maybeValue, fc.constantFrom(...Object.keys(operators)), (left, right, operator) => {
      const expected = operators[operator as 'eq'].includes(Math.sign(compareValues(left, right)))
      const document = left === undefined ? {} : { left }
      expect(holds(q[operator](q.field('left'), right), document)).toBe(expected)
    }), { numRuns: 2000 })
  })

  it('read nested fields, but not the properties that every JavaScript object inherits', () => {
    const document = { a: { b: { c: 1 } }, list: [1] }
    expect(run(q.field('a.b.c'), document)).toBe(1)
    for (const path of ['a.x', 'a.b.c.d', 'list.length', 'constructor', 'a.toString'])
      expect(run(q.field(path), document)).toBeUndefined()
  })
})

describe('.filter(): logic', () => {
  it('refuses operands that are not booleans', () => {
    const message = (value: string): string => `Cannot use value ${value} as a Boolean`
    expect(() => holds(q.field('text'), { text: 'x' })).toThrow(message('"x" (type String)'))
    expect(() => holds(q.field('missing'))).toThrow(message('undefined (type undefined)'))
    expect(() => holds(1)).toThrow(message('1.0 (type Float64)'))
    expect(() => holds(q.and(true, 1n))).toThrow(message('1 (type Int64)'))
    expect(() => holds(q.or(false, null))).toThrow(message('null (type Null)'))
    expect(() => holds(q.not([]))).toThrow(message('[] (type Array)'))
  })

  it('evaluates operands from the left until the result is certain', () => {
    expect(holds(q.and(false, 1))).toBe(false)
    expect(holds(q.or(true, 1))).toBe(true)
    expect(holds(q.and())).toBe(true)
    expect(holds(q.or())).toBe(false)
  })

  it('agrees with JavaScript for booleans', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 4 }), (values) => {
      expect(holds(q.and(...values))).toBe(values.every(Boolean))
      expect(holds(q.or(...values))).toBe(values.some(Boolean))
      expect(holds(q.not(q.and(...values)))).toBe(!values.every(Boolean))
    }))
  })
})

describe('.filter(): arithmetic', () => {
  it.each([
    ['neg of a float', q.neg(2), -2],
    ['neg of an int64', q.neg(2n), -2n],
    ['add', q.add(1, 2), 3],
    ['sub of int64', q.sub(1n, 2n), -1n],
    ['mul', q.mul(3, 2), 6],
    ['div of int64', q.div(-7n, 2n), -3n],
    ['mod of int64', q.mod(-7n, 2n), -1n],
    ['mod of floats', q.mod(7.5, 2), 1.5],
    ['div of a float by zero', q.div(1, 0), Number.POSITIVE_INFINITY],
    ['nested expressions', q.add(q.mul(q.field('a'), 2), 1), 9],
  ])('computes %s', (_, expression, expected) => {
    expect(run(expression, { a: 4 })).toBe(expected)
  })

  const MAX = 2n ** 63n - 1n
  it.each([
    [q.add(1n, 1), 'Cannot add 1 (type Int64) and 1.0 (type Float64)'],
    [q.sub('a', 1), 'Cannot subtract "a" (type String) and 1.0 (type Float64)'],
    [q.mul(q.field('missing'), 1), 'Cannot multiply undefined (type undefined) and 1.0 (type Float64)'],
    [q.div(1n, 0n), 'Cannot divide 1 by zero'],
    [q.mod(1n, 0n), 'Cannot mod 1 by zero'],
    [q.add(MAX, 1n), `Cannot add ${MAX} and 1: the result is out of range for Int64`],
    [q.div(-MAX - 1n, -1n), 'the result is out of range for Int64'],
    [q.mod(-MAX - 1n, -1n), 'the result is out of range for Int64'],
    [q.neg(-MAX - 1n), 'the result is out of range for Int64'],
    [q.neg('a'), 'Cannot negate "a" (type String)'],
  ])('refuses a calculation without a result: %#', (expression, message) => {
    expect(() => run(expression)).toThrow(message)
  })

  it('never calculates with two types of numbers', () => {
    fc.assert(fc.property(anyValue, anyValue, fc.constantFrom('add', 'sub', 'mul', 'div', 'mod'), (left, right, operator) => {
      let type = 'error'
      try {
        type = typeof run(q[operator](left, right))
      }
      catch {}
      const isPair = typeof left === typeof right && (typeof left === 'number' || typeof left === 'bigint')
      expect([isPair ? typeof left : 'error', 'error']).toContain(type)
    }), { numRuns: 1000 })
  })
})
