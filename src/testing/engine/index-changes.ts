/** Changes the indexes of a table to the indexes that a schema declares. */
import type { Store } from './store.ts'
import type { IndexDefinition, TableRegistry } from './table-registry.ts'
import type { IndexInfo, Interval, TableInfo } from './types.ts'
import { documentKey } from './index-key.ts'
import { restAfter } from './snapshot-view.ts'
import { rowOf } from './store.ts'

/**
 * The number of documents in one read. A larger number would be faster, but each document may be as
 * large as 1 MB.
 */
const BATCH = 64

/** Returns whether anything has changed. The caller has opened a transaction of SQLite. */
export function changeIndexes(
  { registry, store }: { registry: TableRegistry, store: Store },
  table: TableInfo,
  definitions: readonly IndexDefinition[],
): boolean {
  const { removed, added } = registry.indexChanges(table, definitions)
  for (const index of removed) {
    store.clear(index)
    registry.removeIndex(table, index)
  }
  const indexes = added.map(({ name, fields }) => registry.addIndex(table, name, fields))
  if (indexes.length > 0)
    fill(store, table, indexes)
  return removed.length > 0 || added.length > 0
}

function fill(store: Store, table: TableInfo, indexes: readonly IndexInfo[]): void {
  const byId = table.indexes.get('by_id')!
  let rest: Interval = { start: new Uint8Array(), end: null }
  for (;;) {
    const rows = store.rows(byId, rest, 'asc', BATCH)
    for (const { document } of rows) {
      for (const index of indexes)
        store.insertEntry(index.id, documentKey(index, document.id, document.value), rowOf(document))
    }
    if (rows.length < BATCH)
      return
    rest = restAfter(rest, rows.at(-1)!.key, 'asc')
  }
}
