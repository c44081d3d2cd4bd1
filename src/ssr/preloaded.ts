/** The JSON form of one query result that a server has fetched for `usePreloadedQuery`. */
import type { FunctionReference } from 'convex/server'
import type { JSONValue } from 'convex/values'

/**
 * The result of a query that a server has fetched: plain JSON, so that any payload can contain it.
 */
export interface Preloaded<Query extends FunctionReference<'query'>> {
  /** The query's name on the deployment, such as `tasks:list`. */
  name: string
  /** The arguments, as `convexToJson` writes them. */
  args: JSONValue
  /** The result, written in the same way. */
  value: JSONValue
  /** The id of the user for whom the query ran; `null` if it ran anonymously. */
  userId: string | null
  /** Exists in the type only: it lets TypeScript infer the result's type. */
  readonly query?: Query
}
