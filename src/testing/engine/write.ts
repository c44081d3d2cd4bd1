/** The change of one document by one transaction, with its keys in the indexes of its table. */
import type { IndexInfo, Key, StoredDocument, TableInfo } from './types.ts'
import { documentKey } from './index-key.ts'

export interface Write {
  readonly id: string
  readonly table: TableInfo
  readonly indexes: readonly IndexInfo[]
  /** The document that is replaced or deleted, `null` if this transaction inserts it. */
  readonly before: StoredDocument | null
  /** The new document, `null` if it is deleted. */
  readonly after: StoredDocument | null
  /** The keys of `before` in the order of `indexes`, empty if there is no document. */
  readonly keysBefore: readonly Key[]
  readonly keysAfter: readonly Key[]
}

export function newWrite(
  table: TableInfo,
  id: string,
  before: StoredDocument | null,
  after: StoredDocument | null,
  previous?: Write,
): Write {
  const indexes = previous?.indexes ?? [...table.indexes.values()]
  const keysBefore = previous?.keysBefore ?? keysOf(indexes, before)
  return { id, table, indexes, before, after, keysBefore, keysAfter: keysOf(indexes, after) }
}

function keysOf(indexes: readonly IndexInfo[], document: StoredDocument | null): Key[] {
  if (document)
    return indexes.map(index => documentKey(index, document.id, document.value))
  return []
}
