/** The commits that happened since the beginning of the oldest open transaction, in memory. */
import type { Write } from './write.ts'

export interface Commit {
  timestamp: bigint
  writes: readonly Write[]
}

/** The part of a transaction that the log needs. */
interface Reader {
  readonly snapshot: bigint
}

export class CommitLog {
  readonly #open = new Set<Reader>()
  /**
   * The number of open transactions for each snapshot. Its first key is the oldest snapshot,
   * because a new snapshot is always newer than all others.
   */
  readonly #snapshots = new Map<bigint, number>()
  #commits: Commit[] = []

  open(transaction: Reader): void {
    const { snapshot } = transaction
    this.#open.add(transaction)
    this.#snapshots.set(snapshot, (this.#snapshots.get(snapshot) ?? 0) + 1)
  }

  close(transaction: Reader): void {
    if (!this.#open.delete(transaction))
      return
    const { snapshot } = transaction
    const others = this.#snapshots.get(snapshot)! - 1
    if (others > 0) {
      this.#snapshots.set(snapshot, others)
    }
    else {
      this.#snapshots.delete(snapshot)
      this.#forget()
    }
  }

  isOpen(transaction: Reader): boolean {
    return this.#open.has(transaction)
  }

  add(commit: Commit): void {
    if (this.#open.size > 0)
      this.#commits.push(commit)
  }

  /** The commits after a timestamp, the oldest first. */
  since(timestamp: bigint): readonly Commit[] {
    const first = this.#commits.findLastIndex(commit => commit.timestamp <= timestamp) + 1
    if (first === 0)
      return this.#commits
    return this.#commits.slice(first)
  }

  /** The number of kept commits. */
  get size(): number {
    return this.#commits.length
  }

  #forget(): void {
    const [oldest] = this.#snapshots.keys()
    if (oldest === undefined)
      this.#commits = []
    else if (this.#commits[0] && this.#commits[0].timestamp <= oldest)
      this.#commits = [...this.since(oldest)]
  }
}
