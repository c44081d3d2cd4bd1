/** Removes the records that Convex keeps for a limited time. */
import type { Data } from './data.ts'
import type { Files } from './files.ts'
import type { Scheduler } from './scheduler.ts'
import { clock } from './clock.ts'

/** The time for which the results of scheduled functions and the answers of mutations are kept. */
const RETENTION_MS = 7 * 24 * 60 * 60 * 1000
const INTERVAL_MS = 60 * 60 * 1000
const NS_PER_MS = 1_000_000n

/** The parts of a deployment that keep such records. */
export interface RetentionHost {
  data: Data
  files: Files
  scheduler: Scheduler
}

/** Removes old records at the start, and then every hour on the deployment's clock. */
export class Retention {
  readonly #host: RetentionHost
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(host: RetentionHost) {
    this.#host = host
  }

  start(): void {
    this.#remove()
    this.#timer = setTimeout(() => this.start(), INTERVAL_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #remove(): void {
    const before = clock.now() - RETENTION_MS
    this.#host.scheduler.removeCompleted(before)
    this.#host.data.engine.answers.deleteBefore(BigInt(Math.floor(before)) * NS_PER_MS)
    this.#host.files.removeExpiredUploads()
  }
}
