/** Convex's limits of single values: documents, arguments and results. */
import type { Value } from 'convex/values'
import type { LimitPolicy } from './limits.ts'
import type { DocumentValue } from './types.ts'
import { getConvexSize, getDocumentSize } from 'convex/values'
import { formatBytes } from './format-bytes.ts'
import { WARNING_SHARE } from './limits.ts'
import { isObject } from './print-value.ts'

const MIB = 2 ** 20

export const VALUE_LIMITS = {
  documentBytes: MIB,
  documentNesting: 16,
  /** The nesting of arguments and results. */
  nesting: 64,
  fields: 1024,
  arrayLength: 8192,
  /** The size of arguments, and of results. */
  transferredBytes: 16 * MIB,
}

/** Checks a document, and returns its size in bytes, including the system fields. */
export function checkDocument(document: DocumentValue, policy: LimitPolicy): number {
  checkShape(document as Value, policy)
  const nesting = nestingOf(document as Value)
  if (nesting > VALUE_LIMITS.documentNesting) {
    const limit = `maximum nesting ${VALUE_LIMITS.documentNesting}`
    policy.exceeded('InvalidDocumentError', `Document is too nested (nested ${nesting} levels deep > ${limit})`)
  }
  const size = getDocumentSize(document as Record<string, Value>)
  if (size > VALUE_LIMITS.documentBytes) {
    const limit = `maximum size ${formatBytes(VALUE_LIMITS.documentBytes)}`
    policy.exceeded('ValueTooLargeError', `Value is too large (${formatBytes(size)} > ${limit})`)
  }
  return size
}

/** Checks the arguments of a function, and returns their size in bytes. */
export function checkArguments(functionName: string, args: Value, policy: LimitPolicy): number {
  return checkTransferred(`Arguments for ${functionName} are too large`, args, policy)
}

/** Checks the result of a function, and returns its size in bytes. */
export function checkResult(functionName: string, result: Value, policy: LimitPolicy): number {
  return checkTransferred(`Function ${functionName} return value is too large`, result, policy)
}

/** Warns of arguments or a result of nearly the size that Convex allows. */
export function warnOfSize(warning: string, size: number, policy: LimitPolicy): void {
  const limit = VALUE_LIMITS.transferredBytes
  if (size > WARNING_SHARE * limit && size <= limit)
    policy.warn(`${warning} (actual: ${size} bytes, limit: ${limit} bytes).`)
}

function checkTransferred(problem: string, value: Value, policy: LimitPolicy): number {
  checkShape(value, policy)
  const nesting = nestingOf(value)
  if (nesting > VALUE_LIMITS.nesting) {
    const maximum = `maximum nesting ${VALUE_LIMITS.nesting}`
    policy.exceeded('TooNestedError', `Value is too nested (nested ${nesting} levels deep > ${maximum})`)
  }
  const size = getConvexSize(value)
  const limit = VALUE_LIMITS.transferredBytes
  if (size > limit)
    policy.exceeded('TooLarge', `${problem} (actual: ${formatBytes(size)}, limit: ${formatBytes(limit)})`)
  return size
}

/** Checks the lengths of all arrays and objects in a value. */
function checkShape(value: Value | undefined, policy: LimitPolicy): void {
  if (Array.isArray(value)) {
    if (value.length > VALUE_LIMITS.arrayLength) {
      const limit = `maximum length ${VALUE_LIMITS.arrayLength}`
      policy.exceeded('ArrayTooLong', `Array length is too long (${value.length} > ${limit})`)
    }
    for (const item of value)
      checkShape(item, policy)
  }
  else if (isObject(value)) {
    const fields = Object.values(value).filter(field => field !== undefined)
    if (fields.length > VALUE_LIMITS.fields) {
      const limit = `maximum number ${VALUE_LIMITS.fields}`
      policy.exceeded('TooManyFields', `Object has too many fields (${fields.length} > ${limit})`)
    }
    for (const field of fields)
      checkShape(field, policy)
  }
}

/** Primitive values are not nested. Each array and each object adds one level. */
function nestingOf(value: Value | undefined): number {
  if (Array.isArray(value))
    return 1 + deepest(value)
  if (isObject(value))
    return 1 + deepest(Object.values(value))
  return 0
}

function deepest(values: (Value | undefined)[]): number {
  let nesting = 0
  for (const value of values)
    nesting = Math.max(nesting, nestingOf(value))
  return nesting
}
