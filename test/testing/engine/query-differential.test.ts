import type { Value } from 'convex/values'
import type { QueryContext } from '../../../src/testing/engine/query-source.ts'
import type { QueryJSON } from '../../../src/testing/engine/query.ts'
import type { DocumentValue } from '../../../src/testing/engine/types.ts'
import { compareValues } from 'convex/values'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/testing/engine/engine.ts'
import { LimitPolicy, Meter } from '../../../src/testing/engine/limits.ts'
import { readPage } from '../../../src/testing/engine/page.ts'
import { runQuery } from '../../../src/testing/engine/query.ts'
import { maybeValue } from './any-value.ts'
import { engineRuns } from './runs.ts'
import { serializeQuery } from './serialize.ts'

interface Question {
  index: 'by_creation_time' | 'by_a' | 'by_a_b'
  /** The values of equal fields, and the comparison of the next field. */
  equal: (Value | undefined)[]
  lower?: { operator: 'gt' | 'gte', value: Value | undefined }
  upper?: { operator: 'lt' | 'lte', value: Value | undefined }
  order: 'asc' | 'desc'
  filter?: { operator: 'lt' | 'gte' | 'neq', value: Value | undefined }
  limit?: number
  pageSize: number
}

const FIELDS = { by_creation_time: ['_creationTime'], by_a: ['a', '_creationTime'], by_a_b: ['a', 'b', '_creationTime'] }
const HOLDS: Record<string, (order: number) => boolean> = {
  lt: order => order < 0,
  lte: order => order <= 0,
  gt: order => order > 0,
  gte: order => order >= 0,
  neq: order => order !== 0,
}

/** The query of a question, in the form in which a function would send it. */
function toQuery({ index, equal, lower, upper, order, filter, limit }: Question): QueryJSON {
  const fields = FIELDS[index]
  return serializeQuery((db) => {
    let query: any = db.query('items').withIndex(index, (start: any) => {
      let q = equal.reduce((range, value, position) => range.eq(fields[position], value), start)
      const field = fields[equal.length]
      q = lower && field ? q[lower.operator](field, lower.value) : q
      return upper && field ? q[upper.operator](field, upper.value) : q
    }).order(order)
    if (filter)
      query = query.filter((q: any) => q[filter.operator](q.field('b'), filter.value))
    return limit === undefined ? query : query.limit(limit)
  })
}

/** Computes the expected result from a list of all documents in the order of their creation. */
function answer(documents: DocumentValue[], { index, equal, lower, upper, order, filter, limit }: Question): DocumentValue[] {
  const fields = FIELDS[index]
  const next = fields[equal.length]
  const isIn = (document: DocumentValue): boolean => equal.every((value, position) => compareValues(document[fields[position]!], value) === 0)
    && (!lower || !next || HOLDS[lower.operator]!(compareValues(document[next], lower.value)))
    && (!upper || !next || HOLDS[upper.operator]!(compareValues(document[next], upper.value)))
    && (!filter || HOLDS[filter.operator]!(compareValues(document.b, filter.value)))
  const compare = (one: DocumentValue, other: DocumentValue): number =>
    fields.map(field => compareValues(one[field], other[field])).find(order => order !== 0) ?? 0
  const found = documents.filter(isIn).sort(compare)
  return (order === 'asc' ? found : found.reverse()).slice(0, limit)
}

/** Few different values, so that many documents are equal in a field. */
const value = fc.oneof(fc.constantFrom<Value | undefined>(1, 2, 'x'), maybeValue)
const change = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant('insert' as const), a: value, b: value }), weight: 4 },
  fc.record({ type: fc.constant('patch' as const), position: fc.nat(20), a: value }),
  fc.record({ type: fc.constant('delete' as const), position: fc.nat(20) }),
  fc.constant({ type: 'commit' as const }),
)
const question: fc.Arbitrary<Question> = fc.record({
  index: fc.constantFrom('by_creation_time' as const, 'by_a' as const, 'by_a_b' as const),
  equal: fc.array(value, { maxLength: 2 }),
  lower: fc.option(fc.record({ operator: fc.constantFrom('gt' as const, 'gte' as const), value }), { nil: undefined }),
  upper: fc.option(fc.record({ operator: fc.constantFrom('lt' as const, 'lte' as const), value }), { nil: undefined }),
  order: fc.constantFrom('asc' as const, 'desc' as const),
  filter: fc.option(fc.record({ operator: fc.constantFrom('lt' as const, 'gte' as const, 'neq' as const), value }), { nil: undefined }),
  limit: fc.option(fc.nat(4), { nil: undefined }),
  pageSize: fc.integer({ min: 1, max: 4 }),
}).map(one => one.index === 'by_creation_time' ? { ...one, equal: [] } : { ...one, equal: one.equal.slice(0, FIELDS[one.index].length - 1) })

/** All pages of a query, one after the other. */
function readAllPages(query: QueryJSON, pageSize: number, context: QueryContext): DocumentValue[] {
  const found: DocumentValue[] = []
  for (let cursor: string | null = null, isDone = false; !isDone;) {
    const page = readPage({ query, cursor, pageSize }, context, { previous: null, next: null })
    found.push(...page.page.map(({ value }) => value));
    ({ isDone, continueCursor: cursor } = page)
  }
  return found
}

describe('runQuery(), readPage()', () => {
  it('return the same as sorted lists, while this transaction and others write', { timeout: 24 * 3600_000 }, () => {
    fc.assert(fc.property(fc.array(change, { maxLength: 20 }), fc.array(question, { minLength: 1, maxLength: 4 }), (changes, questions) => {
      const engine = Engine.open()
      engine.defineIndexes('', { items: [{ name: 'by_a', fields: ['a'] }, { name: 'by_a_b', fields: ['a', 'b'] }] })
      const { number } = engine.table('', 'items')
      let transaction = engine.begin()
      const ids: string[] = []
      for (const one of changes) {
        const id = ids[(one as { position?: number }).position ?? -1]
        if (one.type === 'insert')
          ids.push(transaction.insert(number, { a: one.a, b: one.b }))
        if (one.type === 'patch' && id)
          transaction.patch(id, { a: one.a })
        if (one.type === 'delete' && id) {
          transaction.delete(id)
          ids.splice(ids.indexOf(id), 1)
        }
        if (one.type === 'commit') {
          engine.commit(transaction)
          transaction = engine.begin()
        }
      }
      const documents = ids.map(id => transaction.get(id)!.value)
      const context: QueryContext = {
        transaction,
        meter: new Meter(new LimitPolicy('enforce', () => {})),
        catalog: { findTable: name => engine.table('', name), findSearchIndex: () => undefined, findVectorIndex: () => undefined },
      }
      for (const one of questions) {
        const query = toQuery(one)
        const expected = answer(documents, one).map(({ _id }) => _id)
        expect([...runQuery(query, context)].map(({ id }) => id)).toEqual(expected)
        if (one.limit === undefined)
          expect(readAllPages(query, one.pageSize, context).map(({ _id }) => _id)).toEqual(expected)
      }
      engine.end(transaction)
      engine.close()
    }), { numRuns: engineRuns(10_000) })
  })
})
