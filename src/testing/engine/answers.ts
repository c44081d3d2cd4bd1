/** The answers to committed mutations. After a reconnect, a client may send a mutation again. */
import type { DatabaseSync, StatementSync } from './sqlite.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    request INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    answer TEXT NOT NULL,
    UNIQUE (session, request)
  );
`
/** The greatest number of kept answers. Without it, the answers would need more and more space. */
const KEPT_ANSWERS = 10_000

/** The answer to a mutation. It is saved by the commit of the mutation. */
export interface Answer {
  /** The session id that the client sent when it connected. */
  session: string
  /** The number of the request in the session. */
  request: number
  /** The result as JSON. */
  answer: string
}

export class Answers {
  readonly #database: DatabaseSync
  readonly #select: StatementSync
  readonly #insert: StatementSync
  readonly #forget: StatementSync
  readonly #deleteBefore: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec(SCHEMA)
    this.#select = database.prepare('SELECT timestamp, answer FROM answers WHERE session = ? AND request = ?')
    this.#select.setReadBigInts(true)
    this.#insert = database.prepare(
      'INSERT OR REPLACE INTO answers (session, request, timestamp, answer) VALUES (?, ?, ?, ?)',
    )
    this.#forget = database.prepare('DELETE FROM answers WHERE number <= ?')
    this.#deleteBefore = database.prepare('DELETE FROM answers WHERE timestamp < ?')
  }

  /** The answer to a mutation that was committed, and the timestamp of its commit. */
  find(session: string, request: number): { answer: string, timestamp: bigint } | undefined {
    return this.#select.get(session, request) as { answer: string, timestamp: bigint } | undefined
  }

  /** Deletes the answers of commits before a timestamp. */
  deleteBefore(timestamp: bigint): void {
    this.#deleteBefore.run(timestamp)
  }

  clear(): void {
    this.#database.exec('DELETE FROM answers')
  }

  /** Saves an answer. The caller has opened a transaction of SQLite. */
  save({ session, request, answer }: Answer, timestamp: bigint): void {
    const { lastInsertRowid } = this.#insert.run(session, request, timestamp, answer)
    this.#forget.run(Number(lastInsertRowid) - KEPT_ANSWERS)
  }
}
