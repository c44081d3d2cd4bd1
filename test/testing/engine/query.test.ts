import type { QueryJSON } from '../../../src/testing/engine/query.ts'
import { compareValues } from 'convex/values'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LimitPolicy, Meter } from '../../../src/testing/engine/limits.ts'
import { runQuery } from '../../../src/testing/engine/query.ts'
import { maybeValue } from './any-value.ts'
import { NaiveDatabase } from './naive-database.ts'
import { serializeQuery } from './serialize.ts'

type Build = Parameters<typeof serializeQuery>[0]

function createDatabase(): NaiveDatabase {
  return new NaiveDatabase({ items: { indexes: { by_a: ['a'], by_a_b: ['a', 'b'] } }, empty: {} })
}

function run(database: NaiveDatabase, build: Build, field = 'a') {
  const documents = [...runQuery(serializeQuery<QueryJSON>(build), database.context())]
  return documents.map(({ value }) => value[field])
}

describe('db.query()', () => {
  it('reads the whole table in the order of creation, or in the opposite order', () => {
    const database = createDatabase()
    for (const a of [3, 1, 2])
      database.insert('items', { a })
    expect(run(database, db => db.query('items'))).toEqual([3, 1, 2])
    expect(run(database, db => db.query('items').order('desc'))).toEqual([2, 1, 3])
  })

  it('finds no documents in a table that does not exist', () => {
    const database = createDatabase()
    expect(run(database, db => db.query('missing'))).toEqual([])
    expect(run(database, db => db.query('missing').withIndex('by_id'))).toEqual([])
  })

  it('applies filters and limits in the order of their calls', () => {
    const database = createDatabase()
    for (const a of [1, 2, 3, 4, 5, 6])
      database.insert('items', { a })
    const isEven = (query: any) => query.filter((q: any) => q.eq(q.mod(q.field('a'), 2), 0))
    expect(run(database, db => isEven(db.query('items')).limit(2))).toEqual([2, 4])
    expect(run(database, db => isEven((db.query('items') as any).limit(3)))).toEqual([2])
    expect(run(database, db => (db.query('items') as any).limit(0))).toEqual([])
  })

  it('reads no more documents than it has to', () => {
    const database = createDatabase()
    for (let a = 0; a < 10; a++)
      database.insert('items', { a })
    run(database, db => (db.query('items') as any).limit(2))
    expect(database.scanned).toBe(2)
    const rows = runQuery(serializeQuery<QueryJSON>(db => db.query('items')), database.context())
    rows.next()
    rows.return!()
    expect(database.scanned).toBe(3)
  })

  it('counts a document as read even if a filter excludes it', () => {
    const database = createDatabase()
    for (let a = 0; a < 32_001; a++)
      database.insert('items', { a })
    const query = serializeQuery<QueryJSON>(db => db.query('items').filter(() => false as never))
    expect(() => [...runQuery(query, database.context())])
      .toThrow('Too many documents read in a single function execution (limit: 32000)')
  })

  it('refuses to read more than 4,096 ranges in one function', () => {
    const database = createDatabase()
    const context = database.context(new Meter(new LimitPolicy('enforce', () => {})))
    const read = (a: number) => [...runQuery(serializeQuery<QueryJSON>(db => db.query('items').withIndex('by_a', q => q.eq('a', a))), context)]
    for (let a = 0; a < 4096; a++)
      read(a)
    read(0)
    expect(() => read(4096)).toThrow('Too many reads in a single function execution (limit: 4096)')
  })
})

describe('withIndex()', () => {
  const database = createDatabase()
  for (const document of [{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 1 }, { a: null, b: 1 }, { b: 1 }])
    database.insert('items', document)

  it('sorts a missing field before null, so that gt(null) excludes it', () => {
    expect(run(database, db => db.query('items').withIndex('by_a'))).toEqual([undefined, null, 1, 1, 2])
    expect(run(database, db => db.query('items').withIndex('by_a', q => q.gt('a', null)))).toEqual([1, 1, 2])
    expect(run(database, db => db.query('items').withIndex('by_a', q => q.lt('a', 1)))).toEqual([undefined, null])
    expect(run(database, db => db.query('items').withIndex('by_a', q => q.eq('a', undefined)))).toEqual([undefined])
  })

  it('accepts eq of the first fields in any order, and the creation time and the id after them', () => {
    expect(run(database, db => db.query('items').withIndex('by_a_b', q => (q as any).eq('b', 1).eq('a', 1)))).toEqual([1])
    const [document] = database.all('items')
    const found = run(database, db => db.query('items').withIndex('by_a', q => (q as any)
      .eq('a', 1)
      .eq('_creationTime', document!._creationTime)
      .eq('_id', document!._id)), 'b')
    expect(found).toEqual([1])
    expect(run(database, db => db.query('items').withIndex('by_id', q => (q as any).eq('_id', document!._id)), 'b')).toEqual([1])
  })

  it.each([
    ['an unknown index', 'by_x', (q: any) => q, 'Index items.by_x not found.'],
    ['a field that the index lacks', 'by_a', (q: any) => q.eq('c', 1), 'The index range included a comparison with "c", which is not a field of items.by_a. Its fields are ["a", "_creationTime"].'],
    ['fields out of order', 'by_a_b', (q: any) => q.eq('b', 1), 'Tried to query index items.by_a_b but the query didn\'t use the index fields in order.\nThe index has the fields ["a", "b", "_creationTime"], the query compares ["b"], and "b" is not next.'],
    ['a bound before an equality', 'by_a_b', (q: any) => q.gt('a', 1).eq('b', 1), 'didn\'t use the index fields in order.'],
    ['eq twice', 'by_a', (q: any) => q.eq('a', 1).eq('a', 2), 'Already defined equality bound in index range. Can\'t add "a" == 1.0.'],
    ['gt twice', 'by_a', (q: any) => q.gt('a', 1).gt('a', 2), 'Already defined lower bound in index range. Can\'t add "a" > 2.0.'],
    ['lt and lte', 'by_a', (q: any) => q.lt('a', 1).lte('a', 2), 'Already defined upper bound in index range. Can\'t add "a" <= 2.0.'],
    ['eq and gt of one field', 'by_a', (q: any) => q.eq('a', 1).gt('a', 2), 'Already defined inequality bound in index range. Can\'t add "a" == 1.0.'],
    ['bounds of two fields', 'by_a_b', (q: any) => q.gt('a', 1).lt('b', 2), 'Upper and lower bounds in `range` can only be applied to a single index field.'],
  ])('refuses %s', (_, index, range, message) => {
    expect(() => run(database, db => db.query('items').withIndex(index, range as never))).toThrow(message)
  })

  it('reads the same documents as a filter of sorted documents', () => {
    const bounds = fc.record({
      lower: fc.option(fc.constantFrom('gt', 'gte'), { nil: undefined }),
      upper: fc.option(fc.constantFrom('lt', 'lte'), { nil: undefined }),
    })
    fc.assert(fc.property(fc.array(maybeValue, { maxLength: 8 }), maybeValue, maybeValue, bounds, fc.boolean(), (values, low, high, { lower, upper }, isDescending) => {
      const database = createDatabase()
      for (const a of values)
        database.insert('items', a === undefined ? {} : { a })
      const found = run(database, db => db.query('items').withIndex('by_a', (q: any) => {
        const above = lower ? q[lower]('a', low) : q
        return upper ? above[upper]('a', high) : above
      }).order(isDescending ? 'desc' : 'asc'))
      const isIn = (a: unknown): boolean => (!lower || compareValues(a as never, low) > (lower === 'gt' ? 0 : -1))
        && (!upper || compareValues(a as never, high) < (upper === 'lt' ? 0 : 1))
      // `sort` would put `undefined` at the end, so it gets the values in arrays.
      const expected = values.filter(isIn).map(value => [value]).sort(([one], [other]) => compareValues(one, other)).map(([value]) => value)
      expect(found).toEqual(isDescending ? expected.toReversed() : expected)
    }), { numRuns: 500 })
  })
})
