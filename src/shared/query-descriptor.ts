import type { Value } from 'convex/values'
import { toConvexArgs } from './convex-args.ts'

/** What a query runs as. */
export type QueryAuth = 'optional' | 'required' | 'public'

/** A query that can be asked. Equal keys are the same query. */
export interface QueryDescriptor {
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
export function describeQuery(auth: QueryAuth, name: string, value: unknown, isLive = true): QueryDescriptor {
  const { args, text } = toConvexArgs(value)
  return { key: `${auth} ${isLive} ${name} ${text}`, auth, isLive, name, args }
}
