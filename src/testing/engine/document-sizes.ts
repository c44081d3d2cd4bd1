/** Adds up the sizes of documents, and decodes the documents only if the sum may matter. */
import type { StoredDocument } from './types.ts'

export type SizedDocument = Pick<StoredDocument, 'size' | 'largestSize'>

/**
 * The sum of the sizes of documents. Computing the size of a document takes as long as all other
 * steps of reading it. Most sums are far below their limit, so an upper bound is enough for them.
 */
export class DocumentSizes {
  /** In bytes, without the documents of `#unsized`. */
  #sum = 0
  #unsized: SizedDocument[] = []
  /** An upper bound for the sum of the sizes of `#unsized`. */
  #largestRest = 0

  add(document: SizedDocument): void {
    this.#unsized.push(document)
    this.#largestRest += document.largestSize
  }

  /** Returns whether the sum is greater than a number of bytes. */
  exceed(bytes: number): boolean {
    return this.#sum > bytes || (this.#sum + this.#largestRest > bytes && this.sum > bytes)
  }

  get sum(): number {
    const documents = this.#unsized
    this.#unsized = []
    this.#largestRest = 0
    for (const { size } of documents)
      this.#sum += size
    return this.#sum
  }
}
