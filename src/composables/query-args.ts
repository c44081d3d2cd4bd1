import type { FunctionArgs, FunctionReference } from 'convex/server'
import type { Value } from 'convex/values'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import type { QueryAuth, QueryKey } from '../plugin/query-entry.ts'
import { convexToJson, jsonToConvex } from 'convex/values'
import { computed, toValue } from 'vue'
import { diagnose } from '../diagnostics.ts'

type Query = FunctionReference<'query'>
type EmptyArgs = Record<string, never>

/** Arguments of a query; `undefined`, `null` and `'skip'` pause it. */
export type QueryArgs<Q extends Query> = FunctionArgs<Q> | undefined | null | 'skip'

/** What follows the query in a call: arguments may be left out where the query takes none, or none that is required. */
export type QueryRest<Q extends Query, Options>
  = EmptyArgs extends FunctionArgs<Q>
    ? [args?: MaybeRefOrGetter<QueryArgs<Q>>, options?: Options]
    : [args: MaybeRefOrGetter<QueryArgs<Q>>, options?: Options]

/** What is to be asked. */
export type QueryTarget
  = | { status: 'paused' }
    | { status: 'error', error: Error }
    | { status: 'ready', query: QueryKey }

const PAUSED: QueryTarget = { status: 'paused' }

/**
 * What to ask, from reactive arguments. Equal arguments in a new object give the very same target.
 *
 * @param name The query's name.
 * @param auth What it runs as.
 * @param args The rest of the composable's call: leaving the arguments out means `{}`, passing `undefined` pauses.
 */
export function useQueryTarget(name: string, auth: QueryAuth, args: readonly unknown[]): ComputedRef<QueryTarget> {
  return computed((former) => {
    const value = args.length > 0 ? toValue(args[0]) : {}
    if (value === undefined || value === null || value === 'skip')
      return PAUSED
    try {
      const query = queryKey(auth, name, value)
      return former?.status === 'ready' && former.query.key === query.key ? former : { status: 'ready', query }
    }
    catch (error) {
      return { status: 'error', error: error as Error }
    }
  })
}

/**
 * The identity of a query: the order of fields does not matter.
 *
 * @throws {ConvueError} `ARGS_INVALID`
 */
export function queryKey(auth: QueryAuth, name: string, value: unknown): QueryKey {
  const { args, text } = readArgs(value)
  return { key: `${auth} ${name} ${text}`, auth, name, args }
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
    if (text.startsWith('{'))
      return { args: jsonToConvex(json) as Record<string, Value>, text }
  }
  catch (error) {
    cause = error
  }
  throw diagnose('ARGS_INVALID', undefined, cause)
}
