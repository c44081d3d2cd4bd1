/** The JSON of documents in exports: floats have a decimal point, and integers do not have one. */
import { Buffer } from 'node:buffer'

/** The content of the marker file in a folder whose documents are written in this JSON. */
export const SCHEMA_MARKER = '"uniform"\n'

/** An integer in Convex's encoding, a string, or a number. Numbers within strings are skipped. */
const ENCODED = /\{"\$integer":"([^"]*)"\}|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
const EXPORTED = /"(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*/gi

const isNumber = (token: string): boolean => /^-?\d/.test(token)
const isInteger = (token: string): boolean => /^-?\d+$/.test(token)

/** Converts JSON in Convex's encoding to the JSON of exports. */
export function toExportJson(json: string): string {
  return json.replace(ENCODED, (token, integer?: string) => {
    if (integer !== undefined)
      return String(Buffer.from(integer, 'base64').readBigInt64LE())
    if (isNumber(token) && isInteger(token))
      return `${token}.0`
    return token
  })
}

/** Converts the JSON of exports to JSON in Convex's encoding. */
export function fromExportJson(json: string): string {
  return json.replace(EXPORTED, (token) => {
    if (!isNumber(token) || !isInteger(token))
      return token
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(token))
    return `{"$integer":"${bytes.toString('base64')}"}`
  })
}
