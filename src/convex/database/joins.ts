/** Reads the rows of other tables that belong to each row. */
import type { Reader } from './read.ts'
import type { Condition, FindStatement, Join, OnUnindexed, Row } from './statement.ts'
import type { FindTable } from './tables.ts'
import { planLookup } from './plan-lookup.ts'
import { completeRow, readAll } from './read.ts'

/** The database and the tables from which the rows of a join are read. */
interface JoinSource {
  db: Reader
  findTable: FindTable
  onUnindexed: OnUnindexed
}

/** Adds the joined rows to each row: one property for each join. */
export async function addJoins(
  db: Reader,
  findTable: FindTable,
  statement: FindStatement,
  rows: Row[],
): Promise<Row[]> {
  const { joins, onUnindexed } = statement
  if (joins.length === 0)
    return rows
  const source = { db, findTable, onUnindexed }
  return await Promise.all(rows.map(async (row) => {
    const joined = await Promise.all(joins.map(async join => [join.name, await readJoin(source, join, row)]))
    return { ...row, ...Object.fromEntries(joined) }
  }))
}

/** The greatest number of rows that are read for one row, including the rows of its joins. */
export function readsOfRow(joins: Join[]): number {
  return joins.reduce((sum, { limit }) => sum + (limit ?? 1), 1)
}

async function readJoin({ db, findTable, onUnindexed }: JoinSource, join: Join, row: Row): Promise<Row | Row[] | null> {
  const { table, on, limit } = join
  const rows = await readEqual(row[on.from] ?? null)
  return limit === null ? rows[0] ?? null : rows

  async function readEqual(value: Condition['value']): Promise<Row[]> {
    // As in SQL, a missing value is not equal to a missing value of another row.
    if (value === null)
      return []
    const where: Condition[] = [{ field: on.to, operator: 'eq', value, connector: 'AND', isInsensitive: false }]
    const plan = planLookup(findTable(table), { where, onUnindexed })
    return (await readAll(db, plan, limit ?? 1)).map(row => completeRow(plan.table, row))
  }
}
