/** Random programs for the engine, and for the oracle that computes the expected results. */
import type { IndexInfo, Interval, Order, TableInfo, Transaction } from '../../../src/testing/engine/types.ts'
import type { Oracle, OracleDocument, Range } from './oracle.ts'
import type { MaybeValue } from './values.ts'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { keyInterval } from '../../../src/testing/engine/index-key.ts'

/** Few values, so that documents share them, and of types that an index has to keep apart. */
export const fieldValues = fc.constantFrom<MaybeValue>(
  ...[undefined, null, 0, -0, 1, 1n, Number.NaN, '', 'a', 'ab', true, [], [1]],
)
export const fields = fc.record({ a: fieldValues, b: fc.record({ c: fieldValues }) })

/** `document` is the index of one of the existing documents, modulo their number. */
export type Operation
  = | { do: 'get' | 'delete', document: number }
    | { do: 'insert', fields: Fields }
    | { do: 'replace', document: number, fields: Fields }
    | { do: 'patch', document: number, fields: Partial<Fields> }
    | { do: 'scan', range: Range, order: Order, rows: number, during: Operation[] }

type Fields = Record<'a' | 'b', MaybeValue>

const documents = fc.nat(20)
const orders = fc.constantFrom<Order>('asc', 'desc')
const bounds = fc.option(fc.record({ value: fieldValues, isInclusive: fc.boolean() }), { nil: undefined })

export const ranges: fc.Arbitrary<Range> = fc.oneof(
  fc.record({ index: fc.constant('by_a_c'), equal: fc.array(fieldValues, { maxLength: 2 }) }),
  fc.record({
    index: fc.constant('by_a_c'),
    equal: fc.array(fieldValues, { maxLength: 1 }),
    lower: bounds,
    upper: bounds,
  }),
  fc.record({ index: fc.constantFrom('by_id', 'by_creation_time'), equal: fc.constant([]) }),
)

const writes: fc.Arbitrary<Operation>[] = [
  fc.record({ do: fc.constant('insert'), fields }),
  fc.record({ do: fc.constant('replace'), document: documents, fields }),
  fc.record({ do: fc.constant('patch'), document: documents, fields: fc.record({ a: fieldValues }) }),
  fc.record({ do: fc.constant('patch'), document: documents, fields: fc.record({ b: fc.record({ c: fieldValues }) }) }),
  fc.record({ do: fc.constant('delete'), document: documents }),
]

export const operations: fc.Arbitrary<Operation> = fc.oneof(
  ...writes,
  fc.record({ do: fc.constant('get'), document: documents }),
  fc.record({
    do: fc.constant('scan'),
    range: ranges,
    order: orders,
    rows: fc.nat(12),
    during: fc.array(fc.oneof(...writes), { maxLength: 2 }),
  }),
)

/** The table that programs use. */
export const INDEXES = { things: [{ name: 'by_a_c', fields: ['a', 'b.c'] }] }

export interface Subject {
  table: TableInfo
  transaction: Transaction
  /** The data that the transaction has to see, its own writes included. */
  oracle: Oracle
}

/** Performs an operation on both. What they return has to be the same. */
export function perform(subject: Subject, operation: Operation): void {
  const { table, transaction, oracle } = subject
  if (operation.do === 'insert') {
    const id = transaction.insert(table.number, operation.fields)
    const { _creationTime } = transaction.get(id)!.value
    oracle.write(id, { ...operation.fields, _id: id, _creationTime } as OracleDocument)
    return
  }
  if (operation.do === 'scan')
    return performScan(subject, operation)

  const ids = [...oracle.documents.keys()]
  const id = ids[operation.document % ids.length]
  if (id === undefined)
    return
  const before = oracle.documents.get(id)!
  switch (operation.do) {
    case 'get':
      return expectDocument(transaction.get(id)?.value, before)
    case 'replace':
      transaction.replace(id, operation.fields)
      return oracle.write(id, { ...operation.fields, _id: id, _creationTime: before._creationTime } as OracleDocument)
    case 'patch':
      transaction.patch(id, operation.fields)
      return oracle.write(id, { ...before, ...operation.fields })
    case 'delete':
      transaction.delete(id)
      expect(transaction.get(id)).toBeNull()
      return oracle.write(id, null)
    default:
      operation satisfies never
  }
}

/** Reads some rows of a range. Between the rows, the transaction writes. */
function performScan(subject: Subject, { range, order, rows, during }: Operation & { do: 'scan' }): void {
  const { table, transaction, oracle } = subject
  const index = table.indexes.get(range.index)!
  const scan = transaction.scan(index, intervalOf(range), order)
  let position: OracleDocument | undefined
  for (let count = 0; count < rows; count++) {
    const expected = oracle.next(table, range, order, position)
    const next = scan.next()
    expectDocument(next.done ? undefined : next.value.document.value, expected)
    if (next.done)
      return
    position = expected
    const write = during[count]
    if (write)
      perform(subject, write)
  }
}

/** Reads a whole index in both directions. */
export function expectSameData({ table, transaction, oracle }: Subject): void {
  const everything: Interval = { start: new Uint8Array(), end: null }
  for (const index of table.indexes.values()) {
    const ascending = idsOf(transaction, index, everything, 'asc')
    expect(idsOf(transaction, index, everything, 'desc')).toEqual(ascending.toReversed())
    expect(ascending).toEqual(oracle.ids(index))
  }
}

function idsOf(transaction: Transaction, index: IndexInfo, interval: Interval, order: Order): string[] {
  return [...transaction.scan(index, interval, order)].map(({ document }) => document.id)
}

export function intervalOf({ equal, lower, upper }: Range): Interval {
  return keyInterval(equal, lower, upper)
}

function expectDocument(actual: unknown, expected: OracleDocument | undefined): void {
  // `toEqual` treats a missing field as `undefined`, as documents do.
  expect(actual).toEqual(expected)
}
