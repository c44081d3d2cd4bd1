/** A collection of items with intervals, which finds the items whose intervals include a key. */
import type { Interval, Key } from './types.ts'
import { Buffer } from 'node:buffer'
import { isBefore } from './interval-set.ts'

/**
 * A treap: a search tree by start and end, balanced by random priorities. Each node stores the last
 * end of all intervals in its subtree, so that a look-up skips the subtrees whose intervals all end
 * before the key.
 */
interface Node<T> {
  readonly interval: Interval
  readonly items: Set<T>
  readonly priority: number
  left: Node<T> | undefined
  right: Node<T> | undefined
  lastEnd: Key | null
}

export class IntervalTree<T> {
  #root: Node<T> | undefined

  get isEmpty(): boolean {
    return this.#root === undefined
  }

  add(interval: Interval, item: T): void {
    const node = this.#find(interval)
    if (node) {
      node.items.add(item)
      return
    }
    const [left, right] = split(this.#root, interval)
    const added: Node<T> = {
      interval,
      items: new Set([item]),
      priority: Math.random(),
      left: undefined,
      right: undefined,
      lastEnd: interval.end,
    }
    this.#root = join(join(left, added), right)
  }

  delete(interval: Interval, item: T): void {
    const node = this.#find(interval)
    if (!node)
      return
    node.items.delete(item)
    if (node.items.size === 0)
      this.#root = remove(this.#root, interval)
  }

  /** Adds the items whose intervals include the key to `found`. */
  collect(key: Key, found: Set<T>): void {
    collect(this.#root, key, found)
  }

  #find(interval: Interval): Node<T> | undefined {
    let node = this.#root
    while (node) {
      const order = compare(interval, node.interval)
      if (order === 0)
        return node
      node = order < 0 ? node.left : node.right
    }
    return undefined
  }
}

function collect<T>(node: Node<T> | undefined, key: Key, found: Set<T>): void {
  if (!node || !isBefore(key, node.lastEnd))
    return
  collect(node.left, key, found)
  if (Buffer.compare(node.interval.start, key) > 0)
    return
  if (isBefore(key, node.interval.end))
    node.items.forEach(item => found.add(item))
  collect(node.right, key, found)
}

/** Splits a tree into the nodes before an interval, and the other nodes. */
function split<T>(node: Node<T> | undefined, at: Interval): [Node<T> | undefined, Node<T> | undefined] {
  if (!node)
    return [undefined, undefined]
  if (compare(node.interval, at) < 0) {
    const [left, right] = split(node.right, at)
    node.right = left
    return [updated(node), right]
  }
  const [left, right] = split(node.left, at)
  node.left = right
  return [left, updated(node)]
}

/** Joins two trees. All nodes of the first are before those of the second. */
function join<T>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (!left || !right)
    return left ?? right
  if (left.priority > right.priority) {
    left.right = join(left.right, right)
    return updated(left)
  }
  right.left = join(left, right.left)
  return updated(right)
}

function remove<T>(node: Node<T> | undefined, interval: Interval): Node<T> | undefined {
  if (!node)
    return undefined
  const order = compare(interval, node.interval)
  if (order === 0)
    return join(node.left, node.right)
  if (order < 0)
    node.left = remove(node.left, interval)
  else
    node.right = remove(node.right, interval)
  return updated(node)
}

function updated<T>(node: Node<T>): Node<T> {
  node.lastEnd = node.interval.end
  for (const child of [node.left, node.right]) {
    if (child && node.lastEnd !== null && (child.lastEnd === null || isBefore(node.lastEnd, child.lastEnd)))
      node.lastEnd = child.lastEnd
  }
  return node
}

function compare(a: Interval, b: Interval): number {
  const order = Buffer.compare(a.start, b.start)
  if (order !== 0)
    return order
  if (a.end === null || b.end === null)
    return Number(a.end === null) - Number(b.end === null)
  return Buffer.compare(a.end, b.end)
}
