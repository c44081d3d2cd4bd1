/** Opens SQLite databases without the warning that Node's SQLite is experimental. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import process from 'node:process'

export type { DatabaseSync, StatementSync }

/** A database in a file, or in memory if the path is `:memory:`. */
export function openDatabase(path: string): DatabaseSync {
  const { DatabaseSync } = loadSqlite()
  return new DatabaseSync(path)
}

/**
 * Node warns when the module is loaded. A static import would load it before Convue's own code
 * runs, so it is loaded here, while this one warning is suppressed.
 */
function loadSqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const isAboutSqlite = rest[0] === 'ExperimentalWarning' && String(warning).includes('SQLite')
    if (!isAboutSqlite)
      Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return process.getBuiltinModule('node:sqlite')
  }
  finally {
    process.emitWarning = emitWarning
  }
}
