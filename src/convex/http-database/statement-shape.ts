/** Checks the statements of a request: their form, and that they use only Better Auth's tables. */
import type { Condition, Join, Reference, Statement } from '../database/statement.ts'
import { setupError } from '../setup-error.ts'

type Check = (value: unknown) => boolean

const OPERATORS = new Set<string>([
  'eq',
  'ne',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'not_in',
  'contains',
  'starts_with',
  'ends_with',
] satisfies Condition['operator'][])

const isString: Check = value => typeof value === 'string'
const isBoolean: Check = value => typeof value === 'boolean'
const isNumber: Check = value => typeof value === 'number'
const isCount: Check = value => Number.isSafeInteger(value) && (value as number) >= 0
const oneOf = (...values: string[]): Check => value => values.includes(value as string)
const nullOr = (check: Check): Check => value => value === null || check(value)
const listOf = (check: Check): Check => value => Array.isArray(value) && value.every(check)

/** An object with exactly these properties. */
function objectOf(properties: Record<string, Check>): Check {
  const names = Object.keys(properties)
  return value => isRecord(value)
    && Object.keys(value).length === names.length
    && names.every(name => Object.hasOwn(value, name) && properties[name]!(value[name]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ArrayBuffer)
}

/** The values of fields. Fields whose names begin with `_` are set only by Convex. */
function rowOf(check: Check): Check {
  return value =>
    isRecord(value) && Object.entries(value).every(([name, item]) => !name.startsWith('_') && check(item))
}

const isStored: Check = value => value === null || isString(value) || isNumber(value) || isBoolean(value)
  || (Array.isArray(value) && value.every(isStored))

const isCondition = objectOf({
  field: isString,
  operator: value => OPERATORS.has(value as string),
  value: isStored,
  connector: oneOf('AND', 'OR'),
  isInsensitive: isBoolean,
} satisfies Record<keyof Condition, Check>)

const isJoin = objectOf({
  name: isString,
  table: isString,
  on: objectOf({ from: isString, to: isString }),
  limit: nullOr(isCount),
} satisfies Record<keyof Join, Check>)

const isEnd = objectOf({ table: isString, field: isString })
const isReference = objectOf({
  from: isEnd,
  to: isEnd,
  action: oneOf('cascade', 'set null'),
} satisfies Record<keyof Reference, Check>)

const isOnUnindexed = oneOf('refuse', 'warn')
const isWhere = listOf(isCondition)
const isScope = oneOf('first', 'all')
const isUnique = listOf(listOf(isString))

type Shapes = { [Type in Statement['type']]: Record<keyof Extract<Statement, { type: Type }>, Check> }

const SHAPES: Shapes = {
  find: {
    type: isString,
    table: isString,
    where: isWhere,
    joins: listOf(isJoin),
    select: listOf(isString),
    sortBy: nullOr(objectOf({ field: isString, direction: oneOf('asc', 'desc') })),
    offset: isCount,
    limit: nullOr(isCount),
    onUnindexed: isOnUnindexed,
  },
  count: { type: isString, table: isString, where: isWhere, onUnindexed: isOnUnindexed },
  create: { type: isString, table: isString, data: rowOf(() => true), unique: isUnique, onUnindexed: isOnUnindexed },
  update: {
    type: isString,
    table: isString,
    where: isWhere,
    changes: rowOf(() => true),
    increments: rowOf(isNumber),
    unique: isUnique,
    scope: isScope,
    onUnindexed: isOnUnindexed,
  },
  delete: {
    type: isString,
    table: isString,
    where: isWhere,
    references: listOf(isReference),
    scope: isScope,
    onUnindexed: isOnUnindexed,
  },
}

/** Whether a value is a statement with exactly the properties of its type. */
export function isStatement(value: unknown): value is Statement {
  if (!isRecord(value) || typeof value.type !== 'string' || !Object.hasOwn(SHAPES, value.type))
    return false
  return objectOf(SHAPES[value.type as Statement['type']])(value)
}

/**
 * Refuses a statement that reads or writes a table other than these, even in a join or because a
 * row is deleted. The sender knows the secret, but must not reach the other tables of the app.
 *
 * @throws ConvueError `AUTH_TABLE_REFUSED`
 */
export function checkTables(statement: Statement, tables: readonly string[]): void {
  const refused = tablesOf(statement).find(table => !tables.includes(table))
  if (refused !== undefined)
    throw setupError('AUTH_TABLE_REFUSED', refused)
}

function tablesOf(statement: Statement): string[] {
  switch (statement.type) {
    case 'find': return [statement.table, ...statement.joins.map(({ table }) => table)]
    case 'delete': return [statement.table, ...statement.references.flatMap(({ from, to }) => [from.table, to.table])]
    default: return [statement.table]
  }
}
