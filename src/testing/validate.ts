/** Checks arguments and results of functions against their validators. */
import type { Value } from 'convex/values'
import { Buffer } from 'node:buffer'
import { CommitTsPlaceholder } from 'convex/values'
import { tableOf } from './tracking.ts'

/** A validator as `exportArgs` and `exportReturns` of a function describe it. */
export type ValidatorJSON
  = | ScalarJSON
    | { type: 'array', value: ValidatorJSON }
    | { type: 'record', keys: ValidatorJSON, values: FieldJSON }
    | ObjectJSON
    | { type: 'union', value: ValidatorJSON[] }

type ScalarJSON
  = | { type: 'null' | 'number' | 'bigint' | 'boolean' | 'string' | 'bytes' | 'any' | 'commitTs' }
    | { type: 'literal', value: LiteralJSON }
    | { type: 'id', tableName: string }

interface ObjectJSON {
  type: 'object'
  value: Record<string, FieldJSON>
}

interface FieldJSON {
  fieldType: ValidatorJSON
  optional: boolean
}

type LiteralJSON = string | number | boolean | { $integer: string }

/**
 * Describes, in Convex's words, how a value violates its validator; `null` if the value is valid.
 */
export function findViolation(validator: ValidatorJSON, value: Value | undefined, path = ''): string | null {
  const mismatch = (): string => describe('Value does not match validator.', path, 'Value', value, validator)
  switch (validator.type) {
    case 'array':
      if (!Array.isArray(value))
        return mismatch()
      return firstViolation(value.entries(), ([index, item]) => findViolation(validator.value, item, `${path}[${index}]`))
    case 'record':
      if (!isPlainObject(value))
        return mismatch()
      return firstViolation(Object.entries(value), ([key, entry]) =>
        findViolation(validator.keys, key, `${path}.keys()`) ?? findViolation(validator.values.fieldType, entry, `${path}.values()`))
    case 'object':
      return isPlainObject(value) ? findObjectViolation(validator, value, path) : mismatch()
    case 'union':
      return validator.value.some(member => findViolation(member, value) === null) ? null : mismatch()
    default:
      return isScalar(validator, value) ? null : mismatch()
  }
}

function findObjectViolation(validator: ObjectJSON, value: Record<string, Value>, path: string): string | null {
  const fields = Object.entries(validator.value)
  const missing = fields.find(([name, { optional }]) => !optional && value[name] === undefined)
  if (missing) {
    const problem = `Object is missing the required field \`${missing[0]}\`. Consider wrapping the field validator in \`v.optional(...)\` if this is expected.`
    return describe(problem, path, 'Object', value, validator)
  }
  const extra = Object.keys(value).find(name => !Object.hasOwn(validator.value, name))
  if (extra !== undefined)
    return describe(`Object contains extra field \`${extra}\` that is not in the validator.`, path, 'Object', value, validator)
  return firstViolation(fields, ([name, { fieldType }]) =>
    value[name] === undefined ? null : findViolation(fieldType, value[name], `${path}.${name}`))
}

function isScalar(validator: ScalarJSON, value: Value | undefined): boolean {
  switch (validator.type) {
    case 'any':
      return true
    case 'null':
      return value === null
    case 'bytes':
      return value instanceof ArrayBuffer
    case 'commitTs':
      return typeof value === 'bigint' || (value as unknown) instanceof CommitTsPlaceholder
    case 'literal':
      return value === decodeLiteral(validator.value)
    case 'id':
      return typeof value === 'string' && /^\d/.test(value) && tableOf(value) === validator.tableName
    default:
      // eslint-disable-next-line valid-typeof -- these validators are named after what `typeof` gives
      return typeof value === validator.type
  }
}

function firstViolation<Item>(items: Iterable<Item>, find: (item: Item) => string | null): string | null {
  for (const item of items) {
    const violation = find(item)
    if (violation !== null)
      return violation
  }
  return null
}

function isPlainObject(value: Value | undefined): value is Record<string, Value> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ArrayBuffer)
}

/** Decodes a literal. An int64 is encoded as its eight bytes. */
function decodeLiteral(literal: LiteralJSON): Value {
  return typeof literal === 'object' ? Buffer.from(literal.$integer, 'base64').readBigInt64LE() : literal
}

function describe(problem: string, path: string, label: 'Value' | 'Object', value: Value | undefined, validator: ValidatorJSON): string {
  return `${problem}\n${path && `Path: ${path}`}\n${label}: ${printValue(value)}\nValidator: ${print(validator)}`
}

const SCALAR_NAMES = { number: 'float64', bigint: 'int64' } as Record<string, string>

function print(validator: ValidatorJSON): string {
  switch (validator.type) {
    case 'literal':
      return `v.literal(${printValue(decodeLiteral(validator.value))})`
    case 'id':
      return `v.id("${validator.tableName}")`
    case 'array':
      return `v.array(${print(validator.value)})`
    case 'record':
      return `v.record(${print(validator.keys)}, ${print(validator.values.fieldType)})`
    case 'object':
      return `v.object({${Object.keys(validator.value).sort().map(name => `${name}: ${printField(validator.value[name]!)}`).join(', ')}})`
    case 'union':
      return `v.union(${validator.value.map(print).join(', ')})`
    default:
      return `v.${SCALAR_NAMES[validator.type] ?? validator.type}()`
  }
}

function printField({ fieldType, optional }: FieldJSON): string {
  return optional ? `v.optional(${print(fieldType)})` : print(fieldType)
}

function printValue(value: Value | undefined): string {
  if (typeof value === 'number')
    return Number.isInteger(value) ? `${value}.0` : String(value)
  if (typeof value === 'string')
    return JSON.stringify(value)
  if (Array.isArray(value))
    return `[${value.map(printValue).join(', ')}]`
  if (value instanceof ArrayBuffer)
    return `b"${Buffer.from(value).toString('base64')}"`
  if (isPlainObject(value))
    return `{${Object.keys(value).sort().map(key => `${key}: ${printValue(value[key])}`).join(', ')}}`
  return String(value)
}
