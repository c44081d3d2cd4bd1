/** Finds the subscriptions that a commit affects, by the keys of the changed rows. */
import type { ReadSet } from './read-set.ts'
import type { Interval, Key } from './types.ts'
import type { Write } from './write.ts'
import { IntervalTree } from './interval-tree.ts'
import { isPrefixInterval, PrefixMap } from './prefix-map.ts'

/** A subscription ends when a commit affects it. The query then runs and subscribes again. */
export interface Subscription {
  readonly reads: ReadSet
  /** Called once, with the timestamp of the commit that changed a row that was read. */
  readonly onChange: (timestamp: bigint) => void
}

/** The subscriptions that read one index. */
class IndexSubscriptions {
  /**
   * The key of a document that was read is stored as a prefix too. It matches only this document,
   * since each key ends with an id.
   */
  readonly #prefixes = new PrefixMap<Subscription>()
  readonly #ranges = new IntervalTree<Subscription>()

  get isEmpty(): boolean {
    return this.#prefixes.isEmpty && this.#ranges.isEmpty
  }

  add(points: Iterable<Key>, ranges: Iterable<Interval>, subscription: Subscription): void {
    for (const point of points)
      this.#prefixes.add(point, subscription)
    for (const range of ranges) {
      if (isPrefixInterval(range))
        this.#prefixes.add(range.start, subscription)
      else
        this.#ranges.add(range, subscription)
    }
  }

  delete(points: Iterable<Key>, ranges: Iterable<Interval>, subscription: Subscription): void {
    for (const point of points)
      this.#prefixes.delete(point, subscription)
    for (const range of ranges) {
      if (isPrefixInterval(range))
        this.#prefixes.delete(range.start, subscription)
      else
        this.#ranges.delete(range, subscription)
    }
  }

  collect(key: Key | undefined, found: Set<Subscription>): void {
    if (!key)
      return
    this.#prefixes.collect(key, found)
    this.#ranges.collect(key, found)
  }
}

export class Subscriptions {
  readonly #byIndex = new Map<number, IndexSubscriptions>()
  readonly #all = new Set<Subscription>()

  get size(): number {
    return this.#all.size
  }

  add(subscription: Subscription): void {
    this.#all.add(subscription)
    for (const { index, points, ranges } of subscription.reads.entries())
      this.#of(index).add(points, ranges, subscription)
  }

  delete(subscription: Subscription): void {
    if (!this.#all.delete(subscription))
      return
    for (const { index, points, ranges } of subscription.reads.entries()) {
      const subscriptions = this.#of(index)
      subscriptions.delete(points, ranges, subscription)
      if (subscriptions.isEmpty)
        this.#byIndex.delete(index)
    }
  }

  affectedBy(writes: readonly Write[]): Set<Subscription> {
    const found = new Set<Subscription>()
    for (const { indexes, keysBefore, keysAfter } of writes) {
      indexes.forEach(({ id }, position) => {
        const subscriptions = this.#byIndex.get(id)
        subscriptions?.collect(keysBefore[position], found)
        subscriptions?.collect(keysAfter[position], found)
      })
    }
    return found
  }

  /** Ends the affected subscriptions and calls their `onChange`. */
  publish(timestamp: bigint, affected: Iterable<Subscription>): void {
    const ended = [...affected]
    ended.forEach(subscription => this.delete(subscription))
    for (const { onChange } of ended) {
      try {
        onChange(timestamp)
      }
      catch (error) {
        // The error is thrown later: the commit has succeeded, and the other subscriptions must be
        // called.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  publishAll(timestamp: bigint): void {
    this.publish(timestamp, this.#all)
  }

  #of(index: number): IndexSubscriptions {
    let subscriptions = this.#byIndex.get(index)
    if (!subscriptions) {
      subscriptions = new IndexSubscriptions()
      this.#byIndex.set(index, subscriptions)
    }
    return subscriptions
  }
}
