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

/** An object of arguments whose fields may each be a value, a ref or a getter. */
export type ArgsFields<Args> = { [Field in keyof Args]: MaybeRefOrGetter<Args[Field]> }

/**
 * The arguments as a composable accepts them: a value, ref or getter of all arguments, or an object
 * whose fields are values, refs or getters.
 */
export type ArgsSource<Q extends Query> = MaybeRefOrGetter<QueryArgs<Q>> | ArgsFields<FunctionArgs<Q>>

/**
 * The parameters after the query: arguments and options. The arguments are optional if the query
 * requires none.
 */
export type QueryRest<Q extends Query, Options>
  = EmptyArgs extends FunctionArgs<Q>
    ? [args?: ArgsSource<Q>, options?: Options]
    : [args: ArgsSource<Q>, options?: Options]

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
  const isReactive = !hasFields(source) || Object.values(source).some(canChange)
  // Most arguments never change, and a computed value costs more than the rest of a query.
  return isReactive ? computed(toTarget) : { value: toTarget() }

  function toTarget(previous?: QueryTarget): QueryTarget {
    try {
      const args = readArgs(source)
      if ((args ?? 'skip') === 'skip')
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

/** The current arguments. */
export function readArgs(source: unknown): unknown {
  if (!hasFields(source))
    return toValue(source)
  const args: Record<string, unknown> = { ...source }
  for (const field in args)
    args[field] = toValue(args[field])
  return args
}

/**
 * Whether each field of the arguments may be a ref or a getter. The fields of other objects are not
 * read, since a store, for example, has methods that are not getters.
 */
function hasFields(source: unknown): source is object {
  return source?.constructor === Object && !isProxy(source)
}

/** Whether a field can change: a ref or a getter. */
function canChange(field: unknown): boolean {
  return typeof field === 'function' || isRef(field)
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
