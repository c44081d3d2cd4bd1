/** The writes of an uncommitted transaction. They can be rolled back to a savepoint. */
import type { IndexInfo, Key } from './types.ts'
import type { Write } from './write.ts'
import { Overlay } from './overlay.ts'

export class WriteBuffer {
  readonly #writes = new Map<string, Write>()
  /**
   * The changed rows of each index that the transaction has scanned after its first write. Most
   * transactions scan few of the indexes to which they write, and sorting rows takes time.
   */
  readonly #overlays = new Map<number, Overlay>()
  /** For each write, in order, the previous write to the same document. */
  readonly #journal: { id: string, previous: Write | undefined }[] = []

  /** The writes to commit, without documents that the transaction has both inserted and deleted. */
  get writes(): Write[] {
    return [...this.#writes.values()].filter(({ before, after }) => before !== null || after !== null)
  }

  get(id: string): Write | undefined {
    return this.#writes.get(id)
  }

  /** The changed rows of an index, `undefined` if the transaction has not changed any document. */
  overlay(index: IndexInfo): Overlay | undefined {
    const known = this.#overlays.get(index.id)
    if (known || this.#writes.size === 0)
      return known
    const overlay = new Overlay()
    this.#overlays.set(index.id, overlay)
    this.#writes.forEach(write => showRows(overlay, index.id, write))
    return overlay
  }

  set(write: Write): void {
    const previous = this.#writes.get(write.id)
    this.#journal.push({ id: write.id, previous })
    this.#show(write.id, previous, write)
  }

  savepoint(): number {
    return this.#journal.length
  }

  rollback(savepoint: number): void {
    while (this.#journal.length > savepoint) {
      const { id, previous } = this.#journal.pop()!
      this.#show(id, this.#writes.get(id), previous)
    }
  }

  #show(id: string, current: Write | undefined, next: Write | undefined): void {
    if (next)
      this.#writes.set(id, next)
    else
      this.#writes.delete(id)
    for (const [index, overlay] of this.#overlays) {
      if (current)
        hideRows(overlay, index, current)
      if (next)
        showRows(overlay, index, next)
    }
  }
}

function showRows(overlay: Overlay, index: number, write: Write): void {
  const { before, after } = keysIn(index, write)
  // The second assignment must come last: if a document is replaced, both keys are often equal.
  if (before)
    overlay.set(before, null)
  if (after)
    overlay.set(after, write.after)
}

function hideRows(overlay: Overlay, index: number, write: Write): void {
  const { before, after } = keysIn(index, write)
  if (before)
    overlay.delete(before)
  if (after)
    overlay.delete(after)
}

/** The keys of a write in an index. There are none in an index of another table. */
function keysIn(index: number, { indexes, keysBefore, keysAfter }: Write): Record<'before' | 'after', Key | undefined> {
  const position = indexes.findIndex(({ id }) => id === index)
  return { before: keysBefore[position], after: keysAfter[position] }
}
