/** The arguments of a function as Convex values: checked, copied, and as text. */
import type { Value } from 'convex/values'
import { convexToJson, jsonToConvex } from 'convex/values'
import { diagnose } from '../errors/catalogue.ts'

/**
 * A copy of the arguments, since their object may change later, as the state of a form does; and
 * the arguments as text.
 *
 * @throws {ConvueError} `ARGS_INVALID`
 */
export function toConvexArgs(value: unknown): { args: Record<string, Value>, text: string } {
  let cause: unknown
  try {
    const json = convexToJson(value as Value)
    const text = JSON.stringify(json)
    if (text.startsWith('{')) {
      // Values that JSON does not have are written as `{ $type: … }`. Without them, the JSON is the
      // copy.
      const args = text.includes('"$') ? jsonToConvex(json) : json
      return { args: args as Record<string, Value>, text }
    }
  }
  catch (error) {
    cause = error
  }
  throw diagnose('ARGS_INVALID', { value }, cause)
}
