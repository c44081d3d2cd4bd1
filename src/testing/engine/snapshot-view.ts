/** The committed data as it was at one timestamp: the store, with all later commits undone. */
import type { CommitLog } from './commit-log.ts'
import type { Store } from './store.ts'
import type { IndexInfo, Interval, Key, Order, Row, StoredDocument } from './types.ts'
import type { Write } from './write.ts'
import { Buffer } from 'node:buffer'
import { afterPrefix } from './index-key.ts'
import { Overlay } from './overlay.ts'

/**
 * The rows of one read. `rest` is the part of the interval that was not read, `null` if there is
 * none.
 */
export interface Batch {
  rows: Row[]
  rest: Interval | null
}

export class SnapshotView {
  /** For each index, the rows that later commits have changed, as they were at the snapshot. */
  readonly #undo = new Map<number, Overlay>()
  readonly #store: Store
  readonly #log: CommitLog
  #undoneUntil: bigint

  constructor(store: Store, log: CommitLog, snapshot: bigint) {
    this.#store = store
    this.#log = log
    this.#undoneUntil = snapshot
  }

  /** The document at a position of an index. */
  document(index: IndexInfo, key: Key): StoredDocument | null {
    const undo = this.#undoOf(index)?.get(key)
    if (undo)
      return undo.document
    return this.#store.document(index, key)
  }

  /**
   * Reads rows from the beginning of the interval. Their number may differ from `limit`, since
   * later commits are undone, but is not 0 if the interval has a row.
   */
  read(index: IndexInfo, interval: Interval, order: Order, limit: number): Batch {
    const stored = this.#store.rows(index, interval, order, limit)
    const last = stored.length < limit ? undefined : stored.at(-1)
    const rest = last ? restAfter(interval, last.key, order) : null
    const undo = this.#undoOf(index)
    if (!undo)
      return { rows: stored, rest }

    const covered = last ? upTo(interval, last.key, order) : interval
    const rows = undoChanges(stored, undo, covered, order)
    if (rows.length === 0 && rest)
      return this.read(index, rest, order, limit)
    return { rows, rest }
  }

  #undoOf(index: IndexInfo): Overlay | undefined {
    for (const { timestamp, writes } of this.#log.since(this.#undoneUntil)) {
      writes.forEach(write => this.#undoWrite(write))
      this.#undoneUntil = timestamp
    }
    return this.#undo.get(index.id)
  }

  /**
   * If several commits have changed a row, the row before the first of them is that of the
   * snapshot, so the others are ignored.
   */
  #undoWrite({ indexes, before, keysBefore, keysAfter }: Write): void {
    indexes.forEach((index, position) => {
      let overlay = this.#undo.get(index.id)
      if (!overlay) {
        overlay = new Overlay()
        this.#undo.set(index.id, overlay)
      }
      const keyBefore = keysBefore[position]
      const keyAfter = keysAfter[position]
      if (keyBefore && !overlay.get(keyBefore))
        overlay.set(keyBefore, before)
      if (keyAfter && !overlay.get(keyAfter))
        overlay.set(keyAfter, null)
    })
  }
}

/** The part of an interval after a row. */
export function restAfter({ start, end }: Interval, key: Key, order: Order): Interval {
  if (order === 'asc')
    return { start: afterPrefix(key), end }
  return { start, end: key }
}

/** The part of an interval up to and including a row. */
function upTo({ start, end }: Interval, key: Key, order: Order): Interval {
  if (order === 'asc')
    return { start, end: afterPrefix(key) }
  return { start: key, end }
}

function undoChanges(stored: Row[], undo: Overlay, covered: Interval, order: Order): Row[] {
  const restored = undo.slice(covered)
    .filter((change): change is Row => change.document !== null)
  const unchanged = stored.filter(({ key }) => !undo.get(key))
  if (restored.length === 0)
    return unchanged
  const sign = order === 'asc' ? 1 : -1
  return [...unchanged, ...restored].sort((a, b) => sign * Buffer.compare(a.key, b.key))
}
