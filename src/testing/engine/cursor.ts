/** Cursors: positions in the rows of a query, as clients receive and return them. */
import type { QuerySource } from './query-source.ts'
import type { QueryJSON } from './query.ts'
import type { Interval, Key } from './types.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { DeveloperError } from './developer-error.ts'
import { afterPrefix } from './index-key.ts'

/** The position after all rows. */
export const END = 'end'

/** A position in the rows of a query: after the row with this key, or after all rows. */
export type CursorPosition = Key | typeof END

/** The text for {@link END} in a cursor. Base64 does not contain this character. */
const END_MARK = '~'

/** Identifies a query, so that a cursor of another query is recognized. */
export function fingerprintOf(query: QueryJSON, fields: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify([query, fields])).digest('base64url').slice(0, 12)
}

export function encodeCursor(position: CursorPosition, fingerprint: string): string {
  if (position === END)
    return `${fingerprint}.${END_MARK}`
  return `${fingerprint}.${Buffer.from(position).toString('base64url')}`
}

/**
 * Decodes a cursor, and refuses a cursor of another query. The cursor of a first page is `null`.
 */
export function decodeCursor(cursor: string | null, fingerprint: string): CursorPosition | null {
  if (cursor === null)
    return null
  const [query, position] = cursor.split('.')
  if (!position || !/^(?:[\w-]+|~)$/.test(position))
    throw invalidCursor('Failed to parse cursor')
  if (query !== fingerprint) {
    throw invalidCursor('InvalidCursor: Tried to run a query starting from a cursor, '
      + 'but it looks like this cursor is from a different query.')
  }
  if (position === END_MARK)
    return END
  return new Uint8Array(Buffer.from(position, 'base64url'))
}

/** The part of the query's interval after the position `after`, up to and including `until`. */
export function partOf(source: QuerySource, after: CursorPosition | null, until: CursorPosition | null): Interval {
  const part = { ...source.interval }
  if (after === END)
    return { ...part, end: part.start }
  if (source.order === 'asc') {
    raiseStart(part, after && afterPrefix(after))
    if (until !== END)
      lowerEnd(part, until && afterPrefix(until))
    return part
  }
  // In descending order, the rows after a position have lower keys.
  lowerEnd(part, after)
  if (until !== END)
    raiseStart(part, until)
  return part
}

function raiseStart(part: Interval, start: Key | null): void {
  if (start !== null && Buffer.compare(part.start, start) < 0)
    part.start = start
}

function lowerEnd(part: Interval, end: Key | null): void {
  if (end !== null && (part.end === null || Buffer.compare(end, part.end) < 0))
    part.end = end
}

/**
 * The error has data, because a production deployment does not send messages of errors to clients.
 */
function invalidCursor(message: string): DeveloperError {
  return new DeveloperError('InvalidCursor', message, { isConvexSystemError: true, paginationError: 'InvalidCursor' })
}
