/** Runs statements that read: in one transaction, or part by part in several transactions. */
import type { Plan } from './plan.ts'
import type { Reader } from './read.ts'
import type { CountStatement, FindStatement, Part, Position, ReadStatement, Row } from './statement.ts'
import type { FindTable } from './tables.ts'
import { compareValues } from 'convex/values'
import { addJoins, readsOfRow } from './joins.ts'
import { planLookup } from './plan-lookup.ts'
import { completeRow, readAll, readPart } from './read.ts'

/**
 * The number of rows and ranges that one part of a statement reads. Convex allows 32,000 rows and
 * 16 MiB in a transaction.
 */
const PART_READS = 500
/** The number of rows that one part of a statement may read, including the rows of joins. */
const PART_JOINED_READS = 4000
/** The least number of rows that one part reads, even if each of them has many joined rows. */
const LEAST_READS = 10

/** The position at which the first part of a statement begins. */
export const BEGINNING: Position = { source: 0, cursor: null, found: 0 }

/** Runs a `find` in one transaction. */
export async function find(db: Reader, findTable: FindTable, statement: FindStatement): Promise<Row[]> {
  const plan = planFind(findTable, statement)
  return await finish(db, findTable, statement, plan, await readAll(db, plan, wantedRows(statement)))
}

/** Runs a `count` in one transaction. */
export async function count(db: Reader, findTable: FindTable, statement: CountStatement): Promise<number> {
  return (await readAll(db, planLookup(findTable(statement.table), statement), null)).length
}

/**
 * Runs one part of a statement. If the first part is also the last, its rows are the result of the
 * statement. Otherwise, the rows of all parts are passed to {@link assemble}.
 */
export async function readStatementPart(
  db: Reader,
  findTable: FindTable,
  statement: ReadStatement,
  position: Position,
): Promise<Part> {
  if (statement.type === 'count') {
    const plan = planLookup(findTable(statement.table), statement)
    const { rows, next } = await readPart(db, plan, position, { reads: PART_READS, wanted: null })
    return { rows: rows.map(({ id }) => ({ id })), next }
  }
  const plan = planFind(findTable, statement)
  const reads = Math.max(LEAST_READS, Math.min(PART_READS, Math.floor(PART_JOINED_READS / readsOfRow(statement.joins))))
  const { rows, next } = await readPart(db, plan, position, { reads, wanted: wantedRows(statement) })
  const isOnlyPart = position.source === 0 && position.cursor === null && next === null
  if (isOnlyPart)
    return { rows: await finish(db, findTable, statement, plan, rows), next }
  return { rows: await addJoins(db, findTable, statement, rows), next }
}

/** The result of a statement that was run in several parts. */
export function assemble(findTable: FindTable, statement: FindStatement, rows: Row[]): Row[] {
  const plan = planFind(findTable, statement)
  return arrange(statement, plan, distinctRows(rows)).map(row => select(plan, statement, row))
}

/** Removes duplicates: a row that changes between two parts of a statement can be in both parts. */
export function distinctRows(rows: Row[]): Row[] {
  return [...new Map(rows.map(row => [row.id, row])).values()]
}

async function finish(
  db: Reader,
  findTable: FindTable,
  statement: FindStatement,
  plan: Plan,
  rows: Row[],
): Promise<Row[]> {
  const joined = await addJoins(db, findTable, statement, arrange(statement, plan, rows))
  return joined.map(row => select(plan, statement, row))
}

function planFind(findTable: FindTable, statement: FindStatement): Plan {
  return planLookup(findTable(statement.table), statement, statement.sortBy)
}

function wantedRows({ offset, limit }: FindStatement): number | null {
  return limit === null ? null : offset + limit
}

/** Sorts the rows, unless the plan has read them in order, and takes the requested ones. */
function arrange({ sortBy, offset, limit }: FindStatement, { isOrdered }: Plan, rows: Row[]): Row[] {
  if (sortBy !== null && !isOrdered) {
    const sign = sortBy.direction === 'asc' ? 1 : -1
    rows = rows.toSorted((left, right) => sign * compareValues(left[sortBy.field], right[sortBy.field]))
  }
  return rows.slice(offset, limit === null ? undefined : offset + limit)
}

function select({ table }: Plan, { select: fields, joins }: FindStatement, row: Row): Row {
  if (fields.length === 0)
    return completeRow(table, row)
  const names = [...fields, ...joins.map(({ name }) => name)]
  return Object.fromEntries(names.map(name => [name, row[name] ?? null]))
}
