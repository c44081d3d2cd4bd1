/** Encodes lists of values as bytes that sort in the order of Convex's function `compareValues`. */
import type { Value } from 'convex/values'
import type { IndexInfo, Interval, Key } from './types.ts'
import { Buffer } from 'node:buffer'
import { jsonToConvex } from 'convex/values'

/**
 * Each value begins with the tag of its type. Tags are greater than the terminator and less than
 * the escape byte, so a list sorts before all lists that begin with it.
 */
const TAGS = {
  undefined: 0x01,
  null: 0x03,
  int64: 0x08,
  float64: 0x0D,
  false: 0x0E,
  true: 0x0F,
  string: 0x10,
  bytes: 0x11,
  array: 0x12,
  object: 0x15,
} as const
const TERMINATOR = 0x00
/**
 * The byte that follows each zero byte in a string or a byte array. No value begins with this byte.
 */
export const ESCAPE = 0xFF

/** The placeholder for the timestamp of the commit, which `convex/values` does not export. */
const COMMIT_TIMESTAMP: unknown = jsonToConvex({ $commitTs: null })

const SIGN_BIT = 1n << 63n
const MAX_INT64 = SIGN_BIT - 1n

/** The lower or the upper end of a range of values. */
export interface Bound {
  value: Value | undefined
  isInclusive: boolean
}

/** Keys are built here and copied when they are complete. */
let scratch = Buffer.allocUnsafe(1024)
let length = 0

/** The key of a list of values. `undefined` stands for a missing field. */
export function encodeKey(values: readonly (Value | undefined)[]): Key {
  length = 0
  for (const value of values)
    write(value)
  return new Uint8Array(scratch.subarray(0, length))
}

/** The key of a document in an index: the values of the index's fields, and the id. */
export function documentKey(index: IndexInfo, id: string, document: Record<string, Value | undefined>): Key {
  length = 0
  for (const field of index.fields) {
    if (field !== '_id')
      write(valueAt(document, field))
  }
  write(id)
  return new Uint8Array(scratch.subarray(0, length))
}

/** The least key that is greater than all keys that begin with this one. */
export function afterPrefix(key: Key): Key {
  const end = new Uint8Array(key.length + 1)
  end.set(key)
  end[key.length] = ESCAPE
  return end
}

/**
 * The interval of keys that begin with the values `equal`, followed by a value between the bounds.
 */
export function keyInterval(equal: readonly (Value | undefined)[], lower?: Bound, upper?: Bound): Interval {
  const prefix = encodeKey(equal)
  let { start, end }: Interval = { start: prefix, end: equal.length === 0 ? null : afterPrefix(prefix) }
  if (lower) {
    const key = encodeKey([...equal, lower.value])
    start = lower.isInclusive ? key : afterPrefix(key)
  }
  if (upper) {
    const key = encodeKey([...equal, upper.value])
    end = upper.isInclusive ? afterPrefix(key) : key
  }
  return { start, end }
}

/** The value at a path like `a.b`, `undefined` if there is none. */
export function valueAt(document: Record<string, Value | undefined>, path: string): Value | undefined {
  if (!path.includes('.'))
    return Object.hasOwn(document, path) ? document[path] : undefined
  let value: unknown = document
  for (const field of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, field))
      return undefined
    value = value[field]
  }
  return value as Value | undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ArrayBuffer)
}

function write(value: unknown): void {
  switch (typeof value) {
    case 'undefined':
      return writeByte(TAGS.undefined)
    case 'bigint':
      return writeInt64(value)
    case 'number':
      return writeFloat64(value)
    case 'boolean':
      return writeByte(value ? TAGS.true : TAGS.false)
    case 'string':
      return writeString(value)
    default:
      return writeCompound(value)
  }
}

function writeCompound(value: unknown): void {
  if (value === null)
    return writeByte(TAGS.null)
  if (value instanceof ArrayBuffer)
    return writeEscaped(TAGS.bytes, new Uint8Array(value))
  if (Array.isArray(value)) {
    writeByte(TAGS.array)
    for (const element of value)
      write(element)
    return writeByte(TERMINATOR)
  }
  if (value === COMMIT_TIMESTAMP) {
    // The timestamp is not known before the commit. Until then it sorts after all other integers.
    return writeInt64(MAX_INT64)
  }
  const fields = value as Record<string, unknown>
  writeByte(TAGS.object)
  for (const name of Object.keys(fields).sort()) {
    if (fields[name] === undefined)
      continue
    writeString(name)
    write(fields[name])
  }
  writeByte(TERMINATOR)
}

function writeInt64(value: bigint): void {
  reserve(9)
  scratch[length] = TAGS.int64
  // The offset makes negative numbers sort before positive ones.
  scratch.writeBigUInt64BE(value + SIGN_BIT, length + 1)
  length += 9
}

function writeFloat64(value: number): void {
  reserve(9)
  scratch[length] = TAGS.float64
  // Every NaN gets the same bits, since JavaScript does not distinguish NaNs.
  scratch.writeDoubleBE(Number.isNaN(value) ? Number.NaN : value, length + 1)
  const start = length + 1
  length += 9
  if (scratch[start]! < 0x80) {
    scratch[start]! ^= 0x80
    return
  }
  // Negative numbers have all bits inverted, so that greater magnitudes sort first.
  for (let index = start; index < length; index++)
    scratch[index]! ^= 0xFF
}

function writeString(text: string): void {
  // Most strings are short and have no zero byte to escape, so they need no second buffer.
  const maximum = text.length * 3
  if (maximum < 512 && !text.includes('\0')) {
    reserve(maximum + 2)
    scratch[length++] = TAGS.string
    length += scratch.write(text, length)
    scratch[length++] = TERMINATOR
    return
  }
  writeEscaped(TAGS.string, Buffer.from(text))
}

function writeEscaped(tag: number, bytes: Uint8Array): void {
  reserve(bytes.length * 2 + 2)
  scratch[length++] = tag
  for (const byte of bytes) {
    scratch[length++] = byte
    if (byte === TERMINATOR)
      scratch[length++] = ESCAPE
  }
  scratch[length++] = TERMINATOR
}

function writeByte(byte: number): void {
  reserve(1)
  scratch[length++] = byte
}

function reserve(bytes: number): void {
  if (length + bytes <= scratch.length)
    return
  const grown = Buffer.allocUnsafe(Math.max(scratch.length * 2, length + bytes))
  grown.set(scratch.subarray(0, length))
  scratch = grown
}
