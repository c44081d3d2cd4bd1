/** Vector search: finds the documents whose vectors point in the most similar direction. */
import type { Value } from 'convex/values'
import type { Catalog } from './catalog.ts'
import type { MaybeUndefinedJSON } from './filter.ts'
import type { VectorIndexJSON } from './schema.ts'
import type { StoredDocument, Transaction } from './types.ts'
import { compareValues } from 'convex/values'
import { findVectorIndex, splitIndexName } from './catalog.ts'
import { DeveloperError } from './developer-error.ts'
import { decodeMaybeUndefined } from './filter.ts'
import { valueAt } from './index-key.ts'

/** A vector search as `convex/server` encodes it. */
export interface VectorQueryJSON {
  indexName: string
  limit?: number | null
  vector: number[]
  expressions: VectorFilterJSON | null
}

export type VectorFilterJSON
  = | { $eq: [field: { $field: string }, value: { $literal: MaybeUndefinedJSON }] }
    | { $or: VectorFilterJSON[] }

export interface VectorResult {
  _id: string
  _score: number
}

interface Equality {
  field: string
  value: Value | undefined
}

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 256
const MAX_CONDITIONS = 64

/** Runs a vector search. The most similar document is first. */
export function runVectorSearch(
  query: VectorQueryJSON,
  { catalog, transaction }: { catalog: Catalog, transaction: Transaction },
): VectorResult[] {
  const index = findVectorIndex(catalog, query.indexName)
  const conditions = compileConditions(query, index)
  const limit = checkLimit(query.limit ?? DEFAULT_LIMIT)
  if (query.vector.length !== index.dimensions) {
    const problem = `Expected a vector with dimensions ${index.dimensions}, received ${query.vector.length}.`
    throw new DeveloperError('VectorDimensionsMismatch', problem)
  }
  const [tableName] = splitIndexName(query.indexName)
  const table = catalog.findTable(tableName)?.indexes.get('by_creation_time')
  if (!table)
    return []
  const direction = normalize(query.vector)
  const results: VectorResult[] = []
  for (const { document } of transaction.scan(table, { start: new Uint8Array(), end: null }, 'asc')) {
    const vector = vectorOf(document, index)
    if (vector && matches(document, conditions))
      results.push({ _id: document.id, _score: Math.fround(product(direction, normalize(vector))) })
  }
  return results.sort((one, other) => other._score - one._score).slice(0, limit)
}

/** A document matches if one of the conditions holds. Without conditions, all documents match. */
function matches(document: StoredDocument, conditions: Equality[]): boolean {
  return conditions.length === 0
    || conditions.some(({ field, value }) => compareValues(valueAt(document.value, field), value) === 0)
}

function compileConditions({ indexName, expressions }: VectorQueryJSON, index: VectorIndexJSON): Equality[] {
  const conditions = expressions ? flatten(expressions) : []
  const unknown = conditions.find(({ field }) => !index.filterFields.includes(field))
  if (unknown) {
    throw new DeveloperError(
      'IncorrectVectorFilterField',
      `Vector query against ${indexName} contains a filter on "${unknown.field}" `
      + 'but that field isn\'t indexed for filtering in `filterFields`.',
    )
  }
  if (conditions.length > MAX_CONDITIONS) {
    const problem = `has too many conditions. Max: ${MAX_CONDITIONS} Actual: ${conditions.length}`
    throw new DeveloperError('TooManyElementsInVectorQueryError', `Vector query against ${indexName} ${problem}`)
  }
  return conditions
}

function flatten(expression: VectorFilterJSON): Equality[] {
  if ('$or' in expression)
    return expression.$or.flatMap(flatten)
  if (!('$eq' in expression))
    throw new DeveloperError('InvalidVectorSearchFilter', 'Filters should be a combination of `q.eq` and `q.or`.')
  const [{ $field }, { $literal }] = expression.$eq
  return [{ field: $field, value: decodeMaybeUndefined($literal) }]
}

function checkLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 0)
    throw new DeveloperError('InvalidArgument', `The limit of a vector query must be a whole number, but is ${limit}.`)
  if (limit > MAX_LIMIT) {
    const problem = `Vector queries can fetch at most ${MAX_LIMIT} results, requested ${limit}.`
    throw new DeveloperError('VectorLimitTooLargeError', problem)
  }
  return limit
}

/** A document without a vector, or with a vector of another length, is not in the index. */
function vectorOf(document: StoredDocument, { vectorField, dimensions }: VectorIndexJSON): number[] | undefined {
  const value = valueAt(document.value, vectorField)
  const isVector = Array.isArray(value) && value.length === dimensions && value.every(Number.isFinite)
  return isVector ? value as number[] : undefined
}

/** A vector of zeros has no direction: it is returned unchanged, and its score is always 0. */
function normalize(vector: number[]): number[] {
  const length = Math.hypot(...vector)
  return vector.map(item => item / (length || 1))
}

function product(one: number[], other: number[]): number {
  return one.reduce((sum, item, position) => sum + item * other[position]!, 0)
}
