/** Which ranges of the database a query has read, and which changes concern them. */
import type { JSONValue, Value } from 'convex/values'
import { compareValues, jsonToConvex } from 'convex/values'

/** A stored document. */
export type Document = Record<string, Value | undefined> & { _id: string }

/**
 * The change of one document by one transaction. `before` is `null` if the document was inserted,
 * `after` is `null` if it was deleted.
 */
export interface Change {
  component: string
  table: string
  before: Document | null
  after: Document | null
}

/** The parts of a query to the database that tracking reads. */
export interface DatabaseQuery {
  source:
    | { type: 'FullTableScan', tableName: string }
    | { type: 'IndexRange', indexName: string, range: RangeExpression[] }
    | { type: 'Search', indexName: string, filters: SearchExpression[] }
}

interface RangeExpression {
  type: 'Eq' | 'Gt' | 'Gte' | 'Lt' | 'Lte'
  fieldPath: string
  value: JSONValue | { $undefined: null }
}

interface SearchExpression {
  type: 'Eq' | 'Search'
  fieldPath: string
  value: JSONValue
}

type Matcher = (document: Document) => boolean

/**
 * The reads of a query: for each table of each component, the ranges that its result depends on. A
 * change affects the query if the document is in one of these ranges before or after the change. A
 * limit or a filter does not narrow a range, so a query may run although its result does not
 * change. An unchanged result is not sent.
 */
export class ReadSet {
  readonly #ranges = new Map<string, Map<string, Matcher>>()

  addDocument(component: string, id: string): void {
    this.#add(tableKey(component, tableOf(id)), `id:${id}`, () => document => document._id === id)
  }

  addTable(component: string, table: string): void {
    this.#add(tableKey(component, table), 'all', () => () => true)
  }

  addQuery(component: string, { source }: DatabaseQuery): void {
    switch (source.type) {
      case 'FullTableScan':
        return this.addTable(component, source.tableName)
      case 'IndexRange':
        return this.#addExpressions(component, source.indexName, source.range)
      case 'Search':
        // The documents that match the text are not known here, so only the filters narrow the
        // range.
        return this.#addExpressions(component, source.indexName, source.filters.filter(isEquality))
      default:
        source satisfies never
    }
  }

  /** Whether a result that was computed from these reads may differ after the change. */
  isAffectedBy({ component, table, before, after }: Change): boolean {
    const matchers = this.#ranges.get(tableKey(component, table))?.values() ?? []
    for (const matches of matchers) {
      if ((before && matches(before)) || (after && matches(after)))
        return true
    }
    return false
  }

  #addExpressions(component: string, index: string, expressions: RangeExpression[]): void {
    const [table] = index.split('.') as [string]
    this.#add(tableKey(component, table), JSON.stringify(expressions), () => {
      const conditions = expressions.map(compile)
      return document => conditions.every(holds => holds(document))
    })
  }

  /** Adds a range once, even if a query is read in a loop. */
  #add(table: string, key: string, matcher: () => Matcher): void {
    const ranges = this.#ranges.get(table) ?? new Map<string, Matcher>()
    this.#ranges.set(table, ranges)
    if (!ranges.has(key))
      ranges.set(key, matcher())
  }
}

function tableKey(component: string, table: string): string {
  return `${component}/${table}`
}

/** convex-test's ids are digits followed by the table's name. */
export function tableOf(id: string): string {
  return id.replace(/^\d+/, '')
}

function isEquality(expression: SearchExpression): expression is SearchExpression & { type: 'Eq' } {
  return expression.type === 'Eq'
}

function compile({ type, fieldPath, value }: RangeExpression): Matcher {
  const path = fieldPath.split('.')
  const bound = isUndefined(value) ? undefined : jsonToConvex(value as JSONValue)
  const compare = (document: Document): number => compareValues(fieldAt(document, path), bound)
  switch (type) {
    case 'Eq':
      return document => compare(document) === 0
    case 'Gt':
      return document => compare(document) > 0
    case 'Gte':
      return document => compare(document) >= 0
    case 'Lt':
      return document => compare(document) < 0
    case 'Lte':
      return document => compare(document) <= 0
    default:
      return type satisfies never
  }
}

/** Whether the value of an expression stands for a missing field. */
function isUndefined(value: RangeExpression['value']): boolean {
  return typeof value === 'object' && value !== null && '$undefined' in value
}

function fieldAt(document: Document, path: string[]): Value | undefined {
  let value: unknown = document
  for (const part of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined
  }
  return value as Value | undefined
}
