/** Validators as `convex/values` exports them, and their notation in error messages. */
import type { JSONValue, Value } from 'convex/values'
import { jsonToConvex } from 'convex/values'

/** A validator of arguments, of a result, or of a document. */
export type ValidatorJSON
  = | { type: 'null' | 'number' | 'bigint' | 'boolean' | 'string' | 'bytes' | 'any' | 'commitTs' }
    | { type: 'literal', value: JSONValue }
    | { type: 'id', tableName: string }
    | { type: 'array', value: ValidatorJSON }
    | { type: 'record', keys: ValidatorJSON, values: FieldJSON }
    | ObjectJSON
    | { type: 'union', value: ValidatorJSON[] }

export interface ObjectJSON {
  type: 'object'
  value: Record<string, FieldJSON>
}

export interface FieldJSON {
  fieldType: ValidatorJSON
  optional: boolean
}

export function decodeLiteral(literal: JSONValue): Value {
  return jsonToConvex(literal)
}

export function printValidator(validator: ValidatorJSON): string {
  switch (validator.type) {
    case 'literal':
      return `v.literal(${printLiteral(validator.value)})`
    case 'id':
      return `v.id("${validator.tableName}")`
    case 'array':
      return `v.array(${printValidator(validator.value)})`
    case 'record':
      return `v.record(${printValidator(validator.keys)}, ${printValidator(validator.values.fieldType)})`
    case 'object':
      return `v.object({${sortedFields(validator).map(printField).join(', ')}})`
    case 'union':
      return `v.union(${validator.value.map(printValidator).join(', ')})`
    case 'number':
      return 'v.float64()'
    case 'bigint':
      return 'v.int64()'
    default:
      return `v.${validator.type}()`
  }
}

/** The sorted fields of each validator, since sorting takes longer than checking most objects. */
const sorted = new WeakMap<ObjectJSON, readonly [name: string, field: FieldJSON][]>()

/** Convex checks and prints the fields of an object in this order. A validator never changes. */
export function sortedFields(validator: ObjectJSON): readonly [name: string, field: FieldJSON][] {
  let fields = sorted.get(validator)
  if (!fields) {
    fields = sortByName(Object.entries(validator.value))
    sorted.set(validator, fields)
  }
  return fields
}

/** `<` is enough to sort the names, because they are ASCII and all different. */
export function sortByName<Item>(fields: [name: string, item: Item][]): [name: string, item: Item][] {
  return fields.sort(([one], [other]) => one < other ? -1 : 1)
}

function printField([name, { fieldType, optional }]: [name: string, field: FieldJSON]): string {
  const printed = printValidator(fieldType)
  if (optional)
    return `${name}: v.optional(${printed})`
  return `${name}: ${printed}`
}

/**
 * Convex prints a placeholder for literals that JSON cannot express. It prints floats with a
 * decimal point.
 */
function printLiteral(literal: JSONValue): string {
  const value = decodeLiteral(literal)
  if (typeof value === 'bigint')
    return '<bigint>'
  if (typeof value !== 'number')
    return JSON.stringify(value)
  if (!Number.isFinite(value))
    return '<number>'
  if (Number.isInteger(value) && Math.abs(value) < 1e16)
    return `${value}.0`
  return String(value)
}
