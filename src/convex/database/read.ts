/** Reads the rows of a plan inside one transaction: all of them, or in parts of limited size. */
import type { GenericDatabaseReader, GenericDataModel, OrderedQuery } from 'convex/server'
import type { IndexRange } from './index-ranges.ts'
import type { IdLookup, Plan, Source } from './plan.ts'
import type { Part, Position, Row } from './statement.ts'
import type { Table } from './tables.ts'
import { getDocumentSize } from 'convex/values'
import { holds, matches } from './conditions.ts'

export type Reader = GenericDatabaseReader<GenericDataModel>
type RowQuery = OrderedQuery<any>

/**
 * The number of bytes after which a part of a statement ends. It is far below the 16 MiB that
 * Convex allows, since a part can read a range twice, and reads each row again that it writes.
 */
const PART_BYTES = 2 * 2 ** 20

/** The limits for the reads of one part, which are below Convex's limits. */
export interface PartSize {
  /**
   * The number of rows and ranges that one part of a statement reads. `Infinity` also removes the
   * limit on the size of the rows.
   */
  reads: number
  /** The number of rows after which reading ends; `null` reads all. */
  wanted: number | null
}

/** Reads the rows of a plan. Ends early if the plan is ordered and has `wanted` rows. */
export async function readAll(db: Reader, plan: Plan, wanted: number | null): Promise<Row[]> {
  const { rows } = await readPart(db, plan, { source: 0, cursor: null, found: 0 }, { reads: Infinity, wanted })
  return rows
}

/**
 * Reads the next part of a plan. A range that is longer than one part is read with a cursor. Convex
 * allows one cursor in each function, so the part ends there.
 */
export async function readPart(db: Reader, plan: Plan, position: Position, size: PartSize): Promise<Part> {
  const limit = plan.isOrdered && size.wanted !== null ? size.wanted - position.found : Infinity
  const rows: Row[] = []
  const end = (source: number, cursor: string | null): Part => {
    const isComplete = rows.length >= limit || source >= plan.sources.length
    return { rows, next: isComplete ? null : { source, cursor, found: position.found + rows.length } }
  }
  const maximumBytes = size.reads === Infinity ? Infinity : PART_BYTES
  let reads = 0
  let bytes = 0
  for (let number = position.source; number < plan.sources.length && rows.length < limit; number++) {
    const source = plan.sources[number]!
    const cursor = number === position.source ? position.cursor : null
    const { read } = source
    // Empty ranges, and ids that do not exist, also count as reads.
    if (number > position.source && (reads >= size.reads || bytes >= maximumBytes))
      return end(number, null)
    if (read.type === 'ids') {
      const found = await readIds(db, plan, source, read)
      rows.push(...found.slice(0, limit - rows.length))
      reads += read.ids.length
      if (maximumBytes !== Infinity)
        bytes += found.reduce((sum, row) => sum + getDocumentSize(row as never), 0)
      continue
    }
    const rest = { limit: limit - rows.length, reads: size.reads - reads, bytes: maximumBytes - bytes }
    const whole = cursor === null ? await readRange(rangeQuery(db, plan, read), plan, source, rest) : null
    if (whole) {
      rows.push(...whole.rows)
      reads += whole.reads
      bytes += whole.bytes
    }
    else if (number > position.source) {
      return end(number, null)
    }
    else {
      const options = { cursor, numItems: size.reads, maximumBytesRead: PART_BYTES }
      const page = await rangeQuery(db, plan, read).paginate(options)
      rows.push(...keep(plan, source, page.page.map(toRow)).slice(0, limit))
      return page.isDone ? end(number + 1, null) : end(number, page.continueCursor)
    }
  }
  return end(plan.sources.length, null)
}

/** The row with an id that Convex or the app has chosen; ids of other tables are not accepted. */
export async function readById(db: Reader, table: Table, id: string): Promise<Row | null> {
  const key = db.normalizeId(table.name, id)
  const document = key === null ? null : await db.get(key)
  // If the app has chosen the id of a row, the row must not be found by Convex's `_id`.
  if (document && (!table.hasOwnIds || document.id === undefined))
    return toRow(document)
  if (!table.hasOwnIds)
    return null
  const { name } = table.indexes.find(({ fields }) => fields[0] === 'id')!
  const own = await db.query(table.name).withIndex(name, (range: any) => range.eq('id', id)).first()
  return own && toRow(own)
}

/** A document as Better Auth sees it: with an `id`. */
export function toRow(document: Row): Row {
  return { ...document, id: document.id ?? document._id }
}

/** A row whose missing values are `null`, as in other databases. */
export function completeRow({ fields }: Table, row: Row): Row {
  const missing = Object.keys(fields ?? {}).filter(name => row[name] === undefined)
  return { ...row, ...Object.fromEntries(missing.map(name => [name, null])) }
}

async function readIds(db: Reader, plan: Plan, source: Source, { ids }: IdLookup): Promise<Row[]> {
  const rows = await Promise.all(ids.map(id => readById(db, plan.table, id)))
  return keep(plan, source, rows.filter(row => row !== null))
}

/** Reads a whole range, or returns `null` if it has too many rows or bytes for this part. */
async function readRange(
  query: RowQuery,
  plan: Plan,
  source: Source,
  rest: { limit: number, reads: number, bytes: number },
): Promise<{ rows: Row[], reads: number, bytes: number } | null> {
  const rows: Row[] = []
  let reads = 1
  let bytes = 0
  for await (const document of query) {
    reads++
    if (rest.bytes !== Infinity)
      bytes += getDocumentSize(document)
    if (reads > rest.reads || bytes > rest.bytes)
      return null
    rows.push(...keep(plan, source, [toRow(document)]))
    if (rows.length >= rest.limit)
      break
  }
  return { rows, reads, bytes }
}

function keep({ where }: Plan, { earlier }: Source, rows: Row[]): Row[] {
  return rows.filter(row => matches(row, where) && !earlier.some(condition => holds(row, condition)))
}

function rangeQuery(db: Reader, { table, direction }: Plan, { index, equals, bounds }: IndexRange): RowQuery {
  const query = db.query(table.name)
  if (index === null)
    return query.order(direction)
  const range = (builder: any): any => {
    for (const [field, value] of equals)
      builder = builder.eq(field, value)
    if (bounds?.lower)
      builder = builder[bounds.lower.isInclusive ? 'gte' : 'gt'](bounds.field, bounds.lower.value)
    if (bounds?.upper)
      builder = builder[bounds.upper.isInclusive ? 'lte' : 'lt'](bounds.field, bounds.upper.value)
    return builder
  }
  return query.withIndex(index, range).order(direction)
}
