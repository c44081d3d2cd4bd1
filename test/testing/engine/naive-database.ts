import type { QueryContext } from '../../../src/testing/engine/query-source.ts'
import type { SearchIndexJSON, VectorIndexJSON } from '../../../src/testing/engine/schema.ts'
import type { DocumentValue, IndexInfo, Interval, Key, Order, Row, StoredDocument, TableInfo, Transaction } from '../../../src/testing/engine/types.ts'
import { Buffer } from 'node:buffer'
import { encodeId, newIdBytes } from '../../../src/testing/engine/ids.ts'
import { documentKey } from '../../../src/testing/engine/index-key.ts'
import { LimitPolicy, Meter } from '../../../src/testing/engine/limits.ts'
import { Revision } from '../../../src/testing/engine/revision.ts'

interface TableOptions {
  indexes?: Record<string, string[]>
  searchIndexes?: SearchIndexJSON[]
  vectorIndexes?: VectorIndexJSON[]
}

/** Tables in arrays, and scans that sort all documents: an engine that is too simple to be wrong. */
export class NaiveDatabase {
  readonly #tables = new Map<string, TableInfo>()
  readonly #options: Record<string, TableOptions>
  readonly #documents = new Map<string, StoredDocument>()
  readonly warnings: string[] = []
  #clock = 1_700_000_000_000
  /** How many rows the scans have produced. */
  scanned = 0

  constructor(options: Record<string, TableOptions>) {
    this.#options = options
    for (const [name, { indexes = {} }] of Object.entries(options)) {
      const number = 10_001 + this.#tables.size
      const fields = { by_id: ['_id'], by_creation_time: ['_creationTime'], ...mapValues(indexes, list => [...list, '_creationTime']) }
      const infos = Object.entries(fields).map(([index, list], position): [string, IndexInfo] =>
        [index, { id: number * 100 + position, table: number, name: index, fields: list }])
      this.#tables.set(name, { number, component: '', name, indexes: new Map(infos) })
    }
  }

  insert(table: string, fields: DocumentValue): string {
    const { number } = this.#tables.get(table)!
    const _creationTime = this.#clock++
    const id = encodeId(number, newIdBytes(_creationTime))
    this.#store(number, { ...fields, _id: id, _creationTime })
    return id
  }

  delete(id: string): void {
    this.#documents.delete(id)
  }

  all(table: string): DocumentValue[] {
    const { number } = this.#tables.get(table)!
    return [...this.#documents.values()].filter(document => document.table === number).map(({ value }) => value)
  }

  context(meter = new Meter(new LimitPolicy('enforce', warning => this.warnings.push(warning)))): QueryContext {
    return {
      meter,
      transaction: { scan: (index: IndexInfo, interval: Interval, order: Order) => this.#scan(index, interval, order) } as Transaction,
      catalog: {
        findTable: name => this.#tables.get(name),
        findSearchIndex: (table, index) => this.#options[table]?.searchIndexes?.find(({ indexDescriptor }) => indexDescriptor === index),
        findVectorIndex: (table, index) => this.#options[table]?.vectorIndexes?.find(({ indexDescriptor }) => indexDescriptor === index),
      },
    }
  }

  #store(table: number, value: DocumentValue): void {
    const id = value._id as string
    this.#documents.set(id, Revision.of(id, table, value))
  }

  * #scan(index: IndexInfo, { start, end }: Interval, order: Order): IterableIterator<Row> {
    const rows = [...this.#documents.values()]
      .filter(({ table }) => table === index.table)
      .map(document => ({ document, key: documentKey(index, document.id, document.value) }))
      .filter(({ key }) => compare(key, start) >= 0 && (end === null || compare(key, end) < 0))
      .sort((one, other) => compare(one.key, other.key))
    for (const row of order === 'asc' ? rows : rows.toReversed()) {
      this.scanned++
      yield row
    }
  }
}

function compare(one: Key, other: Key): number {
  return Buffer.compare(one, other)
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
