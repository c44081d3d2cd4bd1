/** The error of a commit if another commit has changed data that the transaction read. */
import type { TableInfo } from './types.ts'

export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  /** The table whose documents have changed, `undefined` if the indexes have changed. */
  readonly table: TableInfo | undefined
  /** The document that has changed. */
  readonly documentId: string | undefined

  constructor(table?: TableInfo, documentId?: string) {
    super(table
      ? `Documents read from or written to the "${table.name}" table changed while this mutation was being run`
      : 'The schema changed while this function was being run')
    this.table = table
    this.documentId = documentId
  }
}
