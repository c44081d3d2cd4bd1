/** Schemas as `convex/server` exports them, and the check of documents against them. */
import type { Value } from 'convex/values'
import type { DocumentValue } from './types.ts'
import type { ValidatorJSON } from './validator-json.ts'
import type { TableOfId } from './validator.ts'
import { DeveloperError } from './developer-error.ts'
import { findViolation } from './validator.ts'

/** The JSON that `SchemaDefinition.export()` returns. */
export interface SchemaJSON {
  tables: TableJSON[]
  schemaValidation: boolean
}

export interface TableJSON {
  tableName: string
  indexes: IndexJSON[]
  stagedDbIndexes?: IndexJSON[]
  searchIndexes?: SearchIndexJSON[]
  stagedSearchIndexes?: SearchIndexJSON[]
  vectorIndexes?: VectorIndexJSON[]
  stagedVectorIndexes?: VectorIndexJSON[]
  documentType?: ValidatorJSON | null
}

export interface IndexJSON {
  indexDescriptor: string
  fields: string[]
}

export interface SearchIndexJSON {
  indexDescriptor: string
  searchField: string
  filterFields: string[]
}

export interface VectorIndexJSON {
  indexDescriptor: string
  vectorField: string
  dimensions: number
  filterFields: string[]
}

/**
 * The indexes of a table, including staged ones: Convex builds a staged index before a later
 * version of the schema enables it.
 */
export function databaseIndexes(table: TableJSON): IndexJSON[] {
  return [...table.indexes, ...table.stagedDbIndexes ?? []]
}

export function searchIndexes(table: TableJSON): SearchIndexJSON[] {
  return [...table.searchIndexes ?? [], ...table.stagedSearchIndexes ?? []]
}

export function vectorIndexes(table: TableJSON): VectorIndexJSON[] {
  return [...table.vectorIndexes ?? [], ...table.stagedVectorIndexes ?? []]
}

/** Checks the documents of one component against its schema. */
export class DocumentSchema {
  readonly #validators = new Map<string, ValidatorJSON>()
  readonly #tableOf: TableOfId

  /**
   * @param schema `null` if the component has no schema. Each document is valid then.
   * @param tableOf Finds the table of an id.
   */
  constructor(schema: SchemaJSON | null, tableOf: TableOfId) {
    this.#tableOf = tableOf
    if (!schema?.schemaValidation)
      return
    for (const { tableName, documentType } of schema.tables) {
      if (documentType)
        this.#validators.set(tableName, withoutSystemFields(documentType))
    }
  }

  /** Refuses a document that a function wants to write. */
  checkWrite(table: string, document: DocumentValue): void {
    const violation = this.#findViolation(table, document)
    if (violation !== null) {
      throw new DeveloperError(
        'SchemaEnforcementError',
        `Failed to insert or update a document in table "${table}" because it does not match the schema: ${violation}`,
      )
    }
  }

  /** Refuses a new schema if an existing document does not match it. */
  checkExisting(table: string, documents: Iterable<DocumentValue>): void {
    if (!this.#validators.has(table))
      return
    for (const document of documents) {
      const violation = this.#findViolation(table, document)
      if (violation !== null) {
        throw new DeveloperError(
          'SchemaValidationError',
          `Document with ID "${document._id as string}" in table "${table}" does not match the schema: ${violation}`,
        )
      }
    }
  }

  #findViolation(table: string, { _id, _creationTime, ...fields }: DocumentValue): string | null {
    const validator = this.#validators.get(table)
    if (!validator)
      return null
    return findViolation(validator, fields as Record<string, Value>, this.#tableOf)
  }
}

/**
 * Convex checks the system fields of documents itself, so validators of these fields have no
 * effect.
 */
function withoutSystemFields(validator: ValidatorJSON): ValidatorJSON {
  if (validator.type === 'union')
    return { ...validator, value: validator.value.map(withoutSystemFields) }
  if (validator.type !== 'object')
    return validator
  const fields = Object.entries(validator.value).filter(([name]) => !name.startsWith('_'))
  return { ...validator, value: Object.fromEntries(fields) }
}
