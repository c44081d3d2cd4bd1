/** The database of a deployment: begins transactions, validates and commits them. */
import type { Answer } from './answers.ts'
import type { DatabaseSync } from './sqlite.ts'
import type { Subscription } from './subscriptions.ts'
import type { IndexDefinition } from './table-registry.ts'
import type { TableInfo } from './types.ts'
import type { Write } from './write.ts'
import { Answers } from './answers.ts'
import { Clock } from './clock.ts'
import { CommitLog } from './commit-log.ts'
import { resolveTimestamp } from './commit-timestamp.ts'
import { ConflictError } from './conflict-error.ts'
import { inTransaction, openDeploymentDatabase } from './database.ts'
import { Files } from './files.ts'
import { changeIndexes } from './index-changes.ts'
import { SnapshotView } from './snapshot-view.ts'
import { Store } from './store.ts'
import { Subscriptions } from './subscriptions.ts'
import { TableContents } from './table-contents.ts'
import { TableRegistry } from './table-registry.ts'
import { EngineTransaction } from './transaction.ts'

export interface EngineOptions {
  /** The folder that keeps the data. @default the data is in memory */
  folder?: string
  /** The time in milliseconds since 1970. @default Date.now */
  now?: () => number
}

/** Further changes that a commit saves. */
export interface CommitExtras {
  answer?: Answer
  /** The keys of files to which no document refers any more. */
  deletedFiles?: readonly string[]
}

/** The indexes of each table of a component, by the table's name. */
export type IndexDefinitions = Readonly<Record<string, readonly IndexDefinition[]>>

export class Engine {
  readonly files: Files
  readonly answers: Answers
  readonly #database: DatabaseSync
  readonly #store: Store
  readonly #registry: TableRegistry
  readonly #clock: Clock
  readonly #log = new CommitLog()
  readonly #subscriptions = new Subscriptions()
  /** Changes when indexes change. Transactions that began before the change cannot continue. */
  #schemaVersion = 0

  private constructor(database: DatabaseSync, now: () => number) {
    this.#database = database
    this.#clock = new Clock(database, now)
    this.#registry = new TableRegistry(database)
    this.#store = new Store(database)
    this.files = new Files(database)
    this.answers = new Answers(database)
  }

  static open({ folder, now = Date.now }: EngineOptions = {}): Engine {
    return new Engine(openDeploymentDatabase(folder), now)
  }

  close(): void {
    this.#database.close()
  }

  /** The timestamp of the last commit. */
  get timestamp(): bigint {
    return this.#clock.timestamp
  }

  /** The number of commits that are kept in memory, because open transactions began before them. */
  get keptCommits(): number {
    return this.#log.size
  }

  get tables(): TableInfo[] {
    return this.#registry.tables
  }

  /**
   * The table of a component. It is added if it does not exist, even if only a query uses it: the
   * read set of the query has to contain an index of the table, so that the first insert affects
   * it.
   */
  table(component: string, name: string): TableInfo {
    return this.#registry.find(component, name)
      ?? inTransaction(this.#database, () => this.#registry.addTable(component, name))
  }

  tableByNumber(number: number): TableInfo | undefined {
    return this.#registry.byNumber(number)
  }

  /**
   * Changes the indexes of a component to those that its schema declares: fills new ones, and
   * removes those that the schema does not declare. All subscriptions are called if an index has
   * changed.
   */
  defineIndexes(component: string, definitions: IndexDefinitions): void {
    for (const name of Object.keys(definitions))
      this.table(component, name)
    const tables = this.tables.filter(table => table.component === component)
    try {
      const changed = inTransaction(this.#database, () => tables.filter(table =>
        changeIndexes({ registry: this.#registry, store: this.#store }, table, definitions[table.name] ?? [])))
      if (changed.length > 0)
        this.#invalidateAll()
    }
    catch (error) {
      this.#registry.reload()
      throw error
    }
  }

  /**
   * Changes the contents of tables in one commit. If `change` throws, nothing has changed. Open
   * transactions cannot continue, and all subscriptions are called once.
   */
  replaceContents<Result>(change: (contents: TableContents) => Result): Result {
    const context = { registry: this.#registry, store: this.#store, files: this.files, clock: this.#clock }
    try {
      const result = inTransaction(this.#database, () => change(new TableContents(context)))
      this.#invalidateAll()
      return result
    }
    catch (error) {
      this.#registry.reload()
      throw error
    }
  }

  /** Deletes all documents, files and saved results of mutations. Tables keep their numbers. */
  wipe(): void {
    inTransaction(this.#database, () => {
      this.#registry.tables.forEach(table => this.#store.clearTable(table))
      this.files.clear()
      this.answers.clear()
    })
    this.#invalidateAll()
  }

  /**
   * Begins a transaction that sees all commits so far, or the same data as `other`, which must be
   * open. The caller must pass the transaction to `commit`, `subscribe` or `end`.
   */
  begin(other?: EngineTransaction): EngineTransaction {
    other?.check()
    const snapshot = other?.snapshot ?? this.#clock.timestamp
    const transaction: EngineTransaction = new EngineTransaction({
      registry: this.#registry,
      clock: this.#clock,
      snapshot,
      view: other?.view ?? new SnapshotView(this.#store, this.#log, snapshot),
      schemaVersion: this.#schemaVersion,
      check: () => this.#check(transaction),
    })
    this.#log.open(transaction)
    return transaction
  }

  /** Ends a transaction and discards its writes. */
  end(transaction: EngineTransaction): void {
    this.#log.close(transaction)
  }

  /**
   * Commits a transaction and returns the timestamp. When it returns, the commit is durable and the
   * affected subscriptions have been called.
   *
   * @throws {ConflictError} if another commit has changed data that the transaction read. Then the
   * transaction has ended, too.
   */
  commit(transaction: EngineTransaction, extras: CommitExtras = {}): bigint {
    try {
      transaction.check()
      const { writes } = transaction.buffer
      if (writes.length === 0 && Object.keys(extras).length === 0)
        return transaction.snapshot
      this.#validate(transaction)
      return this.#write(transaction, writes, extras)
    }
    finally {
      this.end(transaction)
    }
  }

  /**
   * Ends a transaction and calls `onChange` once, when a commit changes data that it has read.
   * Returns a function that unsubscribes. If such a commit has happened since the beginning of the
   * transaction, this method calls `onChange` itself, with the timestamp of the first such commit.
   */
  subscribe(transaction: EngineTransaction, onChange: (timestamp: bigint) => void): () => void {
    const subscription: Subscription = { reads: transaction.reads, onChange }
    const changedAt = transaction.schemaVersion === this.#schemaVersion
      ? this.#conflict(transaction)?.timestamp
      : transaction.snapshot + 1n
    this.end(transaction)
    if (changedAt === undefined)
      this.#subscriptions.add(subscription)
    else
      onChange(changedAt)
    return () => this.#subscriptions.delete(subscription)
  }

  /** Returns whether a commit has changed data that an open transaction has read. */
  isStale(transaction: EngineTransaction): boolean {
    return transaction.schemaVersion !== this.#schemaVersion || this.#conflict(transaction) !== undefined
  }

  #check(transaction: EngineTransaction): void {
    if (!this.#log.isOpen(transaction))
      throw new Error('The transaction has ended.')
    if (transaction.schemaVersion !== this.#schemaVersion)
      throw new ConflictError()
  }

  #validate(transaction: EngineTransaction): void {
    const conflict = this.#conflict(transaction)
    if (conflict)
      throw new ConflictError(conflict.write.table, conflict.write.id)
  }

  /**
   * The first write, committed after a transaction has begun, that changes something which the
   * transaction has read.
   */
  #conflict({ snapshot, reads }: EngineTransaction): { write: Write, timestamp: bigint } | undefined {
    for (const { timestamp, writes } of this.#log.since(snapshot)) {
      const write = writes.find(write => reads.isAffectedBy(write))
      if (write)
        return { write, timestamp }
    }
    return undefined
  }

  #write(transaction: EngineTransaction, buffered: readonly Write[], extras: CommitExtras): bigint {
    const timestamp = this.#clock.nextTimestamp()
    const writes = buffered.map(write => resolveTimestamp(write, timestamp))
    inTransaction(this.#database, () => {
      writes.forEach(write => this.#store.apply(write))
      this.#saveExtras(extras, timestamp)
      this.#clock.save(timestamp)
    })
    this.#clock.advance(timestamp)
    this.end(transaction)
    this.#log.add({ timestamp, writes })
    this.#subscriptions.publish(timestamp, this.#subscriptions.affectedBy(writes))
    return timestamp
  }

  #saveExtras({ answer, deletedFiles = [] }: CommitExtras, timestamp: bigint): void {
    if (answer)
      this.answers.save(answer, timestamp)
    deletedFiles.forEach(key => this.files.delete(key))
  }

  #invalidateAll(): void {
    this.#schemaVersion++
    const timestamp = this.#clock.nextTimestamp()
    this.#clock.save(timestamp)
    this.#clock.advance(timestamp)
    this.#subscriptions.publishAll(timestamp)
  }
}
