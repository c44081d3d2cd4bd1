/** Writes rows one after another, each in its state after the previous writes. */
import type { Reader } from './read.ts'
import type { Condition, Row } from './statement.ts'
import { matches } from './conditions.ts'
import { toRow } from './read.ts'

/**
 * Writes each row that still exists and meets the where clause. A trigger or a reference may have
 * changed or deleted it since all rows were read.
 * `write` returns the written row, or `null` if it did not write the row.
 */
export async function writeEach(
  db: Reader,
  rows: Row[],
  where: Condition[],
  write: (row: Row) => Promise<Row | null>,
): Promise<Row[]> {
  const written: Row[] = []
  for (const [number, row] of rows.entries()) {
    // Nothing has been written since the first row was read.
    const document = number === 0 ? row : await db.get(row._id)
    const current = document && toRow(document)
    const result = current && matches(current, where) ? await write(current) : null
    if (result)
      written.push(result)
  }
  return written
}
