/** Checks arguments, results and documents against their validators. */
import type { Value } from 'convex/values'
import type { ObjectJSON, ValidatorJSON } from './validator-json.ts'
import { CommitTsPlaceholder, compareValues } from 'convex/values'
import { isObject, printValue } from './print-value.ts'
import { decodeLiteral, printValidator, sortByName, sortedFields } from './validator-json.ts'

/** Finds the name of an id's table. Returns `undefined` for a text that is not an id. */
export type TableOfId = (id: string) => string | undefined

/**
 * Describes how a value violates its validator, with Convex's message. Returns `null` if the value
 * is valid.
 */
export function findViolation(validator: ValidatorJSON, value: Value | undefined, tableOf: TableOfId): string | null {
  return check(validator, value, { tableOf, path: '' })
}

interface Context {
  tableOf: TableOfId
  /** The path of the value, such as `.items[2].name`. */
  path: string
}

function check(validator: ValidatorJSON, value: Value | undefined, context: Context): string | null {
  switch (validator.type) {
    case 'array':
      if (Array.isArray(value))
        return checkItems(validator.value, value, context)
      break
    case 'record':
      if (isObject(value))
        return checkRecord(validator, value, context)
      break
    case 'object':
      if (isObject(value))
        return checkObject(validator, value, context)
      break
    case 'id':
      if (typeof value === 'string')
        return checkId(validator, value, context)
      break
    case 'union':
      return checkUnion(validator, value, context)
    case 'literal':
      return checkLiteral(validator, value, context)
    default:
      if (isOfType(validator.type, value))
        return null
  }
  return mismatch(validator, value, context)
}

function checkItems(validator: ValidatorJSON, items: Value[], context: Context): string | null {
  return firstViolation(items.entries(), ([index, item]) => check(validator, item, at(context, `[${index}]`)))
}

function checkRecord(
  { keys, values }: ValidatorJSON & { type: 'record' },
  record: Record<string, Value>,
  context: Context,
): string | null {
  return firstViolation(presentFields(record), ([key, value]) =>
    check(keys, key, at(context, '.keys()')) ?? check(values.fieldType, value, at(context, '.values()')))
}

function checkObject(validator: ObjectJSON, object: Record<string, Value>, context: Context): string | null {
  const violation = firstViolation(sortedFields(validator), ([name, { fieldType, optional }]) => {
    const value = ownField(object, name)
    if (value !== undefined)
      return check(fieldType, value, at(context, `.${name}`))
    if (optional)
      return null
    const problem = `Object is missing the required field \`${name}\`. `
      + 'Consider wrapping the field validator in `v.optional(...)` if this is expected.'
    return describe(problem, 'Object', object, validator, context)
  })
  if (violation !== null)
    return violation
  const [extra] = presentFields(object, name => !Object.hasOwn(validator.value, name))
  if (!extra)
    return null
  const problem = `Object contains extra field \`${extra[0]}\` that is not in the validator.`
  return describe(problem, 'Object', object, validator, context)
}

function checkUnion(
  validator: ValidatorJSON & { type: 'union' },
  value: Value | undefined,
  context: Context,
): string | null {
  const [first] = validator.value
  if (first && validator.value.length === 1)
    return check(first, value, context)
  if (validator.value.some(member => check(member, value, context) === null))
    return null
  return mismatch(validator, value, context)
}

function checkLiteral(
  validator: ValidatorJSON & { type: 'literal' },
  value: Value | undefined,
  context: Context,
): string | null {
  if (compareValues(value, decodeLiteral(validator.value)) === 0)
    return null
  const problem = `\`${printValue(value)}\` does not match literal validator \`${printValidator(validator)}\`.`
  return problem + printPath(context)
}

function checkId(validator: ValidatorJSON & { type: 'id' }, id: string, context: Context): string | null {
  const table = context.tableOf(id)
  if (table === undefined)
    return mismatch(validator, id, context)
  if (table === validator.tableName)
    return null
  const origin = table.startsWith('_') ? 'a system table' : `table \`${table}\``
  const expected = `the table name in validator \`${printValidator(validator)}\`.`
  return `Found ID "${id}" from ${origin}, which does not match ${expected}${printPath(context)}`
}

function isOfType(type: string, value: Value | undefined): boolean {
  switch (type) {
    case 'any':
      return true
    case 'null':
      return value === null
    case 'bytes':
      return value instanceof ArrayBuffer
    case 'bigint':
    case 'commitTs':
      // A commit timestamp is an int64 as soon as the mutation has been committed.
      return typeof value === 'bigint' || (value as unknown) instanceof CommitTsPlaceholder
    default:
      // eslint-disable-next-line valid-typeof -- the validators have the names of `typeof`
      return typeof value === type
  }
}

function mismatch(validator: ValidatorJSON, value: Value | undefined, context: Context): string {
  return describe('Value does not match validator.', 'Value', value, validator, context)
}

function describe(
  problem: string,
  label: 'Value' | 'Object',
  value: Value | undefined,
  validator: ValidatorJSON,
  context: Context,
): string {
  return `${problem}\n${printPath(context)}\n${label}: ${printValue(value)}\nValidator: ${printValidator(validator)}`
}

function at({ tableOf, path }: Context, step: string): Context {
  return { tableOf, path: path + step }
}

function printPath({ path }: Context): string {
  return path && `Path: ${path}`
}

/** Ignores the properties that every object of JavaScript inherits, such as `constructor`. */
function ownField(object: Record<string, Value>, name: string): Value | undefined {
  if (Object.hasOwn(object, name))
    return object[name]
  return undefined
}

/** The fields whose names match, in Convex's order. Only these are sorted. */
function presentFields(
  object: Record<string, Value>,
  matches: (name: string) => boolean = () => true,
): [name: string, value: Value][] {
  return sortByName(Object.entries(object).filter(([name, value]) => value !== undefined && matches(name)))
}

function firstViolation<Item>(items: Iterable<Item>, find: (item: Item) => string | null): string | null {
  for (const item of items) {
    const violation = find(item)
    if (violation !== null)
      return violation
  }
  return null
}
