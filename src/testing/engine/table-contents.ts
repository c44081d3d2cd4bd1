/** Replaces the contents of tables, as an import does, in one change that is visible as a whole. */
import type { Clock } from './clock.ts'
import type { Files } from './files.ts'
import type { Store } from './store.ts'
import type { TableRegistry } from './table-registry.ts'
import type { DocumentValue, Interval, StoredDocument, TableInfo } from './types.ts'
import { decodeId, encodeId, newIdBytes } from './ids.ts'
import { encodeKey } from './index-key.ts'
import { Revision } from './revision.ts'
import { restAfter } from './snapshot-view.ts'
import { newWrite } from './write.ts'

/** The number of documents in one read, which is small since a document may have a megabyte. */
const BATCH = 64

/** The parts of the engine that the change needs. */
export interface ContentsContext {
  registry: TableRegistry
  store: Store
  files: Files
  clock: Clock
}

/** The tables during the change. The engine has opened a transaction of SQLite. */
export class TableContents {
  readonly #context: ContentsContext
  readonly #beginTime: number

  constructor(context: ContentsContext) {
    this.#context = context
    this.#beginTime = context.clock.now()
  }

  /** The table of a component. It is added if it does not exist. */
  table(component: string, name: string): TableInfo {
    const { registry } = this.#context
    return registry.find(component, name) ?? registry.addTable(component, name)
  }

  /** All documents of a table. */
  * documents(table: TableInfo): Generator<StoredDocument, void> {
    const byId = table.indexes.get('by_id')!
    let rest: Interval = { start: new Uint8Array(), end: null }
    for (;;) {
      const rows = this.#context.store.rows(byId, rest, 'asc', BATCH)
      for (const { document } of rows)
        yield document
      if (rows.length < BATCH)
        return
      rest = restAfter(rest, rows.at(-1)!.key, 'asc')
    }
  }

  isEmpty(table: TableInfo): boolean {
    return this.documents(table).next().done === true
  }

  /** Deletes all documents of a table. */
  clear(table: TableInfo): void {
    this.#context.store.clearTable(table)
  }

  /**
   * Changes the number of a table, which the ids of its documents contain. If another table has
   * this number, that table receives another one. Both tables must be empty.
   */
  renumber(table: TableInfo, number: number): void {
    this.#context.registry.renumber(table, number)
  }

  /** The table that has a number. */
  byNumber(number: number): TableInfo | undefined {
    return this.#context.registry.byNumber(number)
  }

  /**
   * Writes a document, with its id and its time of creation if it has them. Returns the document
   * that had the id before.
   */
  put(table: TableInfo, { _id, _creationTime, ...fields }: DocumentValue): StoredDocument | null {
    const { store, clock } = this.#context
    const creationTime = (_creationTime as number | undefined) ?? clock.nextCreationTime(this.#beginTime)
    const id = (_id as string | undefined) ?? encodeId(table.number, newIdBytes(creationTime))
    if (decodeId(id)?.table !== table.number)
      throw new Error(`"${id}" is not an id of the table ${table.name}.`)
    const before = store.document(table.indexes.get('by_id')!, encodeKey([id]))
    const after = Revision.of(id, table.number, { ...fields, _id: id, _creationTime: creationTime })
    store.apply(newWrite(table, id, before, after))
    return before
  }

  /** Deletes the content of a file to which no document refers any more. */
  deleteFile(key: string): void {
    this.#context.files.delete(key)
  }
}
