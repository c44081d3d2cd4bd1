/** Runs statements that write, one part at a time. */
import type { Position, Row, WriteStatement } from './statement.ts'
import type { WriteCtx, Writer } from './write-row.ts'
import { planLookup } from './plan-lookup.ts'
import { completeRow, readPart } from './read.ts'
import { writeEach } from './write-each.ts'
import { createRow, deleteRow, updateRow } from './write-row.ts'

/** The rows that a part of a statement has written, and the position of the next part. */
export interface WrittenPart {
  rows: Row[]
  next: Position | null
}

/** Runs one part of a statement that writes. `reads` limits the number of its rows. */
export async function writePart(
  ctx: WriteCtx,
  writer: Writer,
  statement: WriteStatement,
  position: Position,
  reads: number,
): Promise<WrittenPart> {
  const table = writer.findTable(statement.table)
  if (statement.type === 'create')
    return { rows: [completeRow(table, await createRow(ctx, writer, table, statement))], next: null }

  const isFirst = statement.scope === 'first'
  const part = await readPart(ctx.db, planLookup(table, statement), position, { reads, wanted: isFirst ? 1 : null })
  const rows = await writeEach(ctx.db, part.rows, statement.where, row => statement.type === 'update'
    ? updateRow(ctx, writer, table, statement, row)
    : deleteRow(ctx, writer, table, statement, row))
  return { rows: rows.map(row => completeRow(table, row)), next: part.next }
}
