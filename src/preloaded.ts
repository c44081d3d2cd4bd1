import type { FunctionReference } from 'convex/server'
import type { JSONValue } from 'convex/values'

/** The answer of a query that a server has asked: plain JSON, so that it travels in any payload. */
export interface Preloaded<Query extends FunctionReference<'query'>> {
  name: string
  /** `convexToJson` of the arguments, and of the value. */
  args: JSONValue
  value: JSONValue
  /** Whose answer it is: the user's id, `null` for nobody. */
  userId: string | null
  /** Carries the type only. */
  readonly query?: Query
}
