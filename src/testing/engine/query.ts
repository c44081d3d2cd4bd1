/** Executes the queries that `convex/server` serializes. */
import type { ExpressionJSON } from './filter.ts'
import type { RangeExpressionJSON } from './index-range.ts'
import type { QueryContext, QuerySource } from './query-source.ts'
import type { SearchFilterJSON } from './text-search.ts'
import type { IndexInfo, Interval, Order, StoredDocument } from './types.ts'
import { findIndex } from './catalog.ts'
import { DeveloperError } from './developer-error.ts'
import { compileFilter } from './filter.ts'
import { compileRange } from './index-range.ts'
import { openSearch } from './text-search.ts'

export interface QueryJSON {
  source: SourceJSON
  operators: OperatorJSON[]
}

export type SourceJSON
  = | { type: 'FullTableScan', tableName: string, order: Order | null }
    | { type: 'IndexRange', indexName: string, range: RangeExpressionJSON[], order: Order | null }
    | { type: 'Search', indexName: string, filters: SearchFilterJSON[] }

export type OperatorJSON = { filter: ExpressionJSON } | { limit: number }

const MAX_OPERATORS = 256
const EVERYTHING: Interval = { start: new Uint8Array(), end: null }

/**
 * Runs a query. Documents are read one after another, when the caller requests them, so that only
 * the part of the index that was consumed counts as read.
 */
export function* runQuery(query: QueryJSON, context: QueryContext): IterableIterator<StoredDocument> {
  const source = openSource(query.source, context)
  const operators = new Operators(query.operators)
  if (operators.isExhausted)
    return
  for (const { document } of source.read(source.interval, operators.maximumRows)) {
    if (operators.accept(document))
      yield document
    if (operators.isExhausted)
      return
  }
}

export function openSource(source: SourceJSON, context: QueryContext): QuerySource {
  switch (source.type) {
    case 'FullTableScan':
      return openIndex({ indexName: `${source.tableName}.by_creation_time`, range: [], order: source.order }, context)
    case 'IndexRange':
      return openIndex(source, context)
    case 'Search':
      return openSearch(source, context)
    default:
      throw new DeveloperError('InvalidArgument', 'Unknown source of a query')
  }
}

function openIndex(
  { indexName, range, order }: Pick<SourceJSON & { type: 'IndexRange' }, 'indexName' | 'range' | 'order'>,
  { catalog, transaction, meter }: QueryContext,
): QuerySource {
  const index = findIndex(catalog, indexName)
  return {
    kind: 'index',
    fields: index?.fields ?? fieldsOfEachTable(indexName),
    order: order ?? 'asc',
    interval: intervalOf(indexName, index, range),
    * read(part, expectedRows) {
      if (!index)
        return
      meter.readRange(index.id, part.start)
      for (const row of transaction.scan(index, part, order ?? 'asc', expectedRows)) {
        meter.readDocument(row.document)
        yield row
      }
    },
  }
}

function intervalOf(indexName: string, index: IndexInfo | undefined, range: RangeExpressionJSON[]): Interval {
  if (!index || range.length === 0)
    return EVERYTHING
  return compileRange(indexName, index, range)
}

/**
 * The fields of an index that every table has. They do not depend on whether the table has
 * documents, so cursors remain valid when the first document is inserted.
 */
function fieldsOfEachTable(indexName: string): string[] {
  return indexName.endsWith('.by_id') ? ['_id'] : ['_creationTime']
}

/** The filters and limits of a query, in the order in which the function has added them. */
export class Operators {
  readonly #stages: (Limit | ReturnType<typeof compileFilter>)[]
  /** The largest number of rows that have to be read, if the first operator is a limit. */
  readonly maximumRows: number | undefined

  constructor(operators: OperatorJSON[]) {
    if (operators.length > MAX_OPERATORS)
      throw new DeveloperError('InvalidArgument', `Query has too many operators: ${operators.length}`)
    this.#stages = operators.map(operator =>
      'filter' in operator ? compileFilter(operator.filter) : new Limit(operator.limit))
    const [first] = operators
    if (first && 'limit' in first)
      this.maximumRows = first.limit
  }

  /** Returns whether no further row can be a result. */
  get isExhausted(): boolean {
    return this.#stages.some(stage => stage instanceof Limit && stage.remaining === 0)
  }

  /** Returns whether the document is a result. Pass each document only once, since limits count. */
  accept(document: StoredDocument): boolean {
    return this.#stages.every(stage => stage instanceof Limit ? stage.accept() : stage(document.value))
  }
}

/** Counts the rows that may still be accepted. */
class Limit {
  remaining: number

  constructor(remaining: number) {
    this.remaining = remaining
  }

  accept(): boolean {
    this.remaining--
    return true
  }
}
