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

/** The parts of convex-test's database that pages are made of. */
export interface PageSource {
  /** What the open transactions have written. */
  _writes: Record<string, unknown>[]
  _resolveQuerySource: (query: unknown) => ResolvedQuery
  _encodeCursor: (document: Document, fieldPaths: string[]) => string
  /** Positive: the document comes after those keys. */
  _docIsAfterCursor: (document: Document, keys: unknown[], fieldPaths: string[], order: 'asc' | 'desc') => number
}

/** What `paginate()` asks of the database. */
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
/** From this share of what may be read, and from this many rows, a page had better be split. */
const SOFT_SHARE = 3 / 4
const SOFT_PAGE_ROWS = 6144

/** The position behind everything. */
const END = 'end'

/**
 * One page, as Convex makes it and convex-test does not:
 *
 * - A page with a given end is read to that end, whatever became of the row that was there, and
 *   ends there.
 * - A page that is full ends there; that nothing follows is found out by the next page only.
 * - A page of more than two rows says where it could be split.
 * - A cursor of another query is refused.
 *
 * @param source The database.
 * @param request What is asked of it.
 * @param resolved The queries that were read since the last commit: the pages of one list read its
 *   documents once.
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
  // Search results have no order of their own there, and a page needs one.
  const documents = fieldPathsToSortBy.length > 0 ? sortedDocs : sortedDocs.toSorted((one, other) => one._id < other._id ? -1 : 1)
  const inRange = documents.filter(document => hasBegun(document) && !isOver(document))

  // With its end given, a page has to be read to that end.
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

/** convex-test's own encoding of a position: `null` is a field that is missing. */
function decodeKeys(position: string): unknown[] {
  return (JSON.parse(position) as (string | null)[]).map(key => key === null ? undefined : jsonToConvex(JSON.parse(key)))
}

/** In production, only the data gets to the client. */
function invalidCursor(message: string): Error {
  return Object.assign(new Error(message), { data: { isConvexSystemError: true, paginationError: 'InvalidCursor' } })
}
