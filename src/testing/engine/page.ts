/** Pagination. When a page's query runs again, the page ends at the same position as before. */
import type { CursorPosition } from './cursor.ts'
import type { QueryContext, QuerySource } from './query-source.ts'
import type { QueryJSON } from './query.ts'
import type { Interval, Key, StoredDocument } from './types.ts'
import { decodeCursor, encodeCursor, END, fingerprintOf, partOf } from './cursor.ts'
import { DeveloperError } from './developer-error.ts'
import { DocumentSizes } from './document-sizes.ts'
import { FUNCTION_LIMITS, LimitError } from './limits.ts'
import { openSource, Operators } from './query.ts'

/** The request of `paginate()`, as `convex/server` encodes it. */
export interface PageRequest {
  query: QueryJSON
  cursor: string | null
  endCursor?: string | null
  pageSize: number
  maximumRowsRead?: number | null
  maximumBytesRead?: number | null
}

export interface Page {
  page: StoredDocument[]
  isDone: boolean
  continueCursor: string
  /** A position in the middle of the page, at which it can be split. */
  splitCursor: string | null
  pageStatus: 'SplitRecommended' | 'SplitRequired' | null
}

/**
 * The end of the page that a subscribed query returns. When the query runs again, its page ends at
 * the same position.
 */
export interface QueryJournal {
  /** The end of the page in the last run, `null` in the first. */
  previous: string | null
  /** The end of the page in this run. */
  next: string | null
}

/** A page that uses more than this share of a limit should be split. */
const SOFT_SHARE = 3 / 4
const SOFT_PAGE_ROWS = SOFT_SHARE * 8192
const SOFT_SEARCH_ROWS = SOFT_SHARE * 1024

/** The rows that were read for a page. */
interface Read {
  documents: StoredDocument[]
  /** The positions of all rows that were read, including the rows that a filter has excluded. */
  positions: Key[]
  sizes: DocumentSizes
  /** The reason for which reading has ended before the end of the interval. */
  stop: 'full' | 'limit' | null
}

/**
 * Reads one page.
 *
 * - A page with a given end is read up to this end, even if the row at the end has been changed or
 *   deleted.
 * - A full page ends after its last row, even if no row follows. The client then requests one more
 *   page, which is empty.
 * - A cursor of another query is refused.
 */
export function readPage(request: PageRequest, context: QueryContext, journal: QueryJournal): Page {
  checkRequest(request)
  if (journal.next !== null) {
    throw new DeveloperError(
      'MultiplePaginatedDatabaseQueries',
      'This query or mutation function ran multiple paginated queries. '
      + 'Each function can read one page.',
    )
  }
  const source = openSource(request.query.source, context)
  const fingerprint = fingerprintOf(request.query, source.fields)
  const start = decodeCursor(request.cursor, fingerprint)
  const end = decodeCursor(request.endCursor ?? journal.previous, fingerprint)
  const read = readRows(request, source, partOf(source, start, end), end !== null)
  const last = end ?? lastPosition(read)
  journal.next = encodeCursor(last, fingerprint)
  return {
    page: read.documents,
    isDone: last === END,
    continueCursor: journal.next,
    splitCursor: splitCursorOf(source, read, fingerprint),
    pageStatus: statusOf(request, source, read),
  }
}

function checkRequest({ pageSize, maximumRowsRead, maximumBytesRead }: PageRequest): void {
  if (pageSize === 0)
    throw new DeveloperError('NoDocumentsForPagination', 'Must request at least 1 document while paginating')
  if (pageSize > FUNCTION_LIMITS.documentsRead)
    throw new DeveloperError('PageSizeTooLarge', `Requested too many items: ${pageSize}`)
  if (maximumRowsRead === 0 || maximumBytesRead === 0) {
    const problem = 'maximumRowsRead and maximumBytesRead must be greater than 0'
    throw new DeveloperError('InvalidPaginationLimit', problem)
  }
}

/** Reads the rows of a page. With a given end, the limits of the request are ignored. */
function readRows(request: PageRequest, source: QuerySource, part: Interval, hasEnd: boolean): Read {
  const read: Read = { documents: [], positions: [], sizes: new DocumentSizes(), stop: null }
  const operators = new Operators(request.query.operators)
  const rows = source.read(part, hasEnd ? undefined : request.pageSize)
  try {
    while (!operators.isExhausted) {
      if (!hasEnd)
        read.stop = reasonToStop(request, read)
      if (read.stop)
        break
      const next = rows.next()
      if (next.done)
        break
      const { key, document } = next.value
      read.positions.push(key)
      read.sizes.add(document)
      if (operators.accept(document))
        read.documents.push(document)
    }
  }
  catch (error) {
    // The page ends where the function has reached a limit. The client can then split the page.
    if (!(error instanceof LimitError) || read.positions.length === 0)
      throw error
    read.stop = 'limit'
  }
  finally {
    rows.return?.()
  }
  return read
}

function reasonToStop(request: PageRequest, { documents, positions, sizes }: Read): Read['stop'] {
  if (documents.length >= request.pageSize)
    return 'full'
  if (positions.length >= (request.maximumRowsRead ?? Number.POSITIVE_INFINITY))
    return 'limit'
  if (typeof request.maximumBytesRead === 'number' && sizes.sum >= request.maximumBytesRead)
    return 'limit'
  return null
}

function lastPosition({ stop, positions }: Read): CursorPosition {
  if (stop === null)
    return END
  return positions.at(-1) ?? END
}

/** Returns `null` for a search, since splitting a search would not make it faster. */
function splitCursorOf({ kind }: QuerySource, { positions }: Read, fingerprint: string): string | null {
  if (kind === 'search' || positions.length <= 2)
    return null
  return encodeCursor(positions[Math.floor(positions.length / 2)]!, fingerprint)
}

function statusOf(request: PageRequest, { kind }: QuerySource, read: Read): Page['pageStatus'] {
  if (read.stop === 'limit')
    return 'SplitRequired'
  const { documentsRead, bytesRead } = FUNCTION_LIMITS
  const softRows = kind === 'search'
    ? SOFT_SEARCH_ROWS
    : SOFT_SHARE * Math.min(request.maximumRowsRead ?? documentsRead, documentsRead)
  const softBytes = SOFT_SHARE * Math.min(request.maximumBytesRead ?? bytesRead, bytesRead)
  const isLong = read.positions.length > softRows || read.documents.length > SOFT_PAGE_ROWS
  return isLong || read.sizes.exceed(softBytes) ? 'SplitRecommended' : null
}
