/** The writes of an uncommitted transaction. They can be rolled back to a savepoint. */
import type { IndexInfo, Key } from './types.ts'
import type { Write } from './write.ts'
import { Overlay } from './overlay.ts'

export class WriteBuffer {
  readonly #writes = new Map<string, Write>()
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

  /** The changed rows of an index, `undefined` if there are none. */
  overlay(index: IndexInfo): Overlay | undefined {
    return this.#overlays.get(index.id)
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
    current?.indexes.forEach((index, position) => {
      this.#forget(index, current.keysBefore[position])
      this.#forget(index, current.keysAfter[position])
    })
    if (!next) {
      this.#writes.delete(id)
      return
    }
    this.#writes.set(id, next)
    next.indexes.forEach((index, position) => {
      const { keysBefore, keysAfter } = next
      // The second assignment must come last: if a document is replaced, both keys are often equal.
      if (keysBefore[position])
        this.#overlayOf(index).set(keysBefore[position], null)
      if (keysAfter[position])
        this.#overlayOf(index).set(keysAfter[position], next.after)
    })
  }

  #forget(index: IndexInfo, key: Key | undefined): void {
    if (key)
      this.#overlayOf(index).delete(key)
  }

  #overlayOf(index: IndexInfo): Overlay {
    let overlay = this.#overlays.get(index.id)
    if (!overlay) {
      overlay = new Overlay()
      this.#overlays.set(index.id, overlay)
    }
    return overlay
  }
}
