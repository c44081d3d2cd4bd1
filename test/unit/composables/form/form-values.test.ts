import { describe, expect, it } from 'vitest'
import { computed, reactive } from 'vue'
import { copyValue, isEqualValue, replaceFields, valueAt } from '../../../../src/composables/form/form-values.ts'

const file = new File(['a'], 'a.txt')

describe('copyValue', () => {
  it('copies objects and lists at any depth, and keeps files, dates and bytes', () => {
    const date = new Date(0)
    const value = { list: [{ text: 'a' }], file, date, nothing: null, missing: undefined, big: 1n }
    const copy = copyValue(reactive(value)) as typeof value
    expect(copy).toEqual(value)
    expect([copy.file, copy.date]).toEqual([file, date])
    copy.list[0]!.text = 'b'
    expect(value.list[0]!.text).toBe('a')
  })

  it('copies a field named __proto__ as data', () => {
    const copy = copyValue(JSON.parse('{"__proto__":{"isAdmin":true}}'))
    expect(Object.keys(copy)).toEqual(['__proto__'])
    expect(copy.isAdmin).toBeUndefined()
  })
})

describe('isEqualValue', () => {
  it.for([
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }, true],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: undefined }, { b: undefined }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [[1], { 0: 1 }, false],
    [Number.NaN, Number.NaN, true],
    [new Date(1), new Date(1), true],
    [new Date(1), new Date(2), false],
    [{ file }, { file }, true],
    [{ file }, { file: new File(['a'], 'a.txt') }, false],
    ['', null, false],
  ])('compares %o and %o', ([one, other, isEqual]) => {
    expect(isEqualValue(one, other)).toBe(isEqual)
    expect(isEqualValue(reactive({ one }), { one: other })).toBe(isEqual)
  })

  it('is tracked at any depth', () => {
    const values = reactive({ address: { city: '' }, tags: ['a'] })
    const isEqual = computed(() => isEqualValue(values, { address: { city: '' }, tags: ['a'] }))
    expect(isEqual.value).toBe(true)
    values.tags.push('b')
    expect(isEqual.value).toBe(false)
  })
})

describe('valueAt', () => {
  it('returns the value of a path, and undefined for a path that does not exist', () => {
    const values = { address: { city: 'Oslo' }, tags: ['a', 'b'], text: null }
    expect(['address.city', 'tags.1', 'text'].map(path => valueAt(values, path))).toEqual(['Oslo', 'b', null])
    expect(['address.zip', 'tags.7', 'text.a', '', 'constructor', '__proto__.a'].map(path => valueAt(values, path))).toEqual(Array.from({ length: 6 }))
  })
})

describe('replaceFields', () => {
  it('sets and removes fields of the same object', () => {
    const target: object = { a: 1, b: 2 }
    replaceFields(target, { b: 3, c: 4 })
    expect(target).toEqual({ b: 3, c: 4 })
  })
})
