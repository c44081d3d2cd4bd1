/** The ranges of one index that contain all rows which meet some conditions. */
import type { Condition, StoredValue } from './statement.ts'
import type { TableIndex } from './tables.ts'

/**
 * The lower or the upper end of a range. In the order of Convex's indexes, `undefined` is before
 * `null`.
 */
export interface Bound {
  value: StoredValue | undefined
  isInclusive: boolean
}

/** One range of an index. Without a name, it is the index by creation time. */
export interface IndexRange {
  type: 'range'
  index: string | null
  /** The fields that have one value, in the order of the index. */
  equals: [field: string, value: StoredValue | undefined][]
  /** The next field of the index, if its values are limited. */
  bounds: { field: string, lower: Bound | null, upper: Bound | null } | null
}

interface Ranges {
  ranges: IndexRange[]
  /** The number of fields for which each range has exactly one value. */
  fixed: number
  /** `true` if the values of the next field are limited. */
  isBounded: boolean
}

/** A prefix followed by this character sorts after all other strings with the same prefix. */
const LAST_CHARACTER = '\u{10FFFF}'

/**
 * The ranges of an index, which use as many of its fields as possible. Rows in a range may fail
 * other conditions, so each row must be checked.
 */
export function rangesOf({ name, fields }: TableIndex, conditions: Condition[]): Ranges {
  let prefixes: IndexRange['equals'][] = [[]]
  let fixed = 0
  let hasList = false
  for (const field of fields) {
    const values = valuesOf(field, conditions, hasList)
    if (!values)
      break
    hasList ||= values.length > 1
    prefixes = prefixes.flatMap(prefix => values.map((value): IndexRange['equals'] => [...prefix, [field, value]]))
    fixed++
  }
  const next = fields[fixed]
  const bounds = next === undefined ? null : boundsOf(next, conditions)
  return {
    ranges: prefixes.map(equals => ({ type: 'range', index: name, equals, bounds })),
    fixed,
    isBounded: bounds !== null,
  }
}

/**
 * The values that a field may have according to the conditions; `null` if any other value is
 * possible too. A second field with several values also returns `null`, since there could be too
 * many combinations.
 */
function valuesOf(field: string, conditions: Condition[], hasList: boolean): (StoredValue | undefined)[] | null {
  const own = conditions.filter(condition => condition.field === field)
  const equal = own.find(({ operator }) => operator === 'eq')
  if (equal)
    return withMissing([equal.value])
  const list = own.find(({ operator }) => operator === 'in')
  if (!list || hasList)
    return null
  return withMissing([...new Set(list.value as StoredValue[])])
}

/**
 * A row without a value of the field meets the condition `null`, but is at another place of the
 * index.
 */
function withMissing(values: StoredValue[]): (StoredValue | undefined)[] {
  return values.flatMap(value => value === null ? [undefined, null] : [value])
}

function boundsOf(field: string, conditions: Condition[]): IndexRange['bounds'] {
  const own = conditions.filter(condition => condition.field === field)
  const lower = own.map(lowerBound).find(bound => bound !== null) ?? null
  const upper = own.map(upperBound).find(bound => bound !== null) ?? null
  if (lower === null && upper === null)
    return null
  // Missing values and `null` sort before all others, but are not less than anything.
  return { field, lower: lower ?? { value: null, isInclusive: false }, upper }
}

function lowerBound({ operator, value }: Condition): Bound | null {
  if (operator === 'gt' || operator === 'gte')
    return { value, isInclusive: operator === 'gte' }
  return operator === 'starts_with' ? { value, isInclusive: true } : null
}

function upperBound({ operator, value }: Condition): Bound | null {
  if (operator === 'lt' || operator === 'lte')
    return { value, isInclusive: operator === 'lte' }
  return operator === 'starts_with' ? { value: `${String(value)}${LAST_CHARACTER}`, isInclusive: false } : null
}
