/** Changes to the stored rows of one index. The changes are in memory, sorted by key. */
import type { Interval, Key, Order, Row, StoredDocument } from './types.ts'
import { Buffer } from 'node:buffer'

export interface Change {
  key: Key
  /** `null`: there is no row at this key. */
  document: StoredDocument | null
}

/** The place of a change: the number of its list in `#runs`, and its position in the list. */
interface Position {
  run: number
  offset: number
}

const LONGEST_RUN = 256

export class Overlay {
  /**
   * The changes in several short lists, none of which is empty. In a single list, an insertion
   * would move half of all changes on average, and a transaction may have tens of thousands of
   * changes.
   */
  readonly #runs: Change[][] = []

  /** The change at a key, or `undefined` if the stored row is unchanged. */
  get(key: Key): Change | undefined {
    return this.#changeAt(this.#position(key), key)
  }

  set(key: Key, document: StoredDocument | null): void {
    const position = this.#position(key)
    const change = this.#changeAt(position, key)
    if (change)
      change.document = document
    else
      this.#insert(position, { key, document })
  }

  delete(key: Key): void {
    const position = this.#position(key)
    if (!this.#changeAt(position, key))
      return
    const { run, offset } = position
    this.#runs[run]!.splice(offset, 1)
    if (this.#runs[run]!.length === 0)
      this.#runs.splice(run, 1)
  }

  /** The changes in an interval, in ascending order. */
  slice({ start, end }: Interval): Change[] {
    return [...this.#ascending(this.#position(start), this.#endPosition(end))]
  }

  /** The first change in an interval that has a document. */
  first({ start, end }: Interval, order: Order): Row | undefined {
    const from = this.#position(start)
    const to = this.#endPosition(end)
    const changes = order === 'asc' ? this.#ascending(from, to) : this.#descending(from, to)
    for (const { key, document } of changes) {
      if (document)
        return { key, document }
    }
    return undefined
  }

  * #ascending(from: Position, to: Position): Generator<Change, void> {
    for (let { run, offset } = from; isBefore({ run, offset }, to); offset++) {
      if (offset === this.#runs[run]!.length) {
        run++
        offset = -1
      }
      else {
        yield this.#runs[run]![offset]!
      }
    }
  }

  * #descending(from: Position, to: Position): Generator<Change, void> {
    for (let { run, offset } = to; isBefore(from, { run, offset });) {
      if (offset === 0) {
        run--
        offset = this.#runs[run]!.length
      }
      else {
        offset--
        yield this.#runs[run]![offset]!
      }
    }
  }

  /** The change at the position of a key, `undefined` if it is the change of a greater key. */
  #changeAt({ run, offset }: Position, key: Key): Change | undefined {
    const change = this.#runs[run]?.[offset]
    if (change && Buffer.compare(change.key, key) === 0)
      return change
    return undefined
  }

  #insert({ run, offset }: Position, change: Change): void {
    // A key that is greater than all others is added to the last list.
    const position = run === this.#runs.length && run > 0
      ? { run: run - 1, offset: this.#runs[run - 1]!.length }
      : { run, offset }
    const changes = this.#runs[position.run]
    if (!changes) {
      this.#runs.push([change])
      return
    }
    changes.splice(position.offset, 0, change)
    if (changes.length > LONGEST_RUN)
      this.#runs.splice(position.run + 1, 0, changes.splice(LONGEST_RUN / 2))
  }

  /** The position of the first change whose key is not less than the key. */
  #position(key: Key): Position {
    const run = lowerBound(this.#runs, changes => Buffer.compare(changes.at(-1)!.key, key) < 0)
    const offset = lowerBound(this.#runs[run] ?? [], change => Buffer.compare(change.key, key) < 0)
    return { run, offset }
  }

  #endPosition(end: Key | null): Position {
    if (end)
      return this.#position(end)
    return { run: this.#runs.length, offset: 0 }
  }
}

function isBefore(a: Position, b: Position): boolean {
  return a.run < b.run || (a.run === b.run && a.offset < b.offset)
}

/** The number of items at the beginning of a sorted list for which `isLess` returns `true`. */
function lowerBound<T>(items: readonly T[], isLess: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isLess(items[middle]!))
      low = middle + 1
    else
      high = middle
  }
  return low
}
