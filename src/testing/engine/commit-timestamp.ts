/** Replaces the placeholder for the commit timestamp in the documents that a commit writes. */
import type { Write } from './write.ts'
import { convexToJson } from 'convex/values'
import { Revision } from './revision.ts'
import { newWrite } from './write.ts'

/** In JSON, quotes within a string are escaped, so no string of a document contains this text. */
const PLACEHOLDER = '{"$commitTs":null}'

export function resolveTimestamp(write: Write, timestamp: bigint): Write {
  const { id, table, before, after } = write
  if (!after?.json.includes(PLACEHOLDER))
    return write
  const json = after.json.replaceAll(PLACEHOLDER, JSON.stringify(convexToJson(timestamp)))
  return newWrite(table, id, before, new Revision(id, table.number, json), write)
}
