/** The timestamps of commits and the creation times of documents. Both always increase. */
import type { DatabaseSync, StatementSync } from './sqlite.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS clock (timestamp INTEGER NOT NULL, creation_time REAL NOT NULL);
  INSERT INTO clock SELECT 0, 0 WHERE NOT EXISTS (SELECT * FROM clock);
`
const NS_PER_MS = 1_000_000n

const float = new Float64Array(1)
const bits = new BigInt64Array(float.buffer)

export class Clock {
  /** The timestamp of the last commit, in nanoseconds since 1970. */
  #timestamp: bigint
  #creationTime: number
  readonly #save: StatementSync
  /** Returns milliseconds since 1970. */
  readonly now: () => number

  constructor(database: DatabaseSync, now: () => number) {
    this.now = now
    database.exec(SCHEMA)
    const select = database.prepare('SELECT timestamp, creation_time FROM clock')
    select.setReadBigInts(true)
    const saved = select.get()!
    this.#timestamp = saved.timestamp as bigint
    this.#creationTime = saved.creation_time as number
    this.#save = database.prepare('UPDATE clock SET timestamp = ?, creation_time = ?')
    if (this.#timestamp === 0n)
      this.#timestamp = this.nextTimestamp()
  }

  get timestamp(): bigint {
    return this.#timestamp
  }

  /**
   * A timestamp for a commit, later than all previous ones, even if the system time was set back.
   */
  nextTimestamp(): bigint {
    const now = BigInt(Math.floor(this.now())) * NS_PER_MS
    const next = this.#timestamp + 1n
    return now > next ? now : next
  }

  /** Saves the timestamp of a commit in the commit's own transaction of SQLite. */
  save(timestamp: bigint): void {
    this.#save.run(timestamp, this.#creationTime)
  }

  /** Must be called when the commit with this timestamp is durable. */
  advance(timestamp: bigint): void {
    this.#timestamp = timestamp
  }

  /**
   * The creation time of the next document: the time at which its transaction began, or, if the
   * previous creation time is not earlier, the next greater float. So the creation times sort in
   * the order of insertion.
   */
  nextCreationTime(beginTime: number): number {
    this.#creationTime = beginTime > this.#creationTime ? beginTime : nextFloat(this.#creationTime)
    return this.#creationTime
  }
}

/** The least float that is greater than `value`, which has to be positive. */
function nextFloat(value: number): number {
  float[0] = value
  bits[0]! += 1n
  return float[0]
}
