/** Plans a look-up, and refuses it or warns if it needs an index that the table does not have. */
import type { Plan } from './plan.ts'
import type { Condition, OnUnindexed, SortBy } from './statement.ts'
import type { Table } from './tables.ts'
import { setupError } from '../setup-error.ts'
import { planRead } from './plan.ts'

/** @throws ConvueError `AUTH_INDEX_MISSING` */
export function planLookup(
  table: Table,
  { where, onUnindexed }: { where: Condition[], onUnindexed: OnUnindexed },
  sortBy: SortBy | null = null,
): Plan {
  checkFields(table, [...where.map(({ field }) => field), ...sortBy ? [sortBy.field] : []])
  const plan = planRead(table, where, sortBy)
  if (plan.missingIndexes.length === 0)
    return plan
  const error = setupError('AUTH_INDEX_MISSING', { table: table.name, indexes: plan.missingIndexes })
  if (onUnindexed === 'refuse')
    throw error
  console.warn(error.message)
  return plan
}

/** @throws ConvueError `AUTH_FIELD_MISSING` if the table does not have one of the fields. */
export function checkFields(table: Table, fields: string[]): void {
  if (table.fields === null)
    return
  const field = fields.find(name => name !== 'id' && !Object.hasOwn(table.fields!, name))
  if (field !== undefined)
    throw setupError('AUTH_FIELD_MISSING', { table: table.name, field })
}
