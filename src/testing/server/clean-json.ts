/** The JSON of Convex's HTTP API with `format: 'json'`, which is easier to read and loses types. */
import type { JSONValue, Value } from 'convex/values'
import { Buffer } from 'node:buffer'
import { jsonToConvex } from 'convex/values'

/** Writes an int64 as a string, bytes as base64, and floats such as `NaN` as their names. */
export function toCleanJson(encoded: JSONValue): JSONValue {
  return clean(jsonToConvex(encoded))
}

function clean(value: Value): JSONValue {
  if (typeof value === 'bigint')
    return String(value)
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : String(value)
  if (value instanceof ArrayBuffer)
    return Buffer.from(value).toString('base64')
  if (Array.isArray(value))
    return value.map(clean)
  if (value === null || typeof value !== 'object')
    return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, clean(field!)]))
}
