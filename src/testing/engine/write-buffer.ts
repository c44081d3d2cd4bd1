/** The writes of a transaction that is not committed yet. They can be undone to a savepoint. */
import type { IndexInfo, Key } from './types.ts'
import type { Write } from './write.ts'
import { Overlay } from './overlay.ts'

export class WriteBuffer {
  readonly #writes = new Map<string, Write>()
  readonly #overlays = new Map<number, Overlay>()
  /** The previous write of each document, for each write in order. */
  readonly #journal: { id: string, previous: Write | undefined }[] = []

  /** What the transaction changes. A document that it inserts and deletes is not changed. */
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
      // In this order: the key of a document that is replaced is often the same.
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
