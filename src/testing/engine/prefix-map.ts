/** Stores items by prefixes, and finds the items whose prefix is the beginning of a key. */
import type { Interval, Key } from './types.ts'
import { ESCAPE } from './index-key.ts'
import { keyText } from './key-text.ts'

/**
 * Most queries read all rows with some values, which are the rows whose keys begin with the same
 * bytes. Such prefixes have few different lengths, so a look-up in a hash table for each length is
 * faster than a tree of intervals.
 */
export class PrefixMap<T> {
  readonly #items = new Map<string, Set<T>>()
  /** The number of prefixes of each length. */
  readonly #lengths = new Map<number, number>()

  get isEmpty(): boolean {
    return this.#items.size === 0
  }

  add(prefix: Key, item: T): void {
    const text = keyText(prefix)
    const items = this.#items.get(text)
    if (items) {
      items.add(item)
      return
    }
    this.#items.set(text, new Set([item]))
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1)
  }

  delete(prefix: Key, item: T): void {
    const text = keyText(prefix)
    const items = this.#items.get(text)
    if (!items?.delete(item) || items.size > 0)
      return
    this.#items.delete(text)
    const count = this.#lengths.get(prefix.length)! - 1
    if (count === 0)
      this.#lengths.delete(prefix.length)
    else
      this.#lengths.set(prefix.length, count)
  }

  /** Adds the items whose prefix is the beginning of the key to `found`. */
  collect(key: Key, found: Set<T>): void {
    const text = keyText(key)
    for (const length of this.#lengths.keys()) {
      // If this byte is an escape, the last byte of the prefix is a part of a longer value in the
      // key.
      if (length <= key.length && key[length] !== ESCAPE)
        this.#items.get(text.slice(0, length))?.forEach(item => found.add(item))
    }
  }
}

/** Returns whether an interval contains exactly the keys that begin with its start. */
export function isPrefixInterval({ start, end }: Interval): boolean {
  return end !== null
    && end.length === start.length + 1
    && end[start.length] === ESCAPE
    && start.every((byte, position) => byte === end[position])
}
