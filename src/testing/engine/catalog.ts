/** Finds the tables and indexes of queries by the names that functions use. */
import type { SchemaJSON, SearchIndexJSON, TableJSON, VectorIndexJSON } from './schema.ts'
import type { IndexInfo, TableInfo } from './types.ts'
import { DeveloperError } from './developer-error.ts'
import { checkTableIdentifier } from './schema-definition.ts'

/** The tables and indexes of one component. */
export interface Catalog {
  /**
   * Returns `undefined` if the component has no table of this name. Such a table is read as an
   * empty table.
   */
  findTable: (name: string) => TableInfo | undefined
  findSearchIndex: (table: string, index: string) => SearchIndexJSON | undefined
  findVectorIndex: (table: string, index: string) => VectorIndexJSON | undefined
  /** Returns whether the schema declares the index as staged: declared, but not enabled yet. */
  isStaged?: (table: string, index: string) => boolean
}

/**
 * Creates the catalog of a component.
 *
 * @param schema `null` if the component has no schema.
 * @param findTable Finds a table by its name, which has been checked.
 */
export function createCatalog(schema: SchemaJSON | null, findTable: Catalog['findTable']): Catalog {
  const tables = new Map(schema?.tables.map(table => [table.tableName, table]))
  return {
    findTable: (name) => {
      checkTableIdentifier(name)
      return findTable(name)
    },
    findSearchIndex: (table, index) => findByName(tables.get(table)?.searchIndexes, index),
    findVectorIndex: (table, index) => findByName(tables.get(table)?.vectorIndexes, index),
    isStaged: (table, index) => findByName(stagedIndexes(tables.get(table)), index) !== undefined,
  }
}

function findByName<Index extends { indexDescriptor: string }>(indexes: Index[] = [], name: string): Index | undefined {
  return indexes.find(({ indexDescriptor }) => indexDescriptor === name)
}

function stagedIndexes(table: TableJSON | undefined): { indexDescriptor: string }[] {
  return [...table?.stagedDbIndexes ?? [], ...table?.stagedSearchIndexes ?? [], ...table?.stagedVectorIndexes ?? []]
}

/** Splits the name `table.index`, as queries send it, into its two parts. */
export function splitIndexName(name: string): [table: string, index: string] {
  const dot = name.indexOf('.')
  return [name.slice(0, dot), name.slice(dot + 1)]
}

/**
 * Finds an index by the name `table.index`. Returns `undefined` if the table does not exist yet.
 */
export function findIndex(catalog: Catalog, name: string): IndexInfo | undefined {
  const [tableName, indexName] = splitIndexName(name)
  const table = catalog.findTable(tableName)
  const index = table?.indexes.get(indexName)
  const isOfEachTable = indexName === 'by_id' || indexName === 'by_creation_time'
  if (!index && (table || !isOfEachTable))
    throw describeMissing(catalog, name, 'database')
  return index
}

export function findSearchIndex(catalog: Catalog, name: string): SearchIndexJSON {
  const index = catalog.findSearchIndex(...splitIndexName(name))
  if (!index)
    throw describeMissing(catalog, name, 'search')
  return index
}

export function findVectorIndex(catalog: Catalog, name: string): VectorIndexJSON {
  const index = catalog.findVectorIndex(...splitIndexName(name))
  if (!index)
    throw describeMissing(catalog, name, 'vector')
  return index
}

const WRONG_KIND = {
  database: ['IndexNotADatabaseIndex', 'a database index'],
  search: ['IndexNotASearchIndexError', 'a search index'],
  vector: ['IndexNotAVectorIndexError', 'a vector index'],
} as const

/** The error for an index that does not exist, is staged, or is of another kind. */
function describeMissing(catalog: Catalog, name: string, kind: keyof typeof WRONG_KIND): DeveloperError {
  const [table, index] = splitIndexName(name)
  if (catalog.isStaged?.(table, index)) {
    const problem = `Index ${name} is currently staged and not available to query until it is enabled.`
    return new DeveloperError('IndexStagedError', problem)
  }
  const isOfOtherKind = catalog.findTable(table)?.indexes.has(index)
    || catalog.findSearchIndex(table, index)
    || catalog.findVectorIndex(table, index)
  if (!isOfOtherKind)
    return new DeveloperError('IndexNotFoundError', `Index ${name} not found.`)
  const [code, expected] = WRONG_KIND[kind]
  return new DeveloperError(code, `Index ${name} is not ${expected}`)
}
