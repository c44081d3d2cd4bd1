/** A query with its arguments and its auth mode, and the key that identifies it. */
import type { Value } from 'convex/values'
import { toConvexArgs } from './convex-args.ts'

/** The auth mode of a query, which determines the identity that the query runs as. */
export type QueryAuth = 'optional' | 'required' | 'public'

/** A query that can be subscribed to. Descriptors with equal keys describe the same query. */
export interface QueryDescriptor {
  key: string
  auth: QueryAuth
  /** Whether the query remains subscribed after its first result. */
  isLive: boolean
  name: string
  args: Record<string, Value>
}

/**
 * Describes a query. The order of fields in the arguments does not change the key.
 *
 * @throws {ConvueError} `ARGS_INVALID`
 */
export function describeQuery(auth: QueryAuth, name: string, value: unknown, isLive = true): QueryDescriptor {
  const { args, text } = toConvexArgs(value)
  return { key: `${auth} ${isLive} ${name} ${text}`, auth, isLive, name, args }
}
