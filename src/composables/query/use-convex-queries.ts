import type { FunctionArgs, FunctionReference, FunctionReturnType } from 'convex/server'
import type { EffectScope, MaybeRefOrGetter, ShallowRef } from 'vue'
import type { QueryArgs } from './query-args.ts'
import type { UseConvexQueryOptions } from './use-convex-query.ts'
import { computed, effectScope, proxyRefs, shallowReactive, shallowReadonly, shallowRef, toValue, triggerRef, watch } from 'vue'
import { diagnose } from '../../errors/catalogue.ts'
import { hasAuthFailed } from '../../plugin/auth.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { functionName } from '../../shared/function-name.ts'
import { onKeepAliveToggle } from '../lifecycle/on-keep-alive-toggle.ts'
import { whenSettled } from '../lifecycle/when-settled.ts'
import { useConvexQuery } from './use-convex-query.ts'

type Query = FunctionReference<'query'>
type Pause = undefined | null | 'skip'

/** One of the queries of {@link useConvexQueries}. Its options count from when its key, or another `query`, `auth` or `live` of it, comes. */
export type ConvexQueriesItem<Q extends Query>
  = { query: Q }
    & Pick<UseConvexQueryOptions, 'auth' | 'keepPreviousData' | 'keepDataOnError' | 'live' | 'lingerMs'>
    /** Leaving them out means `{}`; `undefined`, `null` and `'skip'` pause this query. */
    & (Record<string, never> extends FunctionArgs<Q> ? { args?: MaybeRefOrGetter<QueryArgs<Q>> } : { args: MaybeRefOrGetter<QueryArgs<Q>> })

/** What a template wants of one query; see `UseConvexQueryReturn`. */
export interface ConvexQueriesResult<Data> {
  /** The result; `undefined` while there is none. `null` is a result. */
  readonly data: Data | undefined
  /** Why there is no result. Goes when the next result comes. */
  readonly error: Error | undefined
  readonly status: 'paused' | 'pending' | 'success' | 'error'
  /** Nothing is asked. */
  readonly isPaused: boolean
  /** The first result of these arguments is on its way. */
  readonly isPending: boolean
  /** `data` is not yet, or no longer surely, the live result of these arguments for this user. */
  readonly isStale: boolean
  /** Asks the deployment again; resolves with its answer. `data` stays meanwhile. */
  readonly refresh: () => Promise<void>
}

/** Options of {@link useConvexQueries}. */
export interface UseConvexQueriesOptions {
  /** How long awaiting the queries waits at most, in milliseconds. @default 5000 */
  awaitTimeoutMs?: number
}

/** A reactive record of results under the keys of their queries. */
export type UseConvexQueriesReturn<Queries extends Record<string, Query>>
  = { readonly [Key in keyof Queries]: ConvexQueriesResult<FunctionReturnType<Queries[Key]>> }

type Item = ConvexQueriesItem<Query>

/** A query that is wanted. */
interface Wanted {
  item: Item
  /** Another one is another query, whatever the arguments. */
  id: string
}

/** A query that is there. */
interface Slot {
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
  isPending: false,
  isStale: false,
  refresh: () => Promise.resolve(),
}

/**
 * Live queries that come and go: as many `useConvexQuery` as the record has keys.
 *
 * A key that goes takes its result along. One whose arguments change shows what `useConvexQuery` shows then. One that stays is not touched.
 * Awaiting them settles when each of them has; like them, it never rejects.
 *
 * @param queries A record (or a ref or getter of one) of `{ query, args, …options }`; `undefined`, `null` and `'skip'` pause a key. Its keys are
 * yours, but for `then` and `value`.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`, `QUERY_KEY_RESERVED`
 * @example
 * const results = useConvexQueries(() => Object.fromEntries(ids.value.map(id => [id, { query: api.tasks.get, args: { id } }])))
 * // {{ results[id]?.data?.text }}
 */
export function useConvexQueries<Queries extends Record<string, Query>>(
  queries: MaybeRefOrGetter<{ [Key in keyof Queries]: ConvexQueriesItem<Queries[Key]> | Pause }>,
  options: UseConvexQueriesOptions = {},
): UseConvexQueriesReturn<Queries> & PromiseLike<UseConvexQueriesReturn<Queries>> {
  const context = useConvexContext('useConvexQueries')
  const wanted = computed(() => new Map(Object.entries<Item | Pause>(toValue(queries)).map(([key, item]) => [assertKey(key), read(item)])))
  const slots = new Map<string, Slot>()
  // A key may be somebody's id: `__proto__` is one like any other.
  const results = shallowReactive<Record<string, ConvexQueriesResult<unknown>>>(Object.create(null))
  const record = shallowRef(shallowReadonly(results))
  const scope = effectScope()
  let isActive = true

  /** Makes `slots` and `results` what is wanted. What is new subscribes before what it replaces leaves. */
  function follow(): void {
    if (!isActive)
      return
    const leaving: EffectScope[] = []
    for (const [key, slot] of slots) {
      if (slot.id !== wanted.value.get(key)?.id) {
        slots.delete(key)
        leaving.push(slot.scope)
      }
    }
    let isOther = false
    for (const [key, query] of wanted.value) {
      if (query && !slots.has(key))
        slots.set(key, open(key, query))
      const result = slots.get(key)?.result ?? PAUSED
      isOther ||= results[key] !== result
      results[key] = result
    }
    for (const key of Object.keys(results)) {
      if (!wanted.value.has(key))
        isOther = delete results[key]
    }
    if (isOther)
      triggerRef(record)
    leaving.forEach(scope => scope.stop())
  }

  function open(key: string, { item, id }: Wanted): Slot {
    // What is not wanted any more pauses at once, though it leaves only with the next flush.
    const args = (): unknown => {
      const query = wanted.value.get(key)
      return query?.id !== id ? undefined : 'args' in query.item ? toValue(query.item.args) : {}
    }
    const own = scope.run(() => effectScope())!
    const { then: _, ...refs } = context.app.runWithContext(() => own.run(() => useConvexQuery(item.query, args as any, item))!)
    return { id, auth: item.auth, scope: own, result: proxyRefs(refs) }
  }

  // Before those of the queries: what is new comes before what pauses leaves.
  watch(wanted, follow)
  follow()

  onKeepAliveToggle((isNowActive) => {
    isActive = isNowActive
    if (isActive)
      return follow()
    // A query whose scope has stopped goes on showing as long as it lingers.
    slots.forEach(slot => slot.scope.stop())
    slots.clear()
  })

  const isSettled = (): boolean => context.isServer
    || [...slots.values()].every(({ auth, result }) => !result.isPending || hasAuthFailed(context.callerAuth, auth ?? 'optional'))
  const then = whenSettled(() => lookLikeRef(record), isSettled, options.awaitTimeoutMs)
  return lookLikeRef(record, then) as any
}

/**
 * A record that is a computed ref of itself as well. Vue unwraps it to the record wherever it unwraps refs, and follows it wherever it takes a ref,
 * such as in `watch`. A Pinia store takes it for one of its getters, as it takes the refs of one query: a reactive record it would write into its
 * state, where it would be serialized and overwritten.
 */
function lookLikeRef<T extends object>(record: ShallowRef<T>, then?: unknown): T {
  return new Proxy(record.value, {
    get(target, key) {
      switch (key) {
        case 'then': return then
        case 'value': return record.value
        // A query may have this name: it is as true.
        case 'effect': return Reflect.get(target, key) ?? true
        case '__v_isRef': return true
        case '__v_isReactive': case '__v_isReadonly': return false
        default: return Reflect.get(target, key)
      }
    },
  })
}

/** What the record needs for itself: to be awaited, and to be unwrapped. */
function assertKey(key: string): string {
  if (key === 'then' || key === 'value')
    throw diagnose('QUERY_KEY_RESERVED', key)
  return key
}

function read(item: Item | Pause): Wanted | undefined {
  if (typeof item !== 'object' || item === null)
    return undefined
  const { query, auth = 'optional', live = true } = item
  return { item, id: `${auth} ${live} ${functionName(query)}` }
}
