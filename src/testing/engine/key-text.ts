/** Keys as texts, since a `Map` compares arrays of bytes by reference. */
import type { Key } from './types.ts'
import { Buffer } from 'node:buffer'

/** Each character is one byte of the key. */
export function keyText(key: Key): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
