import type { Value } from 'convex/values'
import { convexToJson, jsonToConvex } from 'convex/values'
import { diagnose } from '../diagnostics.ts'

/** What a query runs as. */
export type QueryAuth = 'optional' | 'required' | 'public'

/** A query that can be asked. Equal keys are the same query. */
export interface QueryKey {
  key: string
  auth: QueryAuth
  /** Whether it stays subscribed after its answer. */
  isLive: boolean
  name: string
  args: Record<string, Value>
}

/**
 * The identity of a query: the order of fields does not matter.
 *
 * @throws {ConvueError} `ARGS_INVALID`
 */
export function queryKey(auth: QueryAuth, name: string, value: unknown, isLive = true): QueryKey {
  const { args, text } = readArgs(value)
  return { key: `${auth} ${isLive} ${name} ${text}`, auth, isLive, name, args }
}

/**
 * Arguments as they are at this moment, since the object that they came in may be a form that goes on changing; and as text.
 *
 * @throws {ConvueError} `ARGS_INVALID`
 */
export function readArgs(value: unknown): { args: Record<string, Value>, text: string } {
  if (typeof Event !== 'undefined' && value instanceof Event)
    throw diagnose('ARGS_INVALID', 'A DOM event was passed as arguments.')
  let cause: unknown
  try {
    const json = convexToJson(value as Value)
    const text = JSON.stringify(json)
    // What JSON cannot hold is written as `{ $type: … }`; all else is a copy already.
    if (text.startsWith('{'))
      return { args: (text.includes('"$') ? jsonToConvex(json) : json) as Record<string, Value>, text }
  }
  catch (error) {
    cause = error
  }
  throw diagnose('ARGS_INVALID', undefined, cause)
}
