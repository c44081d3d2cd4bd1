/** The arguments of a function as Convex values: checked, copied, and as text. */
import type { Value } from 'convex/values'
import { convexToJson, jsonToConvex } from 'convex/values'
import { diagnose } from '../errors/diagnose.ts'

/**
 * Returns a copy of the arguments, since the app may change their object later (the state of a
 * form, for example), and the arguments as text.
 *
 * @throws {ConvueError} `ARGS_INVALID`
 */
export function toConvexArgs(value: unknown): { args: Record<string, Value>, text: string } {
  let cause: unknown
  try {
    const json = convexToJson(value as Value)
    const text = JSON.stringify(json)
    if (text.startsWith('{')) {
      // `convexToJson` writes values that JSON does not have as `{ $type: … }`. If the arguments
      // contain no such value, the JSON itself serves as the copy.
      const args = text.includes('"$') ? jsonToConvex(json) : json
      return { args: args as Record<string, Value>, text }
    }
  }
  catch (error) {
    cause = error
  }
  throw diagnose('ARGS_INVALID', { value }, cause)
}
