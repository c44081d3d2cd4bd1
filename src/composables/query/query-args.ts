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

/** What follows the query in a call: arguments may be left out where the query takes none, or none that is required. */
export type QueryRest<Q extends Query, Options>
  = EmptyArgs extends FunctionArgs<Q>
    ? [args?: MaybeRefOrGetter<QueryArgs<Q>>, options?: Options]
    : [args: MaybeRefOrGetter<QueryArgs<Q>>, options?: Options]

/** What is to be asked. */
export type QueryTarget
  = | { status: 'paused' }
    | { status: 'error', error: Error }
    | { status: 'ready', query: QueryDescriptor }

/** A ref if the arguments can change. */
export interface QueryTargetRef { readonly value: QueryTarget }

/**
 * What to ask, from reactive arguments. Equal arguments in a new object give the very same target.
 *
 * @param name The query's name.
 * @param auth What it runs as.
 * @param rest The rest of the composable's call: leaving the arguments out means `{}`, passing `undefined` pauses.
 * @param isLive Whether it stays subscribed.
 */
export function useQueryTarget(name: string, auth: QueryAuth, rest: readonly unknown[], isLive = true): QueryTargetRef {
  const args = rest.length > 0 ? rest[0] : {}
  // Most arguments never change: following them would cost more than all the rest.
  return typeof args === 'function' || isRef(args) || isProxy(args)
    ? computed(former => toTarget(name, auth, isLive, args, former))
    : { value: toTarget(name, auth, isLive, args) }
}

function toTarget(name: string, auth: QueryAuth, isLive: boolean, source: unknown, former?: QueryTarget): QueryTarget {
  try {
    const args = toValue(source)
    if (args === undefined || args === null || args === 'skip')
      return PAUSED
    const query = describeQuery(auth, name, args, isLive)
    return former?.status === 'ready' && former.query.key === query.key ? former : { status: 'ready', query }
  }
  catch (error) {
    return { status: 'error', error: error as Error }
  }
}
