/** Full-text search: `.withSearchIndex()` finds documents by relevance, then by creation time. */
import type { Value } from 'convex/values'
import type { MaybeUndefinedJSON } from './filter.ts'
import type { QueryContext, QuerySource } from './query-source.ts'
import type { SearchIndexJSON } from './schema.ts'
import type { Interval, Key, Row, StoredDocument } from './types.ts'
import { Buffer } from 'node:buffer'
import { compareValues } from 'convex/values'
import { findSearchIndex, splitIndexName } from './catalog.ts'
import { DeveloperError } from './developer-error.ts'
import { decodeMaybeUndefined } from './filter.ts'
import { encodeKey, valueAt } from './index-key.ts'
import { rank } from './relevance.ts'
import { tokenize } from './tokenize.ts'

/** A condition of a search as `convex/server` encodes it. */
export type SearchFilterJSON
  = | { type: 'Search', fieldPath: string, value: string }
    | { type: 'Eq', fieldPath: string, value: MaybeUndefinedJSON }

interface SearchSourceJSON {
  indexName: string
  filters: SearchFilterJSON[]
}

interface Search {
  text: string
  /** The values that fields have to be equal to. */
  equal: { field: string, value: Value | undefined }[]
}

const MAX_TERMS = 16
const MAX_RESULTS = 1024
const MAX_FILTERS = 8
const EVERYTHING: Interval = { start: new Uint8Array(), end: null }

/** Opens a search as the source of a query. Its keys order the results by relevance. */
export function openSearch(source: SearchSourceJSON, context: QueryContext): QuerySource {
  const index = findSearchIndex(context.catalog, source.indexName)
  const search = compileSearch(source, index)
  let results: Row[] | undefined
  return {
    kind: 'search',
    fields: [],
    order: 'asc',
    interval: EVERYTHING,
    * read({ start, end }) {
      results ??= findResults(source.indexName, index, search, context)
      let count = 0
      for (const row of results) {
        if (isBefore(row.key, start) || (end !== null && !isBefore(row.key, end)))
          continue
        context.meter.readDocument(row.document)
        yield row
        if (++count === MAX_RESULTS)
          throw tooManyResults()
      }
    },
  }
}

/** Checks that the conditions fit the index. */
function compileSearch({ indexName, filters }: SearchSourceJSON, index: SearchIndexJSON): Search {
  const refuse = (code: string, problem: string): never => {
    throw new DeveloperError(code, `Search query against ${indexName} ${problem}`)
  }
  let text: string | undefined
  const equal: Search['equal'] = []
  for (const filter of filters) {
    if (filter.type === 'Eq') {
      if (!index.filterFields.includes(filter.fieldPath)) {
        const problem = 'but that field isn\'t indexed for filtering in `filterFields`.'
        refuse('IncorrectFilterFieldError', `contains an equality filter on "${filter.fieldPath}" ${problem}`)
      }
      equal.push({ field: filter.fieldPath, value: decodeMaybeUndefined(filter.value) })
      continue
    }
    if (filter.fieldPath !== index.searchField) {
      const expected = `the indexed \`searchField\` "${index.searchField}"`
      const problem = `contains a search filter against "${filter.fieldPath}", which doesn't match ${expected}.`
      refuse('IncorrectSearchField', problem)
    }
    if (text !== undefined) {
      const problem = `contains multiple search filters against "${filter.fieldPath}"`
      refuse('DuplicateSearchFiltersError', `${problem}. Only one is allowed.`)
    }
    text = filter.value
  }
  if (text === undefined)
    return refuse('MissingSearchFilterError', 'does not contain any search filters.')
  if (equal.length > MAX_FILTERS) {
    const problem = `has too many filter conditions. Max: ${MAX_FILTERS} Actual: ${equal.length}`
    refuse('TooManyFilterConditionsInSearchQueryError', problem)
  }
  return { text, equal }
}

/**
 * Reads all documents of the table, as there is no index of words. So the transaction has read the
 * whole table, and each change of the table causes a subscribed search to run again.
 */
function findResults(indexName: string, index: SearchIndexJSON, { text, equal }: Search, context: QueryContext): Row[] {
  const terms = tokenize(text).slice(0, MAX_TERMS)
  const [tableName] = splitIndexName(indexName)
  const table = context.catalog.findTable(tableName)?.indexes.get('by_creation_time')
  if (!table || terms.length === 0)
    return []
  context.meter.readRange(indexName, EVERYTHING.start)
  const documents: StoredDocument[] = []
  const texts: string[] = []
  for (const { document } of context.transaction.scan(table, EVERYTHING, 'asc')) {
    const found = valueAt(document.value, index.searchField)
    documents.push(document)
    texts.push(typeof found === 'string' ? found : '')
  }
  const matches = (document: StoredDocument): boolean =>
    equal.every(({ field, value }) => compareValues(valueAt(document.value, field), value) === 0)
  return rank(texts, terms)
    .map(({ position, score }) => ({ document: documents[position]!, score }))
    .filter(({ document }) => matches(document))
    .map(({ document, score }) => ({ document, key: keyOf(document, score) }))
    .sort((one, other) => Buffer.compare(one.key, other.key))
    .slice(0, MAX_RESULTS)
}

/** The key of a result. The most relevant is first, and of equally relevant results the newest. */
function keyOf(document: StoredDocument, score: number): Key {
  return encodeKey([-score, -(document.value._creationTime as number), document.id])
}

function isBefore(key: Key, other: Key): boolean {
  return Buffer.compare(key, other) < 0
}

function tooManyResults(): DeveloperError {
  return new DeveloperError(
    'SearchQueryScannedTooManyDocumentsError',
    `Search query scanned too many documents (fetched ${MAX_RESULTS}). `
    + 'Consider a smaller limit, pagination, or a filter field of the search index.',
  )
}
