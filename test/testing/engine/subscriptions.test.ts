import type { EngineTransaction } from '../../../src/testing/engine/transaction.ts'
import type { Order, Row } from '../../../src/testing/engine/types.ts'
import type { Range } from './oracle.ts'
import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Engine } from '../../../src/testing/engine/engine.ts'
import { keyInterval } from '../../../src/testing/engine/index-key.ts'
import { Oracle } from './oracle.ts'
import { INDEXES, intervalOf, operations, perform, ranges } from './programs.ts'
import { engineRuns } from './runs.ts'

/** A query that reads one document, or the first rows of a range. */
type Query = { document: number } | { range: Range, order: Order, rows: number }

const queries: fc.Arbitrary<Query> = fc.oneof(
  fc.record({ document: fc.nat(20) }),
  fc.record({ range: ranges, order: fc.constantFrom<Order>('asc', 'desc'), rows: fc.nat(5) }),
)

/** One query and its subscription. */
class Watcher {
  calls = 0
  readonly #engine: Engine
  readonly #query: Query
  readonly #ids: readonly string[]
  readonly #transaction: EngineTransaction
  readonly #result: unknown

  constructor(engine: Engine, query: Query, ids: readonly string[]) {
    this.#engine = engine
    this.#query = query
    this.#ids = ids
    this.#transaction = engine.begin()
    this.#result = this.#run(this.#transaction)
    engine.subscribe(this.#transaction, () => this.calls++)
  }

  /** Whether the query would return something else now. */
  get isStale(): boolean {
    const transaction = this.#engine.begin()
    const result = this.#run(transaction)
    this.#engine.end(transaction)
    return JSON.stringify(result) !== JSON.stringify(this.#result)
  }

  /** Compares each written key with each interval that was read: returns whether one of the keys is in an interval. */
  isConcerned(writer: EngineTransaction): boolean {
    const intervals = [...this.#transaction.reads.entries()].flatMap(({ index, points, ranges }) => [
      ...[...points].map(key => ({ index, start: key, end: Buffer.concat([key, Buffer.of(0)]) })),
      ...ranges.map(range => ({ index, ...range })),
    ])
    return writer.buffer.writes.some(({ indexes, keysBefore, keysAfter }) => indexes.some(({ id }, position) =>
      [keysBefore[position], keysAfter[position]].some(key => key && intervals.some(({ index, start, end }) =>
        index === id && Buffer.compare(start, key) <= 0 && (!end || Buffer.compare(key, end) < 0)))))
  }

  #run(transaction: EngineTransaction): unknown {
    if ('document' in this.#query) {
      const id = this.#ids[this.#query.document % this.#ids.length]
      return id && transaction.get(id)?.json
    }
    const { range, order, rows } = this.#query
    const index = this.#engine.table('', 'things').indexes.get(range.index)!
    const scan = transaction.scan(index, intervalOf(range), order)
    const read: IteratorResult<Row>[] = []
    while (read.length < rows && !read.at(-1)?.done)
      read.push(scan.next())
    return read.map(row => row.done || row.value.document.json)
  }
}

describe('Engine.subscribe', () => {
  it('calls exactly the subscriptions whose intervals a commit changes', { timeout: 24 * 3600_000 }, () => {
    const commits = fc.array(fc.array(operations, { maxLength: 4 }), { minLength: 2, maxLength: 5 })
    fc.assert(fc.property(fc.array(queries, { maxLength: 20 }), commits, (list, [setup, ...later]) => {
      const engine = Engine.open()
      engine.defineIndexes('', INDEXES)
      const oracle = new Oracle()
      const commit = (list: typeof setup = []): EngineTransaction => {
        const transaction = engine.begin()
        list.forEach(operation => perform({ table: engine.table('', 'things'), transaction, oracle }, operation))
        engine.commit(transaction)
        return transaction
      }
      commit(setup)
      let watchers = list.map(query => new Watcher(engine, query, [...oracle.documents.keys()]))
      for (const operations of later) {
        const writer = commit(operations)
        for (const watcher of watchers) {
          expect(watcher.calls).toBe(watcher.isConcerned(writer) ? 1 : 0)
          expect(watcher.isStale && watcher.calls === 0).toBe(false)
        }
        watchers = watchers.filter(({ calls }) => calls === 0)
      }
      engine.close()
    }), { numRuns: engineRuns(5000) })
  })

  it('calls at once if a commit has already changed the data that was read', () => {
    const { engine, insert, readAll } = withTable()
    const reader = readAll()
    insert()
    const onChange = vi.fn()
    engine.subscribe(reader, onChange)
    expect(onChange).toHaveBeenCalledExactlyOnceWith(engine.timestamp)
    insert()
    expect(onChange).toHaveBeenCalledTimes(1)
  })

  it('does not call a subscription that was ended', () => {
    const { engine, insert, readAll } = withTable()
    const onChange = vi.fn()
    engine.subscribe(readAll(), onChange)()
    insert()
    expect(onChange).not.toHaveBeenCalled()
  })

  it('calls a subscription to a table that had no documents', () => {
    const engine = Engine.open()
    const onChange = vi.fn()
    const reader = engine.begin()
    const index = engine.table('a/b', 'empty').indexes.get('by_creation_time')!
    expect([...reader.scan(index, keyInterval([]), 'asc')]).toEqual([])
    engine.subscribe(reader, onChange)
    const writer = engine.begin()
    writer.insert(engine.table('a/b', 'empty').number, {})
    const timestamp = engine.commit(writer)
    expect(onChange).toHaveBeenCalledExactlyOnceWith(timestamp)
  })

  it('still commits and calls the other subscriptions if one of them throws', async () => {
    const { engine, insert, readAll } = withTable()
    const failure = new Error('thrown by a subscription')
    const uncaught = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((callback) => {
      expect(callback).toThrow(failure)
    })
    const onChange = vi.fn()
    engine.subscribe(readAll(), () => {
      throw failure
    })
    engine.subscribe(readAll(), onChange)
    insert()
    expect(onChange).toHaveBeenCalledTimes(1)
    expect(uncaught).toHaveBeenCalledTimes(1)
  })

  it('calls all subscriptions when indexes change or the data is deleted', () => {
    const { engine, readAll } = withTable()
    const onChange = vi.fn()
    engine.subscribe(readAll(), onChange)
    engine.defineIndexes('', {})
    engine.subscribe(readAll(), onChange)
    // Nothing changes.
    engine.defineIndexes('', {})
    expect(onChange).toHaveBeenCalledTimes(1)
    engine.wipe()
    expect(onChange).toHaveBeenCalledTimes(2)
  })
})

function withTable(): { engine: Engine, insert: () => void, readAll: () => EngineTransaction } {
  const engine = Engine.open()
  engine.defineIndexes('', INDEXES)
  const table = engine.table('', 'things')
  return {
    engine,
    insert: () => {
      const transaction = engine.begin()
      transaction.insert(table.number, {})
      engine.commit(transaction)
    },
    readAll: () => {
      const transaction = engine.begin()
      Array.from(transaction.scan(table.indexes.get('by_id')!, keyInterval([]), 'asc'))
      return transaction
    },
  }
}
