/** Records the documents and the intervals of indexes that a transaction has read. */
import type { IndexInfo, Interval, Key, Order } from './types.ts'
import type { Write } from './write.ts'
import { afterPrefix } from './index-key.ts'
import { IntervalSet } from './interval-set.ts'
import { keyText } from './key-text.ts'

/** The reads of one index. */
interface IndexReads {
  /** Keys of single documents. */
  points: Map<string, Key>
  scans: ScanRead[]
  /**
   * The merged intervals of the scans, `undefined` if a scan has read more since they were merged.
   */
  ranges: IntervalSet | undefined
}

export class ReadSet {
  readonly #reads = new Map<number, IndexReads>()

  addPoint(index: IndexInfo, key: Key): void {
    this.#of(index).points.set(keyText(key), key)
  }

  /** Adds a scan that has not read anything yet. */
  addScan(index: IndexInfo, interval: Interval, order: Order): ScanRead {
    const reads = this.#of(index)
    const scan = new ScanRead(interval, order, () => reads.ranges = undefined)
    reads.scans.push(scan)
    return scan
  }

  /** Returns whether the transaction has read this position of an index, even if it had no row. */
  includes(index: number, key: Key): boolean {
    const reads = this.#reads.get(index)
    return reads !== undefined && (reads.points.has(keyText(key)) || rangesOf(reads).includes(key))
  }

  /** Returns whether a write has changed, added or removed a row at a position that was read. */
  isAffectedBy({ indexes, keysBefore, keysAfter }: Write): boolean {
    return indexes.some(({ id }, position) => {
      const before = keysBefore[position]
      const after = keysAfter[position]
      return (before && this.includes(id, before)) || (after && this.includes(id, after))
    })
  }

  /** The keys and the intervals that were read, for each index. */
  * entries(): Iterable<{ index: number, points: Iterable<Key>, ranges: readonly Interval[] }> {
    for (const [index, reads] of this.#reads)
      yield { index, points: reads.points.values(), ranges: rangesOf(reads).intervals }
  }

  #of(index: IndexInfo): IndexReads {
    let reads = this.#reads.get(index.id)
    if (!reads) {
      reads = { points: new Map(), scans: [], ranges: undefined }
      this.#reads.set(index.id, reads)
    }
    return reads
  }
}

/** The part of an interval that a scan has consumed. */
export class ScanRead {
  readonly interval: Interval
  readonly order: Order
  readonly #onChange: () => void
  #last: Key | undefined
  #isComplete = false

  /** `onChange` is called each time the scan has consumed more. */
  constructor(interval: Interval, order: Order, onChange: () => void) {
    this.interval = interval
    this.order = order
    this.#onChange = onChange
  }

  /** Records that the scan has returned the row at this position. */
  advance(key: Key): void {
    this.#last = key
    this.#onChange()
  }

  /** Records that the scan has reached the end of its interval. */
  complete(): void {
    this.#isComplete = true
    this.#onChange()
  }

  get consumed(): Interval | undefined {
    if (this.#isComplete)
      return this.interval
    if (!this.#last)
      return undefined
    if (this.order === 'asc')
      return { start: this.interval.start, end: afterPrefix(this.#last) }
    return { start: this.#last, end: this.interval.end }
  }
}

function rangesOf(reads: IndexReads): IntervalSet {
  reads.ranges ??= new IntervalSet(reads.scans.flatMap(scan => scan.consumed ?? []))
  return reads.ranges
}
