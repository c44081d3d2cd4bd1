/** A transaction: a snapshot to read, a buffer of writes, and a record of its reads. */
import type { Clock } from './clock.ts'
import type { SnapshotView } from './snapshot-view.ts'
import type { TableRegistry } from './table-registry.ts'
import type { DocumentValue, IndexInfo, Interval, Order, Row, StoredDocument, TableInfo, Transaction } from './types.ts'
import { decodeId, encodeId, newIdBytes } from './ids.ts'
import { encodeKey } from './index-key.ts'
import { ReadSet } from './read-set.ts'
import { Revision } from './revision.ts'
import { scanRows } from './scan.ts'
import { WriteBuffer } from './write-buffer.ts'
import { newWrite } from './write.ts'

/** The parts of the engine that a transaction needs. */
export interface TransactionContext {
  registry: TableRegistry
  clock: Clock
  view: SnapshotView
  snapshot: bigint
  /** Changes when the indexes change. */
  schemaVersion: number
  /** Throws if the transaction has ended, or if the indexes have changed since it began. */
  check: () => void
}

export class EngineTransaction implements Transaction {
  readonly reads = new ReadSet()
  readonly buffer = new WriteBuffer()
  readonly snapshot: bigint
  readonly beginTime: number
  readonly schemaVersion: number
  /** The committed data at the snapshot. */
  readonly view: SnapshotView
  readonly #context: TransactionContext

  constructor(context: TransactionContext) {
    this.#context = context
    this.view = context.view
    this.snapshot = context.snapshot
    this.schemaVersion = context.schemaVersion
    this.beginTime = context.clock.now()
  }

  get(id: string): StoredDocument | null {
    this.check()
    const table = this.#tableOf(id)
    if (table)
      return this.#get(table, id)
    return null
  }

  scan(index: IndexInfo, interval: Interval, order: Order, expectedRows?: number): IterableIterator<Row> {
    const source = {
      view: this.view,
      buffer: this.buffer,
      read: this.reads.addScan(index, interval, order),
      check: () => this.check(),
    }
    return scanRows(source, index, expectedRows)
  }

  insert(tableNumber: number, fields: DocumentValue): string {
    this.check()
    const creationTime = this.#context.clock.nextCreationTime(this.beginTime)
    const id = encodeId(tableNumber, newIdBytes(creationTime))
    const table = this.#context.registry.byNumber(tableNumber)
    if (!table)
      throw new Error(`There is no table with the number ${tableNumber}`)
    // The id is new, so the transaction does not have to read the document before it writes.
    const document = Revision.of(id, tableNumber, { ...fields, _id: id, _creationTime: creationTime })
    this.buffer.set(newWrite(table, id, null, document))
    return id
  }

  replace(id: string, fields: DocumentValue): void {
    const { value } = this.#require(id, 'Replace')
    this.#write(id, { ...fields, _id: id, _creationTime: value._creationTime })
  }

  patch(id: string, fields: DocumentValue): void {
    const { value } = this.#require(id, 'Update')
    this.#write(id, { ...value, ...fields, _id: id, _creationTime: value._creationTime })
  }

  delete(id: string): void {
    this.#require(id, 'Delete')
    this.#write(id, null)
  }

  /**
   * Runs a part of the transaction. If several parts are nested, the part that has begun last must
   * end first.
   */
  async nested<T>(body: () => Promise<T>): Promise<T> {
    const savepoint = this.buffer.savepoint()
    try {
      return await body()
    }
    catch (error) {
      this.buffer.rollback(savepoint)
      throw error
    }
  }

  /** Throws if the transaction has ended, or if the indexes have changed since it began. */
  check(): void {
    this.#context.check()
  }

  #tableOf(id: string): TableInfo | undefined {
    const decoded = decodeId(id)
    return decoded && this.#context.registry.byNumber(decoded.table)
  }

  #get(table: TableInfo, id: string): StoredDocument | null {
    const write = this.buffer.get(id)
    if (write)
      return write.after
    const index = table.indexes.get('by_id')!
    const key = encodeKey([id])
    this.reads.addPoint(index, key)
    return this.view.document(index, key)
  }

  #require(id: string, operation: string): StoredDocument {
    const document = this.get(id)
    if (!document)
      throw new Error(`${operation} on nonexistent document ID ${id}`)
    return document
  }

  #write(id: string, fields: DocumentValue | null): void {
    const table = this.#tableOf(id)!
    const previous = this.buffer.get(id)
    const before = previous ? previous.before : this.#get(table, id)
    const after = fields && Revision.of(id, table.number, fields)
    this.buffer.set(newWrite(table, id, before, after, previous))
  }
}
