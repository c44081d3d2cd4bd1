/** Chooses how the rows of a where clause are read: by ids, in ranges of indexes, or all rows. */
import type { IndexRange } from './index-ranges.ts'
import type { Condition, SortBy } from './statement.ts'
import type { Table, TableIndex } from './tables.ts'
import { rangesOf } from './index-ranges.ts'

/** A read of rows by their ids. */
export interface IdLookup {
  type: 'ids'
  ids: string[]
}

export interface Source {
  read: IndexRange | IdLookup
  /** Rows that meet one of these conditions are left out, since an earlier source has read them. */
  earlier: Condition[]
}

export interface Plan {
  table: Table
  where: Condition[]
  sources: Source[]
  direction: 'asc' | 'desc'
  /** `true` if the rows are read in the requested order, so that reading can end early. */
  isOrdered: boolean
  /** The fields of indexes that would serve the look-up; empty if none is missing. */
  missingIndexes: string[][]
}

/** A way to read the rows that meet some conditions, with a score for comparisons. */
interface Path {
  reads: (IndexRange | IdLookup)[]
  /**
   * The fields of the index that follow those with one value. The rows of a range are sorted by
   * them.
   */
  order: string[]
  score: number
}

/**
 * The number of rows that are read at once by their ids. A part of a statement can only end after
 * all of them, so they must fit into a part even if each has the greatest size, 1 MiB.
 */
const IDS_AT_ONCE = 5

const INDEXABLE = new Set(['eq', 'in', 'lt', 'lte', 'gt', 'gte', 'starts_with'])

/**
 * Plans a look-up. If no index begins with a field of the where clause, `missingIndexes` names the
 * index to add, and the plan reads the whole table.
 */
export function planRead(table: Table, where: Condition[], sortBy: SortBy | null = null): Plan {
  const plan = { table, where, direction: sortBy?.direction ?? 'asc' as const, missingIndexes: [] }
  const required = where.filter(({ connector }) => connector === 'AND')
  const alternatives = where.filter(({ connector }) => connector === 'OR')
  const path = pathOf(table, required, sortBy)
  if (path)
    return { ...plan, sources: path.reads.map(read => ({ read, earlier: [] })), isOrdered: isOrderedBy(path, sortBy) }

  const paths = alternatives.map(condition => pathOf(table, [...required, condition], null))
  if (alternatives.length > 0 && paths.every(path => path !== null)) {
    const sources = paths.flatMap((path, index) =>
      path.reads.map(read => ({ read, earlier: alternatives.slice(0, index) })))
    return { ...plan, sources, isOrdered: sortBy === null }
  }

  const index = sortBy === null ? undefined : table.indexes.find(({ fields }) => fields[0] === sortBy.field)
  const read: IndexRange = { type: 'range', index: index?.name ?? null, equals: [], bounds: null }
  return {
    ...plan,
    sources: [{ read, earlier: [] }],
    isOrdered: sortBy === null || index !== undefined,
    missingIndexes: missingIndexes(required, alternatives.filter((_, index) => paths[index] === null)),
  }
}

/** The best path to the rows that meet all conditions; `null` if the whole table must be read. */
function pathOf(table: Table, conditions: Condition[], sortBy: SortBy | null): Path | null {
  const byId = conditions.find(({ field, operator, isInsensitive }) =>
    field === 'id' && !isInsensitive && (operator === 'eq' || operator === 'in'))
  if (byId) {
    const ids = Array.isArray(byId.value) ? byId.value : [byId.value]
    return { reads: idLookups([...new Set(ids.map(String))]), order: [], score: Infinity }
  }
  const usable = conditions.filter(isIndexable)
  const paths = table.indexes.map(index => indexPath(index, usable)).filter(({ score }) => score > 0)
  const best = Math.max(0, ...paths.map(({ score }) => score))
  const candidates = paths.filter(({ score }) => score === best)
  return candidates.find(path => sortBy !== null && isOrderedBy(path, sortBy)) ?? candidates[0] ?? null
}

function idLookups(ids: string[]): IdLookup[] {
  const count = Math.max(1, Math.ceil(ids.length / IDS_AT_ONCE))
  return Array.from({ length: count }, (_, number) =>
    ({ type: 'ids', ids: ids.slice(number * IDS_AT_ONCE, (number + 1) * IDS_AT_ONCE) }))
}

/** The ranges of an index. Fields with one value count most, since they select the fewest rows. */
function indexPath(index: TableIndex, conditions: Condition[]): Path {
  const { ranges, fixed, isBounded } = rangesOf(index, conditions)
  return {
    reads: ranges,
    order: index.fields.slice(fixed),
    score: fixed * 2 + Number(isBounded),
  }
}

/** Returns whether a path reads sorted rows: one range whose next field is the sort field. */
function isOrderedBy({ reads, order }: Path, sortBy: SortBy | null): boolean {
  if (sortBy === null)
    return true
  const [read] = reads
  const hasOneRow = read?.type === 'ids' && read.ids.length === 1
  return reads.length === 1 && (hasOneRow || order[0] === sortBy.field)
}

function isIndexable({ field, operator, value, isInsensitive }: Condition): boolean {
  if (field === 'id' || isInsensitive || !INDEXABLE.has(operator))
    return false
  return operator === 'eq' || value !== null
}

/**
 * The indexes to add: one for the conditions with `AND`, or else one for each condition with `OR`.
 */
function missingIndexes(required: Condition[], alternatives: Condition[]): string[][] {
  const indexable = required.filter(isIndexable)
  if (indexable.length > 0)
    return [fieldsToIndex(indexable)]
  // If one condition with `OR` cannot use an index, the whole table is read anyway.
  if (!alternatives.every(isIndexable))
    return []
  return alternatives.map(condition => fieldsToIndex([condition]))
}

/** The fields of an index, those with one value first, since no field after a range can use it. */
function fieldsToIndex(conditions: Condition[]): string[] {
  const isRange = ({ operator }: Condition): boolean => operator !== 'eq' && operator !== 'in'
  const equal = conditions.filter(condition => !isRange(condition))
  const [range] = conditions.filter(isRange)
  return [...new Set([...equal, ...range ? [range] : []].map(({ field }) => field))]
}
