/** `useConvexQueries`: a reactive record of live queries whose keys may change. */

import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import type { EffectScope, MaybeRefOrGetter } from 'vue'
import type { QueryAuth } from '../../shared/query-descriptor.ts'
import type { PauseReason } from './pause-reason.ts'
import type { ArgsSource } from './query-args.ts'
import type { UseConvexQueryOptions } from './use-convex-query.ts'
import {
  computed,
  effectScope,
  proxyRefs,
  shallowReactive,
  shallowReadonly,
  shallowRef,
  toValue,
  triggerRef,
  watch,
} from 'vue'
import { diagnose } from '../../errors/diagnose.ts'
import { hasAuthFailed } from '../../plugin/auth.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { asComputedRef } from '../../reactivity/vue-internals.ts'
import { functionName } from '../../shared/function-name.ts'
import { onKeepAliveToggle } from '../lifecycle/on-keep-alive-toggle.ts'
import { whenSettled } from '../lifecycle/when-settled.ts'
import { readArgs } from './query-args.ts'
import { useConvexQuery } from './use-convex-query.ts'

type Query = FunctionReference<'query'>
type Pause = undefined | null | 'skip'

/**
 * One query of {@link useConvexQueries}. Its options are read when its key is added, and again when
 * its `query`, `auth` or `live` changes.
 */
export type ConvexQueriesItem<Q extends Query>
  = { query: Q }
    & Pick<UseConvexQueryOptions, 'auth' | 'keepPreviousData' | 'keepDataOnError' | 'live' | 'lingerMs'>
    & ConvexQueriesItemArgs<Q>

/**
 * If `args` is left out, the arguments are `{}`; `undefined`, `null` and `'skip'` pause this query.
 */
type ConvexQueriesItemArgs<Q extends Query>
  = Record<string, never> extends FunctionArgs<Q>
    ? { args?: ArgsSource<Q> }
    : { args: ArgsSource<Q> }

/** The state of one query: the fields of `UseConvexQueryReturn`, unwrapped. */
export interface ConvexQueriesResult<Data> {
  /** The result; `undefined` while there is no result. `null` is a result. */
  readonly data: Data | undefined
  /** The error of the query; `undefined` again after the next result. */
  readonly error: Error | undefined
  /** The state of the query: see `isPaused`, `isPending`, `data` and `error`. */
  readonly status: 'paused' | 'pending' | 'success' | 'error'
  /** The query does not run: see `pausedBy`. */
  readonly isPaused: boolean
  /** Why the query is paused; `undefined` unless `isPaused` is `true`. */
  readonly pausedBy: PauseReason | undefined
  /** The first result of these arguments has not arrived yet. */
  readonly isPending: boolean
  /** `data` may differ from the live result of these arguments for the current identity. */
  readonly isStale: boolean
  /** Fetches the query again; resolves when the result has arrived. `data` remains until then. */
  readonly refresh: () => Promise<void>
}

/** Options of {@link useConvexQueries}. */
export interface UseConvexQueriesOptions {
  /** The longest time for which `await` waits for the queries, in milliseconds. @default 5000 */
  awaitTimeoutMs?: number
}

/** A reactive record of query states under the keys of their queries. */
export type UseConvexQueriesReturn<Queries extends Record<string, Query>>
  = { readonly [Key in keyof Queries]: ConvexQueriesResult<FunctionReturnType<Queries[Key]>> }

type Item = ConvexQueriesItem<Query>

/** One query of the record that the app passes. */
interface RequestedQuery {
  item: Item
  /**
   * Identifies the query, without its arguments. If the id of a key changes, the mounted query of
   * this key is replaced.
   */
  id: string
}

/** A query that is subscribed under a key. */
interface MountedQuery {
  id: string
  auth: Item['auth']
  scope: EffectScope
  result: ConvexQueriesResult<unknown>
}

const PAUSED: ConvexQueriesResult<never> = {
  data: undefined,
  error: undefined,
  status: 'paused',
  isPaused: true,
  pausedBy: 'args',
  isPending: false,
  isStale: false,
  refresh: () => Promise.resolve(),
}

/**
 * Subscribes to a set of queries that may change: one `useConvexQuery` per key of the record.
 *
 * Removing a key removes its result. Changing the arguments of a key has the same effect as in
 * `useConvexQuery`. Other keys are not affected. The record can be awaited: the promise resolves
 * when each of its queries has settled, and never rejects.
 *
 * @param queries A record (or a ref or getter of one) of `{ query, args, …options }`; `undefined`,
 * `null` and `'skip'` pause a key. All keys except `then` and `value` are allowed.
 * @param options The longest time for which `await` waits.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`, `QUERY_KEY_RESERVED`
 * @example
 * const results = useConvexQueries(() => Object.fromEntries(
 *   ids.value.map(id => [id, { query: api.tasks.get, args: { id } }]),
 * ))
 * // {{ results[id]?.data?.text }}
 */
export function useConvexQueries<Queries extends Record<string, Query>>(
  queries: MaybeRefOrGetter<{ [Key in keyof Queries]: ConvexQueriesItem<Queries[Key]> | Pause }>,
  options: UseConvexQueriesOptions = {},
): UseConvexQueriesReturn<Queries> & PromiseLike<UseConvexQueriesReturn<Queries>> {
  const context = useConvexContext('useConvexQueries')
  const requested = computed(() => {
    const items = Object.entries<Item | Pause>(toValue(queries))
    return new Map(items.map(([key, item]) => [assertKey(key), toRequestedQuery(item, context.queryAuth)]))
  })
  const mounted = new Map<string, MountedQuery>()
  // A key may be any id of the app, `__proto__` included.
  const results = shallowReactive<Record<string, ConvexQueriesResult<unknown>>>(Object.create(null))
  const record = shallowRef(shallowReadonly(results))
  const scope = effectScope()
  let isActive = true

  /** Mounts and unmounts queries. A new query subscribes before the query that it replaces ends. */
  function syncQueries(): void {
    if (!isActive)
      return
    const replaced: EffectScope[] = []
    for (const [key, query] of mounted) {
      if (query.id !== requested.value.get(key)?.id) {
        mounted.delete(key)
        replaced.push(query.scope)
      }
    }
    let isChanged = false
    for (const [key, query] of requested.value) {
      if (query && !mounted.has(key))
        mounted.set(key, mount(key, query))
      const result = mounted.get(key)?.result ?? PAUSED
      isChanged ||= results[key] !== result
      results[key] = result
    }
    for (const key of Object.keys(results)) {
      if (!requested.value.has(key)) {
        delete results[key]
        isChanged = true
      }
    }
    if (isChanged)
      triggerRef(record)
    replaced.forEach(scope => scope.stop())
  }

  function mount(key: string, { item, id }: RequestedQuery): MountedQuery {
    // When a query is removed or replaced, it pauses at once. It is unmounted at the next flush.
    const args = (): unknown => {
      const query = requested.value.get(key)
      if (query?.id !== id)
        return undefined
      if ('args' in query.item)
        return readArgs(query.item.args)
      return {}
    }
    const own = scope.run(() => effectScope())!
    const useQuery = (): ReturnType<typeof useConvexQuery> => useConvexQuery(item.query, args as any, item)
    const { then: _, ...refs } = context.app.runWithContext(() => own.run(useQuery)!)
    return { id, auth: item.auth, scope: own, result: proxyRefs(refs) as ConvexQueriesResult<unknown> }
  }

  // Created before the watchers of the queries, so that new queries subscribe before removed
  // queries unsubscribe.
  watch(requested, syncQueries)
  syncQueries()

  onKeepAliveToggle((isNowActive) => {
    isActive = isNowActive
    if (isActive) {
      syncQueries()
      return
    }
    // `results` is not emptied: the deactivated page keeps its data while the entries linger.
    mounted.forEach(query => query.scope.stop())
    mounted.clear()
  })

  const isQuerySettled = ({ auth = context.queryAuth, result }: MountedQuery): boolean =>
    !result.isPending || hasAuthFailed(context.callerAuth, auth)
  const isSettled = (): boolean => context.isServer || [...mounted.values()].every(isQuerySettled)
  const then = whenSettled(() => asComputedRef(record), isSettled, options.awaitTimeoutMs)
  return asComputedRef(record, then) as any
}

/**
 * The keys `then` and `value` are reserved: with `then` the record is awaited, and with `value` it
 * is unwrapped.
 */
function assertKey(key: string): string {
  if (key === 'then' || key === 'value')
    throw diagnose('QUERY_KEY_RESERVED', key)
  return key
}

function toRequestedQuery(item: Item | Pause, queryAuth: QueryAuth): RequestedQuery | undefined {
  if (typeof item !== 'object' || item === null)
    return undefined
  const { query, auth = queryAuth, live = true } = item
  return { item, id: `${auth} ${live} ${functionName(query)}` }
}
