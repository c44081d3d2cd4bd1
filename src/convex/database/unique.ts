/** Enforces unique fields inside the transaction of a write, since Convex's indexes do not. */
import type { Reader } from './read.ts'
import type { Condition, Row, UpdateStatement } from './statement.ts'
import type { Table } from './tables.ts'
import { setupError } from '../setup-error.ts'
import { planLookup } from './plan-lookup.ts'
import { readAll } from './read.ts'

/**
 * Refuses values that another row has. Two transactions that write the same value conflict, since
 * both have read the part of the index where the other writes, so only one of them can succeed.
 *
 * `row` is the row before its change, or `null` for a new row.
 *
 * @throws ConvueError `AUTH_VALUE_TAKEN`, `AUTH_INDEX_MISSING`
 */
export async function checkUnique(
  db: Reader,
  table: Table,
  { unique, onUnindexed }: Pick<UpdateStatement, 'unique' | 'onUnindexed'>,
  values: Row,
  row: Row | null,
): Promise<void> {
  for (const fields of unique) {
    const next: Row = { ...row, ...values }
    const isChanged = row === null || fields.some(field => next[field] !== row[field])
    // As in SQL, values that are missing are not equal to each other.
    if (!isChanged || fields.some(field => (next[field] ?? null) === null))
      continue
    const where = fields.map((field): Condition =>
      ({ field, operator: 'eq', value: next[field], connector: 'AND', isInsensitive: false }))
    const found = await readAll(db, planLookup(table, { where, onUnindexed }), 2)
    if (found.some(({ _id }) => _id !== row?._id))
      throw setupError('AUTH_VALUE_TAKEN', { table: table.name, fields })
  }
}
