/** Reads and writes single documents for functions, with all checks and limits of Convex. */
import type { Value } from 'convex/values'
import type { LimitPolicy, Meter } from './limits.ts'
import type { DocumentSchema } from './schema.ts'
import type { DocumentValue, StoredDocument, TableInfo, Transaction } from './types.ts'
import { compareValues } from 'convex/values'
import { DeveloperError } from './developer-error.ts'
import { checkFields } from './document-fields.ts'
import { encodeKey } from './index-key.ts'
import { checkDocument } from './value-limits.ts'

/** The transaction of a function, with the schema and the limits for its documents. */
export interface DocumentContext {
  transaction: Transaction
  /** The schema of the component that owns the table. */
  schema: DocumentSchema
  meter: Meter
  policy: LimitPolicy
}

/**
 * Reads the document with an id. The read counts for the limits even if there is no such document.
 */
export function getDocument(
  { transaction, meter }: Pick<DocumentContext, 'transaction' | 'meter'>,
  id: string,
): StoredDocument | null {
  meter.readRange('by_id', encodeKey([id]))
  const document = transaction.get(id)
  if (document)
    meter.readDocument(document)
  return document
}

/** Inserts a document and returns its id. A refused document changes nothing. */
export function insertDocument(context: DocumentContext, table: TableInfo, fields: DocumentValue): string {
  checkFields(fields, null)
  const size = checkDocument(fields, context.policy)
  context.schema.checkWrite(table.name, fields)
  context.meter.writeDocument(size)
  return context.transaction.insert(table.number, fields)
}

/** Replaces the fields of a document, and returns the new document. */
export function replaceDocument(
  context: DocumentContext,
  table: TableInfo,
  id: string,
  fields: DocumentValue,
): StoredDocument {
  const document = requireDocument(context, id, 'Replace')
  checkFields(fields, document)
  const { _id, _creationTime } = document.value
  return update(context, table, document, { ...fields, _id, _creationTime })
}

/** Changes some fields of a document, and returns the new document. */
export function patchDocument(
  context: DocumentContext,
  table: TableInfo,
  id: string,
  changes: DocumentValue,
): StoredDocument {
  const document = requireDocument(context, id, 'Update')
  checkFields(changes, document)
  const { _id, _creationTime } = document.value
  return update(context, table, document, { ...document.value, ...changes, _id, _creationTime })
}

/** Deletes a document, and returns the deleted document. */
export function deleteDocument(context: DocumentContext, id: string): StoredDocument {
  const document = requireDocument(context, id, 'Delete')
  context.meter.writeDocument(0)
  context.transaction.delete(id)
  return document
}

function update(
  { transaction, schema, meter, policy }: DocumentContext,
  table: TableInfo,
  document: StoredDocument,
  fields: DocumentValue,
): StoredDocument {
  const size = checkDocument(fields, policy)
  // Convex does not write a document whose fields do not change, so no subscription runs again.
  if (compareValues(withoutMissing(fields), document.value as Value) === 0)
    return document
  schema.checkWrite(table.name, fields)
  meter.writeDocument(size)
  transaction.replace(document.id, fields)
  return transaction.get(document.id)!
}

function withoutMissing(fields: DocumentValue): Record<string, Value> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<string, Value>
}

function requireDocument(context: DocumentContext, id: string, operation: string): StoredDocument {
  const document = getDocument(context, id)
  if (!document)
    throw new DeveloperError('NonexistentDocument', `${operation} on nonexistent document ID ${id}`)
  return document
}
