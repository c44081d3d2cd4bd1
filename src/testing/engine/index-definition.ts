/** Checks the index definitions of a table when its schema is loaded. */
import type { IndexJSON, SearchIndexJSON, TableJSON, VectorIndexJSON } from './schema.ts'
import { DeveloperError } from './developer-error.ts'
import { isFieldPath, isIdentifier } from './identifiers.ts'
import { databaseIndexes, searchIndexes, vectorIndexes } from './schema.ts'

const MAX_INDEXES = 64
const MAX_INDEX_FIELDS = 16
const MAX_FILTER_FIELDS = 16
const MIN_DIMENSIONS = 2
const MAX_DIMENSIONS = 4096
const RESERVED_NAMES = ['by_id', 'by_creation_time']

/** Refuses the indexes that Convex would not accept, with Convex's error codes. */
export function checkIndexDefinitions(table: TableJSON): void {
  const { tableName } = table
  const [database, search, vector] = [databaseIndexes(table), searchIndexes(table), vectorIndexes(table)]
  checkNames(tableName, [...database, ...search, ...vector].map(({ indexDescriptor }) => indexDescriptor))
  for (const index of database)
    checkDatabaseIndex(tableName, index)
  for (const index of search)
    checkSearchIndex(tableName, index)
  for (const index of vector)
    checkVectorIndex(tableName, index)
  const inTable = `In table "${tableName}"`
  refuseEqual(database, ({ fields }) => fields, (one, other) => refuse(
    'IndexNotUnique',
    `${inTable} index "${one}" and index "${other}" have the same fields.`,
  ))
  refuseEqual(search, ({ searchField, filterFields }) => [searchField, filterFields.toSorted()], (one, other) => refuse(
    'SearchIndexFieldNotUnique',
    `${inTable} search index "${one}" and search index "${other}" have the same \`searchField\`.`,
  ))
  refuseEqual(vector, ({ vectorField, dimensions }) => [vectorField, dimensions], (one, other) => refuse(
    'VectorIndexFieldNotUnique',
    `${inTable} vector index "${one}" and vector index "${other}" have the same \`vectorField\`.`,
  ))
}

function checkNames(table: string, names: string[]): void {
  if (names.length > MAX_INDEXES)
    refuse('TooManyIndexes', `Table "${table}" cannot have more than ${MAX_INDEXES} indexes.`)
  for (const name of names) {
    if (!isIdentifier(name)) {
      refuse(
        'InvalidIndexName',
        `In table "${table}": Invalid index name: "${name}". A name begins with a letter and has at most `
        + '64 letters, digits and underscores.',
      )
    }
    if (name.startsWith('_') || RESERVED_NAMES.includes(name)) {
      refuse(
        'IndexNameReserved',
        `In table "${table}" cannot name an index "${name}" because the name is reserved. `
        + 'Convex uses "by_id", "by_creation_time" and all names that begin with an underscore.',
      )
    }
  }
  const duplicate = firstDuplicate(names)
  if (duplicate !== undefined)
    refuse('IndexNamesNotUnique', `Table "${table}" has two or more definitions of index "${duplicate}".`)
}

function checkDatabaseIndex(table: string, { indexDescriptor, fields }: IndexJSON): void {
  if (fields.length === 0)
    refuse('EmptyIndex', `In table "${table}" index "${indexDescriptor}" must have at least one field.`)
  checkFieldPaths(table, indexDescriptor, fields)
  const refuseFields = (code: string, reason: string): never =>
    refuse(code, `In table "${table}": In index "${indexDescriptor}": ${reason}`)
  if (fields.length > MAX_INDEX_FIELDS)
    refuseFields('IndexTooManyFields', `Indexes may have up to ${MAX_INDEX_FIELDS} fields.`)
  if (fields.includes('_id')) {
    refuseFields('IndexFieldsContainId', '`_id` is not a valid index field. `db.get(id)` finds documents by their id.')
  }
  if (fields.includes('_creationTime')) {
    refuseFields('IndexFieldsContainCreationTime', '`_creationTime` is automatically added to the end of each index.')
  }
  if (fields.some(field => field.split('.').some(part => part.startsWith('_'))))
    refuseFields('IndexFieldNameReserved', 'Reserved fields (starting with `_`) are not allowed in indexes.')
  const duplicate = firstDuplicate(fields)
  if (duplicate !== undefined) {
    refuseFields(
      'FieldsNotUniqueWithinIndex',
      `Duplicate field "${duplicate}". An index contains each field once.`,
    )
  }
}

function checkSearchIndex(table: string, { indexDescriptor, searchField, filterFields }: SearchIndexJSON): void {
  checkFieldPaths(table, indexDescriptor, [searchField, ...filterFields])
  checkFilterFields(table, filterFields)
}

function checkVectorIndex(table: string, index: VectorIndexJSON): void {
  const { indexDescriptor, vectorField, dimensions, filterFields } = index
  checkFieldPaths(table, indexDescriptor, [vectorField, ...filterFields])
  checkFilterFields(table, filterFields)
  if (!Number.isInteger(dimensions) || dimensions < MIN_DIMENSIONS || dimensions > MAX_DIMENSIONS) {
    refuse(
      'InvalidVectorDimensionError',
      `In table "${table}": Dimensions ${dimensions} must be between ${MIN_DIMENSIONS} and ${MAX_DIMENSIONS}.`,
    )
  }
}

function checkFilterFields(table: string, filterFields: string[]): void {
  if (new Set(filterFields).size > MAX_FILTER_FIELDS) {
    const message = `In table "${table}": Search indexes may have up to ${MAX_FILTER_FIELDS} filter fields.`
    refuse('IndexTooManyFilterFields', message)
  }
}

function checkFieldPaths(table: string, index: string, paths: string[]): void {
  const invalid = paths.find(path => !isFieldPath(path))
  if (invalid !== undefined)
    refuse('InvalidIndexField', `In table "${table}": In index "${index}": Invalid index field: "${invalid}"`)
}

/** Calls `refusePair` for two indexes for which `keyOf` returns the same key. */
function refuseEqual<Index extends { indexDescriptor: string }>(
  indexes: Index[],
  keyOf: (index: Index) => unknown,
  refusePair: (one: string, other: string) => void,
): void {
  const names = new Map<string, string>()
  for (const index of indexes) {
    const key = JSON.stringify(keyOf(index))
    const other = names.get(key)
    if (other !== undefined)
      refusePair(index.indexDescriptor, other)
    names.set(key, index.indexDescriptor)
  }
}

function firstDuplicate(names: string[]): string | undefined {
  return names.find((name, position) => names.indexOf(name) !== position)
}

function refuse(code: string, message: string): never {
  throw new DeveloperError(code, message)
}
