/** The newest revision of each committed document, and the entries of all indexes, in SQLite. */
import type { DatabaseSync, StatementSync } from './sqlite.ts'
import type { IndexInfo, Interval, Key, Order, Row, StoredDocument, TableInfo } from './types.ts'
import type { Write } from './write.ts'
import { Buffer } from 'node:buffer'
import { Revision } from './revision.ts'

/**
 * An index entry contains the row number of its document. So reading a document by an index takes
 * two look-ups in trees, and a write that does not change the indexed fields does not change the
 * entry. The table of entries has no row ids: its tree is ordered by index and key.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS documents (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    json TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS entries (
    index_id INTEGER NOT NULL,
    key BLOB NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (index_id, key)
  ) WITHOUT ROWID;
`

/** Sorts after all keys, since no value begins with this byte. */
const END = Uint8Array.of(0xFF)

/** `CROSS JOIN` makes SQLite read the entries first, in order. */
const ROWS = `
  SELECT key, row, id, json FROM entries CROSS JOIN documents ON row = document
  WHERE index_id = ? AND key >= ? AND key < ?`

/**
 * Without the sign `+`, SQLite would compile the statement again for each value of the limit, which
 * takes twice as long as reading a row.
 *
 * @see https://sqlite.org/c3ref/prepare.html
 */
const LIMIT = 'LIMIT +?'

interface StoredRow {
  key: Key
  row: number
  id: string
  json: string
}

export class Store {
  readonly #document: StatementSync
  readonly #rows: Record<Order, StatementSync>
  readonly #insertDocument: StatementSync
  readonly #updateDocument: StatementSync
  readonly #deleteDocument: StatementSync
  readonly #insertEntry: StatementSync
  readonly #deleteEntry: StatementSync
  readonly #clearIndex: StatementSync
  readonly #clearDocuments: StatementSync

  constructor(database: DatabaseSync) {
    database.exec(SCHEMA)
    this.#document = database.prepare(`
      SELECT row, id, json FROM entries CROSS JOIN documents ON row = document WHERE index_id = ? AND key = ?`)
    this.#rows = {
      asc: database.prepare(`${ROWS} ORDER BY key ${LIMIT}`),
      desc: database.prepare(`${ROWS} ORDER BY key DESC ${LIMIT}`),
    }
    this.#insertDocument = database.prepare('INSERT INTO documents (id, json) VALUES (?, ?)')
    this.#updateDocument = database.prepare('UPDATE documents SET json = ? WHERE row = ?')
    this.#deleteDocument = database.prepare('DELETE FROM documents WHERE row = ?')
    this.#insertEntry = database.prepare('INSERT INTO entries (index_id, key, document) VALUES (?, ?, ?)')
    this.#deleteEntry = database.prepare('DELETE FROM entries WHERE index_id = ? AND key = ?')
    this.#clearIndex = database.prepare('DELETE FROM entries WHERE index_id = ?')
    this.#clearDocuments = database.prepare(
      'DELETE FROM documents WHERE row IN (SELECT document FROM entries WHERE index_id = ?)',
    )
  }

  /** The document at a position of an index. */
  document(index: IndexInfo, key: Key): StoredDocument | null {
    const stored = this.#document.get(index.id, key) as Omit<StoredRow, 'key'> | undefined
    if (stored)
      return new Revision(stored.id, index.table, stored.json, stored.row)
    return null
  }

  /** The first rows of an interval. */
  rows(index: IndexInfo, { start, end }: Interval, order: Order, limit: number): Row[] {
    const stored = this.#rows[order].all(index.id, start, end ?? END, limit) as unknown as StoredRow[]
    return stored.map(({ key, row, id, json }) => ({ key, document: new Revision(id, index.table, json, row) }))
  }

  /** Applies a write. The caller has opened a transaction of SQLite. */
  apply({ before, after, indexes, keysBefore, keysAfter }: Write): void {
    const row = this.#applyDocument(before, after)
    indexes.forEach((index, position) => {
      const keyBefore = keysBefore[position]
      const keyAfter = keysAfter[position]
      if (keyBefore && keyAfter && Buffer.compare(keyBefore, keyAfter) === 0)
        return
      if (keyBefore)
        this.#deleteEntry.run(index.id, keyBefore)
      if (keyAfter)
        this.insertEntry(index.id, keyAfter, row)
    })
  }

  insertEntry(index: number, key: Key, row: number): void {
    this.#insertEntry.run(index, key, row)
  }

  /** Removes all entries of an index. */
  clear(index: IndexInfo): void {
    this.#clearIndex.run(index.id)
  }

  /** Removes all documents of a table, and their entries. */
  clearTable({ indexes }: TableInfo): void {
    this.#clearDocuments.run(indexes.get('by_id')!.id)
    indexes.forEach(index => this.clear(index))
  }

  #applyDocument(before: StoredDocument | null, after: StoredDocument | null): number {
    if (!before)
      return Number(this.#insertDocument.run(after!.id, after!.json).lastInsertRowid)
    const row = rowOf(before)
    if (after)
      this.#updateDocument.run(after.json, row)
    else
      this.#deleteDocument.run(row)
    return row
  }
}

/** The row number of a committed document. */
export function rowOf(document: StoredDocument): number {
  return (document as Revision).row!
}
