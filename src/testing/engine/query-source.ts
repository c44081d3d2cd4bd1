/** The data from which a query reads, and the rows that it reads. */
import type { Catalog } from './catalog.ts'
import type { Meter } from './limits.ts'
import type { Interval, Order, Row, Transaction } from './types.ts'

/** The data from which a query reads. */
export interface QueryContext {
  transaction: Transaction
  catalog: Catalog
  meter: Meter
}

/** The rows of a query, to which its filters and limits have not been applied yet. */
export interface QuerySource {
  kind: 'index' | 'search'
  /** The fields that the order of the rows depends on. */
  fields: readonly string[]
  order: Order
  /** All keys that the query may read. */
  interval: Interval
  /** Reads the rows whose keys are in a part of the interval. */
  read: (interval: Interval, expectedRows?: number) => IterableIterator<Row>
}
