/** Pagination of queries whose pages neither grow nor leave gaps when they run again. */
import type { Value } from 'convex/values'
import type { Document } from './tracking.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { getDocumentSize, jsonToConvex } from 'convex/values'

/** The documents of a query, in order, before they are filtered. */
interface ResolvedQuery {
  sortedDocs: Document[]
  filterFn: (document: Document) => boolean
  fieldPathsToSortBy: string[]
  order: 'asc' | 'desc'
}

/** By the query's text. */
export type ResolvedQueries = Map<string, ResolvedQuery>

/** The parts of convex-test's database that are needed to read a page. */
export interface PageSource {
  /** The writes of the open transactions. */
  _writes: Record<string, unknown>[]
  _resolveQuerySource: (query: unknown) => ResolvedQuery
  _encodeCursor: (document: Document, fieldPaths: string[]) => string
  /** A positive number if the document is after the position of these keys. */
  _docIsAfterCursor: (document: Document, keys: unknown[], fieldPaths: string[], order: 'asc' | 'desc') => number
}

/** The request of `paginate()` to the database. */
export interface PageQuery {
  query: unknown
  cursor: string | null
  endCursor?: string | null
  pageSize: number
  maximumRowsRead?: number | null
  maximumBytesRead?: number | null
}

export interface DatabasePage {
  page: Document[]
  isDone: boolean
  continueCursor: string
  splitCursor: string | null
  pageStatus: 'SplitRecommended' | 'SplitRequired' | null
}

/** How much one function of a Convex deployment may read. */
const MAX_ROWS = 32_000
const MAX_BYTES = 16 * 2 ** 20
/**
 * A page that reads more than this share of the limits, or has more rows than this, should be
 * split.
 */
const SOFT_SHARE = 3 / 4
const SOFT_PAGE_ROWS = 6144

/** The position after the last document. */
const END = 'end'

/**
 * Reads one page. Unlike `paginate` of convex-test, this function behaves as Convex does:
 *
 * - A page with a given end is read up to this end, even if the row at the end has been changed or
 *   deleted.
 * - A full page ends after its last row, even if no row follows. Only the next page shows that
 *   there are no more rows.
 * - A page of more than two rows has a position at which it could be split.
 * - A cursor of another query is refused.
 *
 * @param source The database.
 * @param request The page to read.
 * @param resolved The queries that have been read since the last commit, so that all pages of a
 * list read its documents only once.
 */
export function paginate(source: PageSource, request: PageQuery, resolved: ResolvedQueries): DatabasePage {
  const { query, pageSize } = request
  const { sortedDocs, filterFn, fieldPathsToSortBy, order } = resolve(source, query, resolved)
  const fields = fieldPathsToSortBy.includes('_id') ? fieldPathsToSortBy : [...fieldPathsToSortBy, '_id']
  const fingerprint = createHash('sha256').update(JSON.stringify([query, fields])).digest('base64url').slice(0, 12)
  const start = decode(request.cursor, fingerprint)
  const end = decode(request.endCursor ?? null, fingerprint)

  const isBehind = (position: string): (document: Document) => boolean => {
    const keys = position === END ? [] : decodeKeys(position)
    return document => position !== END && source._docIsAfterCursor(document, keys, fields, order) > 0
  }
  const hasBegun = start === null ? () => true : isBehind(start)
  const isOver = end === null ? () => false : isBehind(end)
  // Search results of convex-test have no order, but a page needs an order.
  const documents = fieldPathsToSortBy.length > 0 ? sortedDocs : sortedDocs.toSorted((one, other) => one._id < other._id ? -1 : 1)
  const inRange = documents.filter(document => hasBegun(document) && !isOver(document))

  // A page with a given end has to be read up to this end.
  const limits: Partial<PageQuery> = end === null ? request : {}
  const page: Document[] = []
  const read: string[] = []
  let bytesRead = 0
  let isCutOff = false
  let isFull = false
  for (const document of inRange) {
    isFull = end === null && page.length >= pageSize
    isCutOff = !isFull && (read.length >= (limits.maximumRowsRead ?? Number.POSITIVE_INFINITY) || bytesRead >= (limits.maximumBytesRead ?? Number.POSITIVE_INFINITY))
    if (isFull || isCutOff)
      break
    read.push(source._encodeCursor(document, fields))
    bytesRead += getDocumentSize(document as Record<string, Value>)
    if (filterFn(document))
      page.push(document)
  }
  isFull ||= end === null && page.length >= pageSize

  const isLarge = read.length > SOFT_SHARE * Math.min(request.maximumRowsRead ?? MAX_ROWS, MAX_ROWS)
    || bytesRead > SOFT_SHARE * Math.min(request.maximumBytesRead ?? MAX_BYTES, MAX_BYTES)
    || page.length > SOFT_PAGE_ROWS
  const last = end ?? (isFull || isCutOff ? read.at(-1) ?? END : END)
  return {
    page,
    isDone: last === END,
    continueCursor: encode(last, fingerprint),
    splitCursor: read.length > 2 ? encode(read[Math.floor(read.length / 2)]!, fingerprint) : null,
    pageStatus: isCutOff ? 'SplitRequired' : isLarge ? 'SplitRecommended' : null,
  }
}

function resolve(source: PageSource, query: unknown, resolved: ResolvedQueries): ResolvedQuery {
  if (source._writes.some(writes => Object.keys(writes).length > 0))
    return source._resolveQuerySource(query)
  const key = JSON.stringify(query)
  const known = resolved.get(key) ?? source._resolveQuerySource(query)
  resolved.set(key, known)
  return known
}

function encode(position: string, fingerprint: string): string {
  return `${fingerprint}.${Buffer.from(position).toString('base64url')}`
}

function decode(cursor: string | null, fingerprint: string): string | null {
  if (cursor === null)
    return null
  const [query, position] = cursor.split('.')
  if (!position)
    throw invalidCursor('Failed to parse cursor')
  if (query !== fingerprint)
    throw invalidCursor('InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.')
  return Buffer.from(position, 'base64url').toString()
}

/**
 * convex-test's own encoding of a position: `null` means that the document does not have the field.
 */
function decodeKeys(position: string): unknown[] {
  return (JSON.parse(position) as (string | null)[]).map(key => key === null ? undefined : jsonToConvex(JSON.parse(key)))
}

/** In production, only the data gets to the client. */
function invalidCursor(message: string): Error {
  return Object.assign(new Error(message), { data: { isConvexSystemError: true, paginationError: 'InvalidCursor' } })
}
