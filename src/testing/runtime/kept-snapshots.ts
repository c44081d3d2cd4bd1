/** Keeps the snapshots of the timestamps that clients have requested, for their later reads. */
import type { Data, Snapshot } from './data.ts'

/**
 * The time for which the data of a timestamp is kept. Convex keeps it for minutes, but clients
 * read it immediately.
 */
const KEPT_MS = 30_000
/** The greatest number of snapshots, since all commits after the oldest snapshot need memory. */
const MAX_SNAPSHOTS = 100

export class KeptSnapshots {
  readonly #data: Data
  readonly #snapshots = new Map<bigint, { snapshot: Snapshot, timer: ReturnType<typeof setTimeout> }>()

  constructor(data: Data) {
    this.#data = data
  }

  /** Keeps the newest data, and returns its timestamp. */
  keep(): bigint {
    const snapshot = this.#data.openSnapshot()
    const { ts } = snapshot
    this.#release(ts)
    this.#snapshots.set(ts, { snapshot, timer: setTimeout(() => this.#release(ts), KEPT_MS) })
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshots.size <= MAX_SNAPSHOTS)
        break
      this.#release(oldest)
    }
    return ts
  }

  /** The data of a timestamp, or `undefined` if the data is not kept. */
  find(ts: bigint): Snapshot | undefined {
    return this.#snapshots.get(ts)?.snapshot
  }

  clear(): void {
    for (const ts of [...this.#snapshots.keys()])
      this.#release(ts)
  }

  #release(ts: bigint): void {
    const kept = this.#snapshots.get(ts)
    if (!kept)
      return
    this.#snapshots.delete(ts)
    clearTimeout(kept.timer)
    kept.snapshot.release()
  }
}
