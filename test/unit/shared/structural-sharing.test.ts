import type { Value } from 'convex/values'
import { convexToJson, jsonToConvex } from 'convex/values'
import { describe, expect, it } from 'vitest'
import * as sharing from '../../../src/shared/structural-sharing.ts'

function shareStructure<T>(previous: unknown, next: T): T {
  return sharing.shareStructure(previous as Value, next as Value) as T
}

/** A copy, as the Convex client creates one from each message. */
function copy<T>(value: T): T {
  return jsonToConvex(convexToJson(value as Value)) as T
}

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer

/** Every kind of Convex value. */
function everything() {
  return {
    null: null,
    int64: 9_007_199_254_740_993n,
    float: 1.5,
    notANumber: Number.NaN,
    negativeZero: -0,
    infinity: Number.NEGATIVE_INFINITY,
    boolean: true,
    string: 'text',
    bytes: bytes(1, 2, 3),
    list: [1n, [Number.NaN, -0], { deep: bytes(0) }],
    object: { empty: {}, list: [] },
  }
}

describe('shareStructure', () => {
  describe('an equal value', () => {
    it.each(Object.entries(everything()))('is replaced with the previous object: %s', (_kind, value) => {
      expect(shareStructure(value, copy(value))).toBe(value)
    })

    it('is replaced with the previous object as a whole', () => {
      const previous = everything()
      expect(shareStructure(previous, everything())).toBe(previous)
    })

    it('is replaced with the previous object, whatever the order of its fields', () => {
      const previous = { a: 1, b: { c: 2, d: 3 } }
      expect(shareStructure(previous, { b: { d: 3, c: 2 }, a: 1 })).toBe(previous)
    })
  })

  describe('a value that differs', () => {
    it.each<[string, any, any]>([
      ['0 and -0', 0, -0],
      ['-0 and 0', -0, 0],
      ['NaN and null', Number.NaN, null],
      ['1 and 1n', 1, 1n],
      ['int64s beyond 2^53', 9_007_199_254_740_993n, 9_007_199_254_740_992n],
      ['null and {}', null, {}],
      ['[] and {}', [], {}],
      ['{} and []', {}, []],
      ['bytes and {}', bytes(), {}],
      ['{} and bytes', {}, bytes()],
      ['[] and bytes', [], bytes()],
      ['bytes and []', bytes(), []],
      ['bytes of one length', bytes(1, 2), bytes(1, 3)],
      ['bytes of two lengths', bytes(1, 2), bytes(1, 2, 0)],
      ['the first of some bytes', bytes(1, 2, 0), bytes(1, 2)],
      ['a field more', { a: 1 }, { a: 1, b: 2 }],
      ['a field fewer', { a: 1, b: 2 }, { a: 1 }],
      ['a field of another name', { a: 1 }, { b: 1 }],
      ['an item more', [1], [1, 2]],
      ['an item fewer', [1, 2], [1]],
      ['another order', [1, 2], [2, 1]],
      ['a field that every object has', {}, { toString: 1 }],
      ['a field named constructor', { constructor: 1 }, { constructor: 2 }],
    ])('returns the new value: %s', (_what, previous, next) => {
      const expected = copy(next)
      const shared = shareStructure(previous, next)
      expect(shared).toStrictEqual(expected)
      expect(shared).not.toBe(previous)
    })

    it('shares unchanged parts and changes neither argument', () => {
      const previous = { same: { a: 1 }, other: { b: [1, { c: 2 }] } }
      const next = { same: { a: 1 }, other: { b: [1, { c: 3 }] } }
      const [previousBefore, nextBefore] = [copy(previous), copy(next)]
      const shared = shareStructure(previous, next)
      expect(shared).toStrictEqual(next)
      expect(shared.same).toBe(previous.same)
      expect(previous).toStrictEqual(previousBefore)
      expect(next).toStrictEqual(nextBefore)
      expect(Object.isFrozen(next)).toBe(false)
    })
  })

  describe('a list of documents', () => {
    const row = (id: number, text = `text ${id}`) => ({ _id: `id-${id}`, text, tags: [id] })
    const rows = (...ids: number[]) => ids.map(id => row(id))

    it('keeps unchanged rows when one row changes', () => {
      const previous = rows(1, 2, 3)
      const shared = shareStructure(previous, [row(1), row(2, 'changed'), row(3)])
      expect(shared[0]).toBe(previous[0])
      expect(shared[1]).toStrictEqual(row(2, 'changed'))
      expect(shared[1]!.tags).toBe(previous[1]!.tags)
      expect(shared[2]).toBe(previous[2])
    })

    it.each<[string, number[]]>([
      ['inserted at the top', [9, 1, 2, 3]],
      ['inserted in between', [1, 9, 2, 3]],
      ['appended', [1, 2, 3, 9]],
      ['removed', [1, 3]],
      ['moved', [3, 1, 2]],
      ['none left', []],
    ])('keeps the rows when some are %s', (_how, ids) => {
      const previous = rows(1, 2, 3)
      const shared = shareStructure(previous, rows(...ids))
      expect(shared).toStrictEqual(rows(...ids))
      for (const shown of shared)
        expect(shown === previous.find(({ _id }) => _id === shown._id)).toBe(ids.length > 0 && shown._id !== 'id-9')
    })

    it('accepts a document that occurs twice', () => {
      const previous = [row(1), row(1, 'as joined with another')]
      const next = [row(1), row(1, 'as joined with a third'), row(1)]
      expect(shareStructure(previous, copy(next))).toStrictEqual(next)
      expect(shareStructure(previous, copy(previous))).toStrictEqual(previous)
    })

    it('keeps unchanged rows of a page', () => {
      const previous = { page: rows(1, 2), isDone: false, continueCursor: 'a' }
      const shared = shareStructure(previous, { page: rows(3, 1, 2), isDone: false, continueCursor: 'a' })
      expect(shared.page[1]).toBe(previous.page[0])
    })
  })

  describe('a field named __proto__', () => {
    const withProto = (value: unknown): any => JSON.parse(`{"a":1,"__proto__":${JSON.stringify(value)}}`)

    it('is data and never a prototype', () => {
      const shared = shareStructure(withProto({ isAdmin: false }), withProto({ isAdmin: true }))
      expect(Object.keys(shared)).toEqual(['a', '__proto__'])
      expect(Object.getPrototypeOf(shared)).toBe(Object.prototype)
      expect(Object.getOwnPropertyDescriptor(shared, '__proto__')!.value).toEqual({ isAdmin: true })
      expect(shared.isAdmin).toBeUndefined()
    })

    it('is not confused with the inherited prototype', () => {
      const next = JSON.parse('{"__proto__":{}}')
      expect(Object.keys(shareStructure({ a: 1 } as any, next))).toEqual(['__proto__'])
      expect(shareStructure({ a: 1 } as any, { toString: {} } as any)).toStrictEqual({ toString: {} })
    })

    it('is compared like any other field', () => {
      const previous = withProto({ b: 1 })
      expect(shareStructure(previous, withProto({ b: 1 }))).toBe(previous)
      expect(Object.keys(shareStructure({ a: 1 } as any, previous))).toEqual(['a', '__proto__'])
      expect(Object.keys(shareStructure(previous, { a: 1 } as any))).toEqual(['a'])
    })
  })

  describe('a large list', () => {
    it('is compared within the time of a frame if one of 10,000 rows has changed', () => {
      const make = () => Array.from({ length: 10_000 }, (_, index) => ({ _id: `id-${index}`, text: `text ${index}`, author: { name: 'Ada' } }))
      const previous = make()
      const next = make()
      next[5000]!.text = 'changed'
      const shared = shareStructure(previous, next)
      expect(shared.filter((row, index) => row !== previous[index])).toEqual([next[5000]])
    })
  })
})
