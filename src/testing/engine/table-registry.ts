/** The tables and the indexes of a database, and their numbers. */
import type { DatabaseSync, StatementSync } from './sqlite.ts'
import type { IndexInfo, TableInfo } from './types.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tables (
    number INTEGER PRIMARY KEY,
    component TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (component, name)
  );
  CREATE TABLE IF NOT EXISTS indexes (
    id INTEGER PRIMARY KEY,
    table_number INTEGER NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    UNIQUE (table_number, name)
  );
`

/**
 * The number of an app's first table, as in Convex. With it, the ids of documents have 32
 * characters.
 */
const FIRST_TABLE_NUMBER = 10_001

/** An index as a schema declares it. */
export interface IndexDefinition {
  name: string
  /** The fields without `_creationTime`, which is added as the last field. */
  fields: readonly string[]
}

/** The indexes of every table. */
const SYSTEM_INDEXES: Readonly<Record<string, readonly string[]>> = {
  by_id: ['_id'],
  by_creation_time: ['_creationTime'],
}

export class TableRegistry {
  readonly #byNumber = new Map<number, TableInfo>()
  readonly #byName = new Map<string, TableInfo>()
  readonly #selectTables: StatementSync
  readonly #selectIndexes: StatementSync
  readonly #insertTable: StatementSync
  readonly #insertIndex: StatementSync
  readonly #deleteIndex: StatementSync
  readonly #updateNumber: StatementSync
  readonly #updateIndexes: StatementSync

  constructor(database: DatabaseSync) {
    database.exec(SCHEMA)
    this.#selectTables = database.prepare('SELECT * FROM tables')
    this.#selectIndexes = database.prepare('SELECT * FROM indexes ORDER BY id')
    this.#insertTable = database.prepare('INSERT INTO tables (number, component, name) VALUES (?, ?, ?)')
    this.#insertIndex = database.prepare('INSERT INTO indexes (table_number, name, fields) VALUES (?, ?, ?)')
    this.#updateNumber = database.prepare('UPDATE tables SET number = ? WHERE number = ?')
    this.#updateIndexes = database.prepare('UPDATE indexes SET table_number = ? WHERE table_number = ?')
    this.#deleteIndex = database.prepare('DELETE FROM indexes WHERE id = ?')
    this.reload()
  }

  /** Reads the tables and the indexes from the database again, after a change has failed. */
  reload(): void {
    const known = new Map(this.#byName)
    this.#byName.clear()
    this.#byNumber.clear()
    for (const { number, component, name } of this.#selectTables.all() as unknown as Omit<TableInfo, 'indexes'>[]) {
      const table = known.get(nameKey(component, name)) ?? { number, component, name, indexes: new Map() }
      table.number = number
      table.indexes.clear()
      this.#add(table)
    }
    for (const { id, table_number, name, fields } of this.#selectIndexes.all()) {
      const table = this.#byNumber.get(table_number as number)!
      const index = { id, table: table.number, name, fields: JSON.parse(fields as string) } as IndexInfo
      table.indexes.set(index.name, index)
    }
  }

  /** All tables, in the order of their numbers. */
  get tables(): TableInfo[] {
    return [...this.#byNumber.values()].sort((a, b) => a.number - b.number)
  }

  byNumber(number: number): TableInfo | undefined {
    return this.#byNumber.get(number)
  }

  find(component: string, name: string): TableInfo | undefined {
    return this.#byName.get(nameKey(component, name))
  }

  addTable(component: string, name: string): TableInfo {
    const number = Math.max(FIRST_TABLE_NUMBER - 1, ...this.#byNumber.keys()) + 1
    this.#insertTable.run(number, component, name)
    const table: TableInfo = { number, component, name, indexes: new Map() }
    for (const [index, fields] of Object.entries(SYSTEM_INDEXES))
      this.addIndex(table, index, fields)
    this.#add(table)
    return table
  }

  /**
   * Changes the number of a table without documents. If another table has this number, that table
   * receives another one.
   */
  renumber(table: TableInfo, number: number): void {
    const occupant = this.#byNumber.get(number)
    if (occupant)
      this.#move(occupant, Math.max(...this.#byNumber.keys()) + 1)
    this.#move(table, number)
  }

  #move(table: TableInfo, number: number): void {
    this.#updateNumber.run(number, table.number)
    this.#updateIndexes.run(number, table.number)
    this.#byNumber.delete(table.number)
    table.number = number
    for (const index of table.indexes.values())
      index.table = number
    this.#byNumber.set(number, table)
  }

  /** Adds an index without entries. */
  addIndex(table: TableInfo, name: string, fields: readonly string[]): IndexInfo {
    const id = Number(this.#insertIndex.run(table.number, name, JSON.stringify(fields)).lastInsertRowid)
    const index: IndexInfo = { id, table: table.number, name, fields }
    table.indexes.set(name, index)
    return index
  }

  removeIndex(table: TableInfo, index: IndexInfo): void {
    this.#deleteIndex.run(index.id)
    table.indexes.delete(index.name)
  }

  /**
   * The indexes to remove from a table and to add to it, so that it has the declared indexes. An
   * index whose fields have changed is removed and added.
   */
  indexChanges(table: TableInfo, definitions: readonly IndexDefinition[]): IndexChanges {
    const wanted = new Map(definitions.map(({ name, fields }) => [name, [...fields, '_creationTime']]))
    const isWanted = (index: IndexInfo): boolean =>
      index.name in SYSTEM_INDEXES || wanted.get(index.name)?.join() === index.fields.join()
    const removed = [...table.indexes.values()].filter(index => !isWanted(index))
    const added = [...wanted]
      .map(([name, fields]) => ({ name, fields }))
      .filter(({ name }) => !table.indexes.has(name) || removed.some(index => index.name === name))
    return { removed, added }
  }

  #add(table: TableInfo): void {
    this.#byNumber.set(table.number, table)
    this.#byName.set(nameKey(table.component, table.name), table)
  }
}

export interface IndexChanges {
  removed: IndexInfo[]
  /** The fields of each added index end with `_creationTime`. */
  added: IndexDefinition[]
}

function nameKey(component: string, name: string): string {
  return `${component}\n${name}`
}
