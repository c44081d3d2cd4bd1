/** Opens the database of a deployment: in memory, or in a folder that only one process may use. */
import type { DatabaseSync, StatementSync } from './sqlite.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from './sqlite.ts'

const FILE = 'deployment.sqlite'
/** The version of the table format. Increased by a release that cannot use the previous tables. */
const FORMAT = 1

/** @see https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

/** The error if another process uses the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'

  constructor(folder: string, cause: unknown) {
    super(`Another deployment uses the folder ${folder}`, { cause })
  }
}

/** The error if a version with another format has written the folder. */
export class FolderFormatError extends Error {
  override readonly name = 'FolderFormatError'

  constructor(folder: string) {
    super(`The data in the folder ${folder} was written by another version`)
  }
}

export function openDeploymentDatabase(folder: string | undefined): DatabaseSync {
  if (folder === undefined)
    return openDatabase(':memory:')
  mkdirSync(folder, { recursive: true })
  const database = openDatabase(join(folder, FILE))
  try {
    // Two processes would not see each other's commits, so the first one locks the file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    // When a commit returns, the operating system has received its entry in the write-ahead log:
    // the commit survives a crash of the process. The file is synchronized with the disk when the
    // log is merged into it.
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = NORMAL')
    // With a cache of 16 MiB, and a write-ahead log that is merged when it has 16 MiB, inserting
    // many documents is a third faster than with SQLite's defaults.
    database.exec('PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4096')
    // SQLite takes the lock only with the first transaction, so an empty transaction is run first.
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    checkFormat(database, folder)
  }
  catch (error) {
    database.close()
    throw isBusy(error) ? new FolderInUseError(folder, error) : error
  }
  return database
}

/** Another connection has locked the file. The lower byte of `errcode` is SQLite's primary code. */
function isBusy(error: unknown): boolean {
  const { errcode } = error as { errcode?: number }
  return errcode !== undefined && (errcode & 0xFF) === SQLITE_BUSY
}

function checkFormat(database: DatabaseSync, folder: string): void {
  const { user_version: format } = database.prepare('PRAGMA user_version').get()!
  if (format === 0)
    database.exec(`PRAGMA user_version = ${FORMAT}`)
  else if (format !== FORMAT)
    throw new FolderFormatError(folder)
}

/** Prepared statements, which each commit would otherwise parse again. */
const statements = new WeakMap<DatabaseSync, { begin: StatementSync, commit: StatementSync }>()

function statementsOf(database: DatabaseSync): { begin: StatementSync, commit: StatementSync } {
  const known = statements.get(database)
    ?? { begin: database.prepare('BEGIN IMMEDIATE'), commit: database.prepare('COMMIT') }
  statements.set(database, known)
  return known
}

/** Runs a function in a transaction of SQLite, which is undone if the function throws. */
export function inTransaction<T>(database: DatabaseSync, body: () => T): T {
  const { begin, commit } = statementsOf(database)
  begin.run()
  try {
    const result = body()
    commit.run()
    return result
  }
  catch (error) {
    rollback(database)
    throw error
  }
}

/**
 * `ROLLBACK` throws if SQLite has ended the transaction itself, for example if the disk is full.
 */
function rollback(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  }
  catch {}
}
