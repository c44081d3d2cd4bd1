/** Opens the database of a deployment: in memory, or in a folder that only one process may use. */
import type { DatabaseSync } from './sqlite.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from './sqlite.ts'

const FILE = 'deployment.sqlite'
/** The version of the table format. Increased by a release that cannot use the previous tables. */
const FORMAT = 1

/** Another process uses the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'

  constructor(folder: string, cause: unknown) {
    super(`Another deployment uses the folder ${folder}`, { cause })
  }
}

/** The folder was written by a version with another format. */
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
    // The cache of pages has 16 MiB, and the log is merged when it has 16 MiB: inserting many
    // documents is a third faster.
    database.exec('PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4096')
    // SQLite takes the lock only with the first transaction, so an empty one is run at once.
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    checkFormat(database, folder)
  }
  catch (error) {
    database.close()
    throw String(error).includes('locked') ? new FolderInUseError(folder, error) : error
  }
  return database
}

function checkFormat(database: DatabaseSync, folder: string): void {
  const { user_version: format } = database.prepare('PRAGMA user_version').get()!
  if (format === 0)
    database.exec(`PRAGMA user_version = ${FORMAT}`)
  else if (format !== FORMAT)
    throw new FolderFormatError(folder)
}

/** Runs a function in a transaction of SQLite, which is undone if the function throws. */
export function inTransaction<T>(database: DatabaseSync, body: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = body()
    database.exec('COMMIT')
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
