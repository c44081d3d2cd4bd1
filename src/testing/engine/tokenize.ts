/** Splits texts into the terms of a search index. */
import { Buffer } from 'node:buffer'

/** Terms of this length, and longer ones, are ignored. */
const MAX_TERM_BYTES = 32

/** The terms of a text: runs of letters and digits, in lower case. */
export function tokenize(text: string): string[] {
  const words = text.match(/[\p{Alphabetic}\p{N}]+/gu) ?? []
  return words.filter(word => Buffer.byteLength(word) < MAX_TERM_BYTES).map(word => word.toLowerCase())
}
