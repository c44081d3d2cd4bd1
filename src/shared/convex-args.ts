import type { Value } from 'convex/values'
import { convexToJson, jsonToConvex } from 'convex/values'
import { diagnose } from '../errors/catalogue.ts'

/**
 * Arguments as they are at this moment, since the object that they came in may be a form that goes on changing; and as text.
 *
 * @throws {ConvueError} `ARGS_INVALID`
 */
export function toConvexArgs(value: unknown): { args: Record<string, Value>, text: string } {
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
  throw diagnose('ARGS_INVALID', { value }, cause)
}
