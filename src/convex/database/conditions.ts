/** Checks whether a row meets the conditions of a where clause. */
import type { Condition, Row, StoredValue } from './statement.ts'

/** Returns whether a row meets all conditions with `AND`, and one of the conditions with `OR`. */
export function matches(row: Row, where: Condition[]): boolean {
  const alternatives = where.filter(({ connector }) => connector === 'OR')
  return where.every(condition => condition.connector === 'OR' || holds(row, condition))
    && (alternatives.length === 0 || alternatives.some(condition => holds(row, condition)))
}

/** Returns whether a row meets one condition. A missing value is `null`. */
export function holds(row: Row, { field, operator, value, isInsensitive }: Condition): boolean {
  const stored = fold(row[field] ?? null, isInsensitive)
  const wanted = fold(value, isInsensitive)
  switch (operator) {
    case 'eq': return stored === wanted
    case 'ne': return stored !== wanted
    case 'in': return Array.isArray(wanted) && wanted.includes(stored)
    case 'not_in': return !(Array.isArray(wanted) ? wanted : [wanted]).includes(stored)
    case 'lt': return compares(stored, wanted, (left, right) => left < right)
    case 'lte': return compares(stored, wanted, (left, right) => left <= right)
    case 'gt': return compares(stored, wanted, (left, right) => left > right)
    case 'gte': return compares(stored, wanted, (left, right) => left >= right)
    case 'contains': return containsValue(stored, wanted)
    case 'starts_with': return typeof stored === 'string' && stored.startsWith(String(wanted))
    case 'ends_with': return typeof stored === 'string' && stored.endsWith(String(wanted))
  }
}

function fold(value: StoredValue, isInsensitive: boolean): StoredValue {
  if (!isInsensitive)
    return value
  if (Array.isArray(value))
    return value.map(item => fold(item, true))
  return typeof value === 'string' ? value.toLowerCase() : value
}

/** As in SQL, nothing is less or greater than `null`. */
function compares(
  stored: StoredValue,
  wanted: StoredValue,
  compare: (stored: string | number | boolean, wanted: string | number | boolean) => boolean,
): boolean {
  if (stored === null || wanted === null || Array.isArray(stored) || Array.isArray(wanted))
    return false
  return typeof stored === typeof wanted && compare(stored, wanted)
}

function containsValue(stored: StoredValue, wanted: StoredValue): boolean {
  if (Array.isArray(stored))
    return stored.includes(wanted)
  return typeof stored === 'string' && typeof wanted === 'string' && stored.includes(wanted)
}
