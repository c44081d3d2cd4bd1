/** Turns the arguments of a composable into the query to run, a paused query or an error. */

import type { FunctionArgs, FunctionReference } from 'convex/server'
import type { MaybeRefOrGetter } from 'vue'
import type { QueryAuth, QueryDescriptor } from '../../shared/query-descriptor.ts'
import { computed, isProxy, isRef, toValue } from 'vue'
import { describeQuery } from '../../shared/query-descriptor.ts'
import { PAUSED } from '../../store/query-entry.ts'

type Query = FunctionReference<'query'>
type EmptyArgs = Record<string, never>

/** Arguments of a query; `undefined`, `null` and `'skip'` pause it. */
export type QueryArgs<Q extends Query> = FunctionArgs<Q> | undefined | null | 'skip'

/**
 * The parameters after the query: arguments and options. The arguments are optional if the query
 * requires none.
 */
export type QueryRest<Q extends Query, Options>
  = EmptyArgs extends FunctionArgs<Q>
    ? [args?: MaybeRefOrGetter<QueryArgs<Q>>, options?: Options]
    : [args: MaybeRefOrGetter<QueryArgs<Q>>, options?: Options]

/**
 * The query to run, or the reason why no query runs: the arguments pause it, or they are not valid.
 */
export type QueryTarget
  = | { status: 'paused', query?: undefined }
    | { status: 'error', query?: undefined, error: Error }
    | { status: 'ready', query: QueryDescriptor }

/** A ref if the arguments can change, or else a plain object. */
export interface QueryTargetRef { readonly value: QueryTarget }

/**
 * The query to run, with reactive arguments. If new arguments are equal to the previous ones, the
 * value remains the same object.
 *
 * @param name The query's name.
 * @param auth The identity that the query runs as.
 * @param rest The parameters after the query: see {@link withArgs}.
 * @param isLive Whether the query stays subscribed.
 */
export function useQueryTarget(
  name: string,
  auth: QueryAuth,
  rest: readonly unknown[],
  isLive = true,
): QueryTargetRef {
  const [source] = withArgs(rest)
  const isReactive = typeof source === 'function' || isRef(source) || isProxy(source)
  // Most arguments never change, and a computed value costs more than the rest of a query.
  return isReactive ? computed(toTarget) : { value: toTarget() }

  function toTarget(previous?: QueryTarget): QueryTarget {
    try {
      const args = toValue(source)
      if (args === undefined || args === null || args === 'skip')
        return PAUSED
      const query = describeQuery(auth, name, args, isLive)
      if (previous?.query?.key === query.key)
        return previous
      return { status: 'ready', query }
    }
    catch (error) {
      return { status: 'error', error: error as Error }
    }
  }
}

/**
 * The parameters after the query. If the arguments are left out, they are `{}`. If `undefined` is
 * passed instead, the query is paused.
 */
export function withArgs(rest: readonly unknown[]): readonly unknown[] {
  if (rest.length === 0)
    return [{}]
  return rest
}
