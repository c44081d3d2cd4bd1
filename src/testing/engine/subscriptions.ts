/** Finds the subscriptions that a commit affects, by the keys of the changed rows. */
import type { ReadSet } from './read-set.ts'
import type { Key } from './types.ts'
import type { Write } from './write.ts'
import { IntervalTree } from './interval-tree.ts'
import { keyText } from './read-set.ts'

/** A subscription ends when a commit affects it. The query runs again and makes a new one. */
export interface Subscription {
  readonly reads: ReadSet
  /** Called once, with the timestamp of the commit that changed a row that was read. */
  readonly onChange: (timestamp: bigint) => void
}

/** The subscriptions that read one index. */
interface IndexSubscriptions {
  points: Map<string, Set<Subscription>>
  ranges: IntervalTree<Subscription>
}

export class Subscriptions {
  readonly #byIndex = new Map<number, IndexSubscriptions>()
  readonly #all = new Set<Subscription>()

  get size(): number {
    return this.#all.size
  }

  add(subscription: Subscription): void {
    this.#all.add(subscription)
    for (const { index, points, ranges } of subscription.reads.entries()) {
      const subscriptions = this.#of(index)
      for (const point of points)
        addPoint(subscriptions.points, keyText(point), subscription)
      for (const range of ranges)
        subscriptions.ranges.add(range, subscription)
    }
  }

  delete(subscription: Subscription): void {
    if (!this.#all.delete(subscription))
      return
    for (const { index, points, ranges } of subscription.reads.entries()) {
      const subscriptions = this.#of(index)
      for (const point of points)
        deletePoint(subscriptions.points, keyText(point), subscription)
      for (const range of ranges)
        subscriptions.ranges.delete(range, subscription)
      if (subscriptions.points.size === 0 && subscriptions.ranges.isEmpty)
        this.#byIndex.delete(index)
    }
  }

  affectedBy(writes: readonly Write[]): Set<Subscription> {
    const found = new Set<Subscription>()
    for (const { indexes, keysBefore, keysAfter } of writes) {
      indexes.forEach(({ id }, position) => {
        const subscriptions = this.#byIndex.get(id)
        if (!subscriptions)
          return
        collect(subscriptions, keysBefore[position], found)
        collect(subscriptions, keysAfter[position], found)
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
      subscriptions = { points: new Map(), ranges: new IntervalTree() }
      this.#byIndex.set(index, subscriptions)
    }
    return subscriptions
  }
}

function collect({ points, ranges }: IndexSubscriptions, key: Key | undefined, found: Set<Subscription>): void {
  if (!key)
    return
  points.get(keyText(key))?.forEach(subscription => found.add(subscription))
  ranges.collect(key, found)
}

function addPoint(points: Map<string, Set<Subscription>>, key: string, subscription: Subscription): void {
  const subscriptions = points.get(key)
  if (subscriptions)
    subscriptions.add(subscription)
  else
    points.set(key, new Set([subscription]))
}

function deletePoint(points: Map<string, Set<Subscription>>, key: string, subscription: Subscription): void {
  const subscriptions = points.get(key)
  subscriptions?.delete(subscription)
  if (subscriptions?.size === 0)
    points.delete(key)
}
