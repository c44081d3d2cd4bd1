/** Document ids in the form of Convex: table number, 16 bytes and a checksum, as base32 text. */
import { Buffer } from 'node:buffer'
import { randomFillSync } from 'node:crypto'

/**
 * Crockford's alphabet. Its characters are in ASCII order, so the ids of a table sort like their
 * bytes.
 */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** The digit of each ASCII character, -1 for a character that is not a digit. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)))

const INTERNAL_BYTES = 16
const RANDOM_BYTES = 14
const CHECKSUM_BYTES = 2
/** The length of an id varies, because its table number takes one to five bytes. */
const MIN_LENGTH = 31
const MAX_LENGTH = 37
const MAX_TABLE_NUMBER = 2 ** 32 - 1
const DAY_MS = 86_400_000

/** Each read of random bytes from the operating system is slow, so one read serves 256 ids. */
const pool = Buffer.alloc(RANDOM_BYTES * 256)
let poolOffset = pool.length

/**
 * The characters of the id that is being encoded: one text from all of them is faster than a text
 * for each character.
 */
const characters = Buffer.alloc(MAX_LENGTH)

export interface DecodedId {
  /** The table number. */
  table: number
  bytes: Uint8Array
}

/** The 16 bytes for a new id: 14 random bytes, and the days from 1970 to the creation time. */
export function newIdBytes(creationTime: number): Uint8Array {
  if (poolOffset === pool.length) {
    randomFillSync(pool)
    poolOffset = 0
  }
  const bytes = new Uint8Array(INTERNAL_BYTES)
  bytes.set(pool.subarray(poolOffset, poolOffset + RANDOM_BYTES))
  poolOffset += RANDOM_BYTES
  const day = Math.floor(creationTime / DAY_MS)
  bytes[RANDOM_BYTES] = (day >> 8) & 0xFF
  bytes[RANDOM_BYTES + 1] = day & 0xFF
  return bytes
}

/** The text of an id. */
export function encodeId(tableNumber: number, bytes: Uint8Array): string {
  const binary: number[] = []
  let rest = tableNumber
  // Each byte has seven bits, the lowest first. The highest bit means that another byte follows.
  while (rest >= 0x80) {
    binary.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  binary.push(rest, ...bytes)
  const checksum = fletcher16(binary, binary.length)
  binary.push(checksum & 0xFF, checksum >> 8)
  return toBase32(binary)
}

/** The parts of an id, or `undefined` if the text is not the canonical form of an id. */
export function decodeId(text: string): DecodedId | undefined {
  // Long texts are refused before they are decoded, since decoding them takes time.
  if (text.length < MIN_LENGTH || text.length > MAX_LENGTH)
    return undefined
  const binary = fromBase32(text)
  if (!binary)
    return undefined

  let table = 0
  let position = 0
  let scale = 1
  for (;;) {
    const byte = binary[position++]
    if (byte === undefined || position > 5)
      return undefined
    table += (byte & 0x7F) * scale
    scale *= 0x80
    if (byte < 0x80)
      break
  }
  const end = position + INTERNAL_BYTES
  if (binary.length !== end + CHECKSUM_BYTES || table === 0 || table > MAX_TABLE_NUMBER)
    return undefined
  if (fletcher16(binary, end) !== (binary[end]! | (binary[end + 1]! << 8)))
    return undefined

  const bytes = Uint8Array.from(binary.slice(position, end))
  // Other texts would have the same parts: with needless bytes in the table number, or with other
  // unused bits in the last character.
  if (encodeId(table, bytes) !== text)
    return undefined
  return { table, bytes }
}

function fletcher16(bytes: ArrayLike<number>, length: number): number {
  let low = 0
  let high = 0
  for (let index = 0; index < length; index++) {
    low = (low + bytes[index]!) & 0xFF
    high = (high + low) & 0xFF
  }
  return (high << 8) | low
}

function toBase32(bytes: readonly number[]): string {
  let length = 0
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      characters[length++] = ALPHABET.charCodeAt((buffer >> bits) & 31)
    }
    buffer &= (1 << bits) - 1
  }
  if (bits > 0)
    characters[length++] = ALPHABET.charCodeAt((buffer << (5 - bits)) & 31)
  return characters.toString('latin1', 0, length)
}

function fromBase32(text: string): number[] | undefined {
  const bytes: number[] = []
  let buffer = 0
  let bits = 0
  for (let index = 0; index < text.length; index++) {
    const digit = DIGITS[text.charCodeAt(index)] ?? -1
    if (digit < 0)
      return undefined
    buffer = (buffer << 5) | digit
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((buffer >> bits) & 0xFF)
      buffer &= (1 << bits) - 1
    }
  }
  return bytes
}
