/** Prints values in the notation of Convex's error messages. */
import type { Value } from 'convex/values'
import { Buffer } from 'node:buffer'
import { CommitTsPlaceholder } from 'convex/values'

/** The bounds between which Convex prints floats without an exponent. */
const SMALLEST_PLAIN = 1e-5
const LARGEST_PLAIN = 1e16

const TYPE_NAMES: Record<string, string | undefined> = {
  undefined: 'undefined',
  bigint: 'Int64',
  number: 'Float64',
  boolean: 'Boolean',
  string: 'String',
}

export function printValue(value: Value | undefined): string {
  if (typeof value === 'number')
    return printFloat(value)
  if (typeof value === 'string')
    return JSON.stringify(value)
  if (Array.isArray(value))
    return `[${value.map(printValue).join(', ')}]`
  if (value instanceof ArrayBuffer)
    return `b"${Buffer.from(value).toString('base64')}"`
  if (isObject(value))
    return `{${Object.keys(value).sort().map(key => `${key}: ${printValue(value[key])}`).join(', ')}}`
  return String(value)
}

/** The name of a value's type. */
export function typeName(value: Value | undefined): string {
  if (value === null)
    return 'Null'
  if (value instanceof ArrayBuffer)
    return 'Bytes'
  if (Array.isArray(value))
    return 'Array'
  return TYPE_NAMES[typeof value] ?? 'Object'
}

/** Returns whether a value is an object with fields. */
export function isObject(value: Value | undefined): value is Record<string, Value> {
  return typeof value === 'object'
    && value !== null
    && !Array.isArray(value)
    && !(value instanceof ArrayBuffer)
    // The placeholder for the timestamp of a commit is an object, but stands for an int64.
    && !((value as unknown) instanceof CommitTsPlaceholder)
}

function printFloat(value: number): string {
  if (Number.isNaN(value))
    return 'NaN'
  if (!Number.isFinite(value))
    return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0))
    return '-0.0'
  const size = Math.abs(value)
  if (size !== 0 && (size < SMALLEST_PLAIN || size >= LARGEST_PLAIN))
    return value.toExponential().replace('e+', 'e')
  if (Number.isInteger(value))
    return `${value}.0`
  return String(value)
}
