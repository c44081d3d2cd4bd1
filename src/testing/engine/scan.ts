/** Reads the rows of an interval lazily: the snapshot, with the transaction's own writes on top. */
import type { ScanRead } from './read-set.ts'
import type { Batch, SnapshotView } from './snapshot-view.ts'
import type { IndexInfo, Interval, Key, Order, Row } from './types.ts'
import type { WriteBuffer } from './write-buffer.ts'
import { afterPrefix } from './index-key.ts'
import { restAfter } from './snapshot-view.ts'

export interface ScanSource {
  view: SnapshotView
  buffer: WriteBuffer
  /** Records the part of the interval that the scan has consumed. */
  read: ScanRead
  /** Throws if the transaction may not read any more. */
  check: () => void
}

/** Rows are read from the store in batches: a small one first, since most scans end early. */
const FIRST_BATCH = 8
const LARGEST_BATCH = 512
/** A document may have a megabyte, so the size of a batch is limited, too. */
const BATCH_CHARACTERS = 2 ** 20

export function* scanRows(source: ScanSource, index: IndexInfo, expectedRows = FIRST_BATCH): Generator<Row, void> {
  const { view, buffer, read, check } = source
  const { interval, order } = read
  let batch: Batch = { rows: [], rest: interval }
  let next = 0
  let size = Math.min(Math.max(1, expectedRows), LARGEST_BATCH)
  let position: Key | undefined
  for (;;) {
    check()
    // The transaction may write between two rows, so its writes are looked up for each row.
    const own = buffer.overlay(index)
    while (next < batch.rows.length && own?.get(batch.rows[next]!.key))
      next++
    if (next === batch.rows.length && batch.rest) {
      batch = view.read(index, batch.rest, order, size)
      next = 0
      size = nextSize(size, batch.rows)
      continue
    }

    const stored = batch.rows[next]
    const row = own?.first(between(interval, position, stored?.key, order), order) ?? stored
    if (!row)
      return read.complete()
    if (row === stored)
      next++
    position = row.key
    read.advance(position)
    yield row
  }
}

function nextSize(size: number, rows: readonly Row[]): number {
  const characters = rows.reduce((sum, { document }) => sum + document.json.length, 0)
  const affordable = Math.floor(BATCH_CHARACTERS * rows.length / Math.max(1, characters))
  return Math.max(1, Math.min(size * 4, LARGEST_BATCH, affordable))
}

/** The part of an interval after one row and before another one. */
function between(interval: Interval, after: Key | undefined, before: Key | undefined, order: Order): Interval {
  const rest = after ? restAfter(interval, after, order) : interval
  if (!before)
    return rest
  if (order === 'asc')
    return { start: rest.start, end: before }
  return { start: afterPrefix(before), end: rest.end }
}
