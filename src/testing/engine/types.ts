/** The types that all parts of the engine share: keys, intervals, indexes and stored documents. */
import type { Value } from 'convex/values'

/** The position of a document in an index. Keys are sorted by their bytes. */
export type Key = Uint8Array

/** A range of an index, from `start` (included) to `end` (excluded). */
export interface Interval {
  start: Key
  /** `null`: the range has no end. */
  end: Key | null
}

export type Order = 'asc' | 'desc'

export interface TableInfo {
  number: number
  /** The path of the component that owns the table, `''` for the app. */
  component: string
  name: string
  /** The indexes of the table by name, including `by_id` and `by_creation_time`. */
  indexes: Map<string, IndexInfo>
}

export interface IndexInfo {
  id: number
  /** The number of the table. */
  table: number
  name: string
  /**
   * The paths of the fields, in order. All indexes end with `_creationTime`, except `by_id`, which
   * is `['_id']`. The key of a document has one more value, the id, so that keys are unique.
   */
  fields: readonly string[]
}

/** One revision of a document. It never changes. */
export interface StoredDocument {
  readonly id: string
  /** The number of the table. */
  readonly table: number
  /** The document as JSON of `convexToJson`, with `_id` and `_creationTime`. */
  readonly json: string
  /**
   * The document's fields, which are decoded when they are read for the first time. Never change
   * them.
   */
  readonly value: DocumentValue
  /** The size in bytes by Convex's rules. The fields are decoded to compute it. */
  readonly size: number
  /** An upper bound of `size` that is known before the fields are decoded. */
  readonly largestSize: number
}

export type DocumentValue = Record<string, Value | undefined>

/** A document and its position in the index that was read. */
export interface Row {
  key: Key
  document: StoredDocument
}

/** A consistent view of the data at one timestamp, with the transaction's own writes on top. */
export interface Transaction {
  /** The timestamp of the last commit that the transaction sees. */
  readonly snapshot: bigint
  /** The time at which the transaction began, in milliseconds since 1970: its `Date.now()`. */
  readonly beginTime: number
  get: (id: string) => StoredDocument | null
  /**
   * Reads documents in the order of an index. Only the part of the interval that was consumed
   * counts as read. If the transaction writes a document during the scan, the scan returns it if
   * its position is after the current one. `expectedRows` is the number of rows that the caller
   * is going to consume, if known.
   */
  scan: (index: IndexInfo, interval: Interval, order: Order, expectedRows?: number) => IterableIterator<Row>
  /** Inserts a document and returns its id. */
  insert: (table: number, fields: DocumentValue) => string
  /** Replaces all fields except `_id` and `_creationTime`. */
  replace: (id: string, fields: DocumentValue) => void
  /** Changes some fields. `undefined` removes a field. */
  patch: (id: string, fields: DocumentValue) => void
  delete: (id: string) => void
  /** Runs a part of the transaction. If it throws, its writes are undone and its reads remain. */
  nested: <T>(body: () => Promise<T>) => Promise<T>
}
