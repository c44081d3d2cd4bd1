/** A Convex query as an entry of another library's cache: its key, and whether it can run. */

import type { FunctionReference } from 'convex/server'
import type { ComputedRef } from 'vue'
import type { QueryRest } from '../composables/query/query-args.ts'
import type { ConvexContext } from '../plugin/context.ts'
import type { QueryAuth, QueryDescriptor } from '../shared/query-descriptor.ts'
import { convexToJson, jsonToConvex } from 'convex/values'
import { computed } from 'vue'
import { useQueryTarget } from '../composables/query/query-args.ts'
import { useConvexContext } from '../plugin/context.ts'
import { functionName } from '../shared/function-name.ts'
import { describeQuery } from '../shared/query-descriptor.ts'

/** Options of `convexQueryOptions`. */
export interface ConvexQueryOptionsOptions {
  /**
   * The identity as which the query runs: see the option `auth` of `useConvexQuery`.
   *
   * @default the plugin's `queryAuth`, or else 'optional'
   */
  auth?: QueryAuth
}

/** The identity in a key: the id of a user, `null` for anonymous, or `'unknown'`. */
export type KeyIdentity = string | null | 'unknown'

/**
 * The key of a Convex query in a cache: `'convex'`, the name of the function, its arguments as
 * JSON, and the identity. A prefix of the key, such as `['convex', 'tasks:list']`, selects several
 * entries.
 */
export type ConvexQueryKey = [prefix: 'convex', name: string, args: any, as: { auth: QueryAuth, userId: KeyIdentity }]

/** The first part of each key. */
export const KEY_PREFIX = ['convex'] as const

/** The parameters of `convexQueryOptions` after the query. */
export type BridgedRest<Q extends FunctionReference<'query'>> = QueryRest<Q, ConvexQueryOptionsOptions>

export interface BridgedQuery {
  context: ConvexContext
  key: ComputedRef<ConvexQueryKey>
  isEnabled: ComputedRef<boolean>
}

/**
 * The key and the state of a query, for the current arguments and the current identity.
 *
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 */
export function useBridgedQuery(query: FunctionReference<'query'>, rest: readonly unknown[]): BridgedQuery {
  const context = useConvexContext('convexQueryOptions')
  const options = rest[1] as ConvexQueryOptionsOptions | undefined
  const auth = options?.auth ?? context.queryAuth
  const name = functionName(query)
  const target = useQueryTarget(name, auth, rest)
  const userId = computed(() => keyIdentity(context, auth))
  const key = computed<ConvexQueryKey>(() => {
    const { value } = target
    // The mistake in the arguments is thrown where the app sees it: in the component.
    if (value.status === 'error')
      throw value.error
    const args = value.query ? convexToJson(value.query.args) : 'skip'
    return ['convex', name, args, { auth, userId: userId.value }]
  })
  const isEnabled = computed(() => !context.isServer && !!target.value.query && canRun(auth, userId.value))
  return { context, key, isEnabled }
}

/** The identity that a query of this auth mode runs as. */
export function keyIdentity({ callerAuth }: ConvexContext, auth: QueryAuth): KeyIdentity {
  const { user, status } = callerAuth
  if (auth === 'public' || status.value === 'unauthenticated')
    return null
  return user.value?.id ?? 'unknown'
}

/** The query that a key describes. */
export function queryOfKey([, name, args, { auth }]: ConvexQueryKey): QueryDescriptor {
  return describeQuery(auth, name, jsonToConvex(args))
}

function canRun(auth: QueryAuth, userId: KeyIdentity): boolean {
  return userId !== 'unknown' && (auth !== 'required' || userId !== null)
}
