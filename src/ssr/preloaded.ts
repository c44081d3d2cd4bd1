import type { FunctionReference } from 'convex/server'
import type { JSONValue } from 'convex/values'

/** The answer of a query that a server has asked: plain JSON, so that it travels in any payload. */
export interface Preloaded<Query extends FunctionReference<'query'>> {
  /** The query's name on the wire, such as `tasks:list`. */
  name: string
  /** The arguments, as `convexToJson` writes them. */
  args: JSONValue
  /** The answer, written in the same way. */
  value: JSONValue
  /** Whose answer it is: the user's id, `null` for nobody. */
  userId: string | null
  /** Carries the type only. */
  readonly query?: Query
}
