import type { Validator, Value } from 'convex/values'
import type { ValidatorJSON } from '../../../src/testing/engine/validator-json.ts'
import { jsonToConvex, v } from 'convex/values'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkValidator } from '../../../src/testing/engine/validator-definition.ts'
import { findViolation } from '../../../src/testing/engine/validator.ts'
import { anyValue } from './any-value.ts'

const tables: Record<string, string> = { id1: 'messages', id2: 'users', file1: '_storage' }

/** `convex/values` does not show the type of a validator's JSON. */
function jsonOf(validator: Validator<any, any, any>): ValidatorJSON {
  return (validator as unknown as { json: ValidatorJSON }).json
}

function violation(validator: Validator<any, any, any>, value: Value): string | null {
  return findViolation(jsonOf(validator), value, id => tables[id])
}

const bytes = new Uint8Array([1, 2]).buffer

describe('findViolation()', () => {
  it.each<[string, Validator<any, any, any>, Value]>([
    ['null', v.null(), null],
    ['a float', v.number(), 1.5],
    ['NaN', v.number(), Number.NaN],
    ['an int64', v.int64(), 1n],
    ['a boolean', v.boolean(), false],
    ['a string', v.string(), ''],
    ['bytes', v.bytes(), bytes],
    ['a literal int64', v.literal(1n), 1n],
    ['a literal string', v.literal('a'), 'a'],
    ['an id of the table', v.id('messages'), 'id1'],
    ['an id of a system table', v.id('_storage'), 'file1'],
    ['an empty array', v.array(v.string()), []],
    ['an array', v.array(v.number()), [1, 2]],
    ['a record', v.record(v.string(), v.number()), { a: 1, b: 2 }],
    ['a record of ids', v.record(v.id('users'), v.boolean()), { id2: true }],
    ['an object', v.object({ a: v.string() }), { a: '' }],
    ['an object without an optional field', v.object({ a: v.optional(v.string()) }), {}],
    ['a member of a union', v.union(v.string(), v.object({ a: v.null() })), { a: null }],
    ['anything', v.any(), { a: [1n, bytes] }],
  ])('accepts %s', (_, validator, value) => {
    expect(violation(validator, value)).toBeNull()
  })

  const noMatch = (value: string, validator: string, path = ''): string =>
    `Value does not match validator.\n${path}\nValue: ${value}\nValidator: ${validator}`
  it.each<[string, Validator<any, any, any>, Value, string]>([
    ['an int64 for a float', v.number(), 1n, noMatch('1', 'v.float64()')],
    ['a float for an int64', v.int64(), 1, noMatch('1.0', 'v.int64()')],
    ['null for an object', v.object({}), null, noMatch('null', 'v.object({})')],
    ['an array for an object', v.object({}), [], noMatch('[]', 'v.object({})')],
    ['bytes for an object', v.object({}), bytes, noMatch('b"AQI="', 'v.object({})')],
    ['a string in an array', v.array(v.number()), [1, 'a'], noMatch('"a"', 'v.float64()', 'Path: [1]')],
    ['a nested field', v.object({ a: v.object({ b: v.number() }) }), { a: { b: '' } }, noMatch('""', 'v.float64()', 'Path: .a.b')],
    ['no member of a union', v.union(v.string(), v.null()), 1, noMatch('1.0', 'v.union(v.string(), v.null())')],
    ['the value of a record', v.record(v.string(), v.number()), { a: 'x' }, noMatch('"x"', 'v.float64()', 'Path: .values()')],
    ['the key of a record', v.record(v.id('users'), v.any()), { a: 'x' }, noMatch('"a"', 'v.id("users")', 'Path: .keys()')],
    ['an array for a record', v.record(v.string(), v.number()), [1], noMatch('[1.0]', 'v.record(v.string(), v.float64())')],
    ['a number for a record', v.record(v.string(), v.number()), 5, noMatch('5.0', 'v.record(v.string(), v.float64())')],
    ['a made-up id', v.id('messages'), 'made up', noMatch('"made up"', 'v.id("messages")')],
    ['an id that is not a string', v.id('messages'), 1, noMatch('1.0', 'v.id("messages")')],
    ['an id of another table', v.object({ to: v.id('messages') }), { to: 'id2' }, 'Found ID "id2" from table `users`, which does not match the table name in validator `v.id("messages")`.Path: .to'],
    ['an id of a system table', v.id('messages'), 'file1', 'Found ID "file1" from a system table, which does not match the table name in validator `v.id("messages")`.'],
    ['another literal', v.literal('a'), 'b', '`"b"` does not match literal validator `v.literal("a")`.'],
    ['another int64 literal', v.literal(1n), 2n, '`2` does not match literal validator `v.literal(<bigint>)`.'],
    ['a float for an int64 literal', v.literal(1n), 1, '`1.0` does not match literal validator `v.literal(<bigint>)`.'],
    ['minus zero for zero', v.literal(0), -0, '`-0.0` does not match literal validator `v.literal(0.0)`.'],
    ['a missing field', v.object({ a: v.string(), b: v.optional(v.null()) }), {}, 'Object is missing the required field `a`. Consider wrapping the field validator in `v.optional(...)` if this is expected.\n\nObject: {}\nValidator: v.object({a: v.string(), b: v.optional(v.null())})'],
    ['an extra field', v.object({ a: v.string() }), { c: 1, a: '' }, 'Object contains extra field `c` that is not in the validator.\n\nObject: {a: "", c: 1.0}\nValidator: v.object({a: v.string()})'],
    ['a field that all JavaScript objects have', v.object({ constructor: v.string() } as never), {}, 'Object is missing the required field `constructor`.'],
  ])('describes %s', (_, validator, value, expected) => {
    expect(violation(validator, value)).toContain(expected)
  })

  it('accepts the placeholder for a commit timestamp as an int64', () => {
    const timestamp = jsonToConvex({ $commitTs: null })
    expect(violation(v.object({ at: v.int64() }), { at: timestamp })).toBeNull()
    expect(violation(v.object({ at: v.object({}) }), { at: timestamp })).toContain('Path: .at')
    expect(violation(v.record(v.string(), v.any()), timestamp)).toContain('Value: [unresolved commit timestamp]')
  })

  it('reports the first field in the order of names', () => {
    const validator = v.object({ b: v.string(), a: v.string() })
    expect(violation(validator, { b: 1 })).toContain('missing the required field `a`')
    expect(violation(validator, { a: 1 })).toContain('Path: .a')
    expect(violation(validator, { a: '', b: 1, c: 1 })).toContain('Path: .b')
    expect(violation(validator, { b: '', d: 1, a: '', c: 1 })).toContain('extra field `c`')
    expect(violation(v.record(v.string(), v.string()), { b: 1, a: 2 })).toContain('Value: 2.0')
  })

  it('accepts each value for the union of all types, and for exactly one of these types', () => {
    const types = [v.null(), v.number(), v.int64(), v.boolean(), v.string(), v.bytes(), v.array(v.any()), v.record(v.string(), v.any())]
    fc.assert(fc.property(anyValue, (value) => {
      expect(violation(v.union(...types), value)).toBeNull()
      expect(types.filter(type => violation(type, value) === null)).toHaveLength(1)
    }), { numRuns: 500 })
  })
})

describe('checkValidator()', () => {
  it.each<[string, Validator<any, any, any>, string]>([
    ['literal keys of a record', v.record(v.literal('a') as never, v.any()), 'Records cannot have string literal keys'],
    ['literal keys in a union', v.record(v.union(v.string(), v.literal('a')) as never, v.any()), 'Records cannot have string literal keys'],
    ['number keys of a record', v.record(v.number() as never, v.any()), 'Records can only have string keys.'],
    ['an invalid name of a field', v.array(v.object({ 'a-b': v.string() })), 'Invalid field name in a validator: "a-b".'],
    ['an invalid name of a table', v.union(v.id('a b'), v.null()), 'Invalid table name: "a b".'],
  ])('refuses %s', (_, validator, message) => {
    expect(() => checkValidator(jsonOf(validator))).toThrow(message)
  })

  it('accepts records of strings and ids', () => {
    for (const key of [v.string(), v.id('users'), v.union(v.id('users'), v.id('messages'))])
      expect(() => checkValidator(jsonOf(v.record(key as never, v.any())))).not.toThrow()
  })
})
