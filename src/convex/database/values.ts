/** Maps values and conditions of Better Auth to those that Convex stores, and back. */
import type { Condition, Operator, StoredValue } from './statement.ts'

/** The parts of a field's definition that determine how its values are stored. */
export interface FieldType {
  type: unknown
  required?: boolean | undefined
}

/**
 * The stored form of a value. A date is stored as milliseconds since 1970, as Convex stores
 * `_creationTime`, since Convex does not have dates. `createAdapterFactory` has already written
 * JSON as a string.
 */
export function toStoredValue(value: unknown, { type }: FieldType): unknown {
  if (Array.isArray(value))
    return value.map(item => toStoredValue(item, { type }))
  if (value instanceof Date)
    return value.getTime()
  if (type === 'date' && typeof value === 'string')
    return new Date(value).getTime()
  return value
}

/** The value that Better Auth expects for a stored value. */
export function fromStoredValue(value: unknown, { type }: FieldType): unknown {
  if (type === 'date' && typeof value === 'number')
    return new Date(value)
  return value
}

/** A condition as Better Auth writes it. */
export interface WhereInput {
  field: string
  value: unknown
  /** @default 'eq' */
  operator?: string | undefined
  /** @default 'AND' */
  connector?: 'AND' | 'OR' | undefined
  /** `insensitive`: strings that differ only in their case are equal. @default 'sensitive' */
  mode?: 'sensitive' | 'insensitive' | undefined
}

/** A condition with all its parts. */
export function toCondition({ field, value, operator, connector, mode }: WhereInput): Condition {
  return {
    field,
    operator: (operator ?? 'eq') as Operator,
    value: toStoredValue(value ?? null, { type: undefined }) as StoredValue,
    connector: connector ?? 'AND',
    isInsensitive: mode === 'insensitive',
  }
}
