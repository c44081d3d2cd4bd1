import type { Value } from 'convex/values'
import type { Deployment } from '../../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApp } from '../start-app.ts'

const files = {
  'schema.ts': `
    import { defineSchema, defineTable } from 'convex/server'
    import { v } from 'convex/values'
    export default defineSchema({
      values: defineTable({ value: v.optional(v.any()), position: v.number() }).index('by_value', ['value']),
    })`,
  'values.ts': `
    import { mutationGeneric, queryGeneric } from 'convex/server'

    class Point { x = 1 }
    const REFUSED = {
      date: () => new Date(0),
      map: () => new Map(),
      set: () => new Set(),
      instance: () => new Point(),
      view: () => new Uint8Array(1),
      int65: () => 2n ** 63n,
      undefinedInArray: () => [undefined],
      dollar: () => ({ $a: 1 }),
      accent: () => ({ 'caf\\u00E9': 1 }),
      longName: () => ({ ['a'.repeat(1025)]: 1 }),
      surrogate: () => 'x\\uD800',
    }
    const at = range => async (ctx, { value }) => {
      const found = await ctx.db.query('values').withIndex('by_value', q => range(q, value)).collect()
      return found.map(({ position }) => position)
    }

    export const addAll = mutationGeneric(async (ctx, { documents }) => {
      const ids = []
      for (const document of documents)
        ids.push(await ctx.db.insert('values', document))
      return ids
    })
    export const inOrder = queryGeneric(async (ctx, { order }) =>
      (await ctx.db.query('values').withIndex('by_value').order(order).collect()).map(({ position }) => position))
    export const equal = queryGeneric(at((q, value) => q.eq('value', value)))
    export const greater = queryGeneric(at((q, value) => q.gt('value', value)))
    export const filtered = queryGeneric(async (ctx, { operator, value }) => {
      const found = await ctx.db.query('values').filter(q => q[operator](q.field('value'), value)).collect()
      return found.map(({ position }) => position).sort((one, other) => one - other)
    })
    export const negative = queryGeneric(async ctx =>
      (await ctx.db.query('values').filter(q => q.eq(q.neg(q.field('position')), -1)).collect()).length)
    export const truthy = queryGeneric(async ctx => (await ctx.db.query('values').filter(q => q.field('position')).collect()).length)
    export const mixed = queryGeneric(async ctx => (await ctx.db.query('values').filter(q => q.eq(q.add(q.field('position'), 1n), 1)).collect()).length)
    export const insertRefused = mutationGeneric(async (ctx, { kind }) => { await ctx.db.insert('free', { value: REFUSED[kind]() }) })`,
}
const { values } = anyApi as Record<string, any>

const bytes = (...list: number[]): ArrayBuffer => new Uint8Array(list).buffer

/** Values in the order in which Convex's indexes sort them. `undefined` is a missing field. */
const ORDERED: (Value | undefined)[] = [
  undefined,
  null,
  ...[-(2n ** 63n), -1n, 0n, 1n, 2n ** 63n - 1n],
  ...[Number.NEGATIVE_INFINITY, -1.5, -0, 0, Number.MIN_VALUE, 1, Number.POSITIVE_INFINITY, Number.NaN],
  ...[false, true],
  ...['', '\0', 'a', 'aa', 'b', 'é', '\uFFFF', '𝒳'],
  ...[bytes(), bytes(0), bytes(0, 0), bytes(1)],
  ...[[], [null], [1n], [1]],
  ...[{}, { a: 1 }, { a: 2 }, { b: null }],
]
const positions = ORDERED.map((_, position) => position)
const positionOf = (value: Value | undefined): number => ORDERED.findIndex(one => Object.is(one, value))

let deployment: Deployment
let ids: string[]
beforeAll(async () => {
  const app = await startApp(files)
  deployment = app.deployment
  const documents = ORDERED.map((value, position) => ({ value, position }))
  ids = await deployment.mutation(values.addAll, { documents: documents.toReversed() })
  return app.close
})

describe('an index', () => {
  it('orders values of all types as Convex does, in both directions', async () => {
    expect(await deployment.query(values.inOrder, { order: 'asc' })).toEqual(positions)
    expect(await deployment.query(values.inOrder, { order: 'desc' })).toEqual(positions.toReversed())
  })

  it.each([undefined, null, Number.NaN, -0, 0, 0n])('finds the documents with exactly one value: %s', async (value) => {
    expect(await deployment.query(values.equal, { value })).toEqual([positionOf(value)])
  })

  it('sorts missing fields before null', async () => {
    expect(await deployment.query(values.greater, { value: null })).toEqual(positions.slice(2))
  })
})

describe('a filter', () => {
  it('compares values of different types in the order of indexes', async () => {
    const below = (value: Value | undefined) => positions.slice(0, positionOf(value))
    expect(await deployment.query(values.filtered, { operator: 'lt', value: 1 })).toEqual(below(1))
    expect(await deployment.query(values.filtered, { operator: 'lte', value: null })).toEqual([0, 1])
    expect(await deployment.query(values.filtered, { operator: 'gte', value: 'b' })).toEqual(positions.slice(positionOf('b')))
    expect(await deployment.query(values.filtered, { operator: 'gt', value: true })).toEqual(positions.slice(positionOf('')))
  })

  it('negates numbers, and refuses non-boolean results and sums of two number types', async () => {
    expect(await deployment.query(values.negative)).toBe(1)
    await expect(deployment.query(values.truthy)).rejects.toThrow('(type Float64) as a Boolean')
    await expect(deployment.query(values.mixed)).rejects.toThrow(/Cannot add .* \(type Float64\) and 1 \(type Int64\)/)
  })
})

describe('an id', () => {
  it('has the form of Convex\'s ids, which do not sort in the order of creation', () => {
    expect(ids.filter(id => !/^[0-9a-z]{32}$/.test(id))).toEqual([])
    expect(ids.toSorted()).not.toEqual(ids)
    expect(ids.toSorted()).not.toEqual(ids.toReversed())
  })
})

describe('db.insert', () => {
  it.each([
    ['date', 'Date "1970-01-01T00:00:00.000Z" is not a supported Convex type'],
    ['map', 'Map[] is not a supported Convex type'],
    ['set', 'Set[] is not a supported Convex type'],
    ['instance', 'Point {"x":1} is not a supported Convex type'],
    ['view', 'Uint8Array {"0":0} is not a supported Convex type'],
    ['int65', 'BigInt 9223372036854775808 does not fit into a 64-bit signed integer.'],
    ['undefinedInArray', 'undefined is not a valid Convex value (present at path .value[0]'],
    ['dollar', 'Field name $a starts with a \'$\', which is reserved.'],
    ['accent', 'Field names can only contain non-control ASCII characters'],
    ['longName', 'exceeds maximum field name length 1024.'],
    ['surrogate', 'lone surrogate'],
  ])('refuses a value that Convex cannot store: %s', async (kind, message) => {
    await expect(deployment.mutation(values.insertRefused, { kind })).rejects.toThrow(message)
  })
})
