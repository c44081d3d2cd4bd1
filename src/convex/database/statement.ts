/** The statements of the database adapter, as Convex values that functions can pass on. */

/** A value in a condition, as it is stored. */
export type StoredValue = string | number | boolean | null | StoredValue[]

/** The values of a row, by the names of the table's fields. A row that was read has an `id`. */
export type Row = Record<string, any>

export type Operator = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'not_in' | 'contains' | 'starts_with'
  | 'ends_with'

/** One condition of a where clause. */
export interface Condition {
  field: string
  operator: Operator
  value: StoredValue
  /**
   * How the condition is combined with the others: all conditions with `AND` must hold, and one of
   * those with `OR`.
   */
  connector: 'AND' | 'OR'
  /** `true` if strings that differ only in their case are equal. */
  isInsensitive: boolean
}

export interface SortBy {
  field: string
  direction: 'asc' | 'desc'
}

/** Rows of another table that are read with each row, as a property with the name of the join. */
export interface Join {
  name: string
  table: string
  /** The field of the row, and the field of the other table that has the same value. */
  on: { from: string, to: string }
  /** `null`: the property is one row or `null`. Otherwise, it is a list of at most this length. */
  limit: number | null
}

export interface FindStatement {
  type: 'find'
  table: string
  where: Condition[]
  joins: Join[]
  /** The fields to return; an empty list returns all. */
  select: string[]
  sortBy: SortBy | null
  offset: number
  /** The greatest number of rows; `null` returns all. */
  limit: number | null
  onUnindexed: OnUnindexed
}

export interface CountStatement {
  type: 'count'
  table: string
  where: Condition[]
  onUnindexed: OnUnindexed
}

export interface CreateStatement {
  type: 'create'
  table: string
  data: Row
  /** The fields, or lists of fields, whose values only one row may have. */
  unique: string[][]
  onUnindexed: OnUnindexed
}

export interface UpdateStatement {
  type: 'update'
  table: string
  where: Condition[]
  /** The fields to set. */
  changes: Row
  /** The numbers to add to fields; a missing value counts as 0. */
  increments: Record<string, number>
  unique: string[][]
  /** The rows to update: all matching rows, or only the first. */
  scope: 'first' | 'all'
  onUnindexed: OnUnindexed
}

/** A field that has the value of a field of another table, by the names in the database. */
export interface Reference {
  from: { table: string, field: string }
  to: { table: string, field: string }
  /**
   * The effect on a row with this reference when the referenced row is deleted: the row is deleted
   * too, or the field is set to `null`.
   */
  action: 'cascade' | 'set null'
}

export interface DeleteStatement {
  type: 'delete'
  table: string
  where: Condition[]
  /** The references to the rows, and to all rows that are deleted with them. */
  references: Reference[]
  scope: 'first' | 'all'
  onUnindexed: OnUnindexed
}

/** What happens at a look-up for which the table has no index: an error, or a warning. */
export type OnUnindexed = 'refuse' | 'warn'

export type ReadStatement = FindStatement | CountStatement
export type Statement = ReadStatement | WriteStatement
export type WriteStatement = CreateStatement | UpdateStatement | DeleteStatement

/** Returns whether a statement only reads. */
export function isRead(statement: Statement): statement is ReadStatement {
  return statement.type === 'find' || statement.type === 'count'
}

/** The position at which the next part of a statement begins, if several calls run its parts. */
export interface Position {
  /** The number of the source in the plan. */
  source: number
  /** The cursor in this source; `null` is its beginning. */
  cursor: string | null
  /** The number of rows that earlier parts have returned. */
  found: number
}

/** The rows of one part of a statement, and the position of the next; `null` after the last. */
export interface Part {
  rows: Row[]
  next: Position | null
}
