/** Runs statements through the internal functions: one call for each part of a statement. */
import type { GenericActionCtx } from 'convex/server'
import type { AuthDatabaseFunctions } from './internal-functions.ts'
import type { Condition, Part, Position, ReadStatement, Row, UpdateStatement, WriteStatement } from './statement.ts'
import { withRestoredErrors } from '../portable-error.ts'
import { BEGINNING, distinctRows } from './find.ts'

/** Calls the internal functions for one part of a statement. */
export interface RemoteTables {
  read: (statement: ReadStatement, position: Position) => Promise<Part>
  write: (statement: WriteStatement, position: Position) => Promise<Part>
}

/** The number of rows that one call changes by their ids. */
const IDS_OF_CALL = 100

export function remoteTables(
  ctx: Pick<GenericActionCtx<any>, 'runQuery' | 'runMutation'>,
  { readAuthTables, writeAuthTables }: AuthDatabaseFunctions,
): RemoteTables {
  return {
    read: (statement, position) => withRestoredErrors(() => ctx.runQuery(readAuthTables, { statement, position })),
    write: (statement, position) =>
      withRestoredErrors(() => ctx.runMutation(writeAuthTables, { statement, position })),
  }
}

/** Runs all parts, and returns their rows. */
export async function runParts(first: Position, run: (position: Position) => Promise<Part>): Promise<Row[]> {
  const rows: Row[] = []
  for (let position: Position | null = first; position !== null;) {
    const part: Part = await run(position)
    rows.push(...part.rows)
    position = part.next
  }
  return rows
}

/** Returns the rows that a statement reads, without duplicates. */
export async function remoteRows({ read }: RemoteTables, statement: ReadStatement): Promise<Row[]> {
  return distinctRows(await runParts(BEGINNING, position => read(statement, position)))
}

/** Runs a statement that writes. Resolves with the written rows, each of them once. */
export async function remoteWrite(tables: RemoteTables, statement: WriteStatement): Promise<Row[]> {
  const { rows, next } = await tables.write(statement, BEGINNING)
  if (next === null)
    return rows
  if (statement.type === 'update')
    return [...rows, ...await updateRest(tables, statement, rows)]
  return [...rows, ...await runParts(next, position => tables.write(statement, position))]
}

/**
 * Updates the rows that the first part has not updated, by their ids. The next part of the same
 * look-up could find a row again, since an update can move it to a later place of the index.
 */
async function updateRest(tables: RemoteTables, statement: UpdateStatement, updated: Row[]): Promise<Row[]> {
  const { table, where, onUnindexed } = statement
  const done = new Set(updated.map(({ id }) => id))
  const matching = await remoteRows(tables, { type: 'count', table, where, onUnindexed })
  const ids: string[] = matching.map(({ id }) => id).filter(id => !done.has(id))
  const rows: Row[] = []
  for (let index = 0; index < ids.length; index += IDS_OF_CALL) {
    const ofCall = { ...statement, where: [...where, idIn(ids.slice(index, index + IDS_OF_CALL))] }
    rows.push(...await runParts(BEGINNING, position => tables.write(ofCall, position)))
  }
  return rows
}

function idIn(ids: string[]): Condition {
  return { field: 'id', operator: 'in', value: ids, connector: 'AND', isInsensitive: false }
}
