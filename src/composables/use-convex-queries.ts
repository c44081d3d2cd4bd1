import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { EffectScope, MaybeRefOrGetter } from 'vue'
import type { QueryArgs } from './query-args.ts'
import type { UseConvexQueryOptions } from './use-convex-query.ts'
import { computed, effectScope, getCurrentInstance, getCurrentScope, onActivated, onDeactivated, proxyRefs, shallowReactive, shallowReadonly, toValue, watch } from 'vue'
import { useConvexContext } from '../plugin/context.ts'
import { functionName } from '../plugin/function-name.ts'
import { useConvexQuery } from './use-convex-query.ts'
import { whenSettled } from './when-settled.ts'

type Query = FunctionReference<'query'>
type Pause = undefined | null | 'skip'

/** One of the queries of {@link useConvexQueries}. Its options count from when its key, or another `query`, `auth` or `live` of it, comes. */
export type ConvexQueriesItem<Q extends Query>
  = { query: Q }
    & Pick<UseConvexQueryOptions, 'auth' | 'keepPrevious' | 'keepOnError' | 'live' | 'lingerMs'>
    /** Leaving them out means `{}`; `undefined`, `null` and `'skip'` pause this query. */
    & (Record<string, never> extends Q['_args'] ? { args?: MaybeRefOrGetter<QueryArgs<Q>> } : { args: MaybeRefOrGetter<QueryArgs<Q>> })

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
 * @param queries A record (or a ref or getter of one) of `{ query, args, …options }`; `undefined`, `null` and `'skip'` pause a key.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const results = useConvexQueries(() => Object.fromEntries(ids.value.map(id => [id, { query: api.tasks.get, args: { id } }])))
 * // {{ results[id]?.data?.text }}
 */
export function useConvexQueries<Queries extends Record<string, Query>>(
  queries: MaybeRefOrGetter<{ [Key in keyof Queries]: ConvexQueriesItem<Queries[Key]> | Pause }>,
  options: UseConvexQueriesOptions = {},
): UseConvexQueriesReturn<Queries> & PromiseLike<UseConvexQueriesReturn<Queries>> {
  const context = useConvexContext('useConvexQueries')
  const wanted = computed(() => new Map(Object.entries<Item | Pause>(toValue(queries)).map(([key, item]) => [key, read(item)])))
  const slots = new Map<string, Slot>()
  const results = shallowReactive<Record<string, ConvexQueriesResult<unknown>>>({})
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
    for (const [key, query] of wanted.value) {
      if (query && !slots.has(key))
        slots.set(key, open(key, query))
      results[key] = slots.get(key)?.result ?? PAUSED
    }
    for (const key of Object.keys(results)) {
      if (!wanted.value.has(key))
        delete results[key]
    }
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

  if (getCurrentScope() && (getCurrentInstance() as { scope?: unknown } | null)?.scope === getCurrentScope()) {
    // A query whose scope has stopped goes on showing as long as it lingers.
    onDeactivated(() => {
      isActive = false
      slots.forEach(slot => slot.scope.stop())
      slots.clear()
    })
    onActivated(() => {
      isActive = true
      follow()
    })
  }

  const { status, error } = context.auth
  const hasAuthFailed = (): boolean => status.value !== 'unauthenticated' && !!error.value
  const isSettled = (): boolean => context.isServer || [...slots.values()].every(({ auth, result }) => !result.isPending || (auth !== 'public' && hasAuthFailed()))

  const settled = shallowReadonly(results) as UseConvexQueriesReturn<Queries>
  const then = whenSettled(() => settled, isSettled, options.awaitTimeoutMs)
  return new Proxy(settled, { get: (target, key) => key === 'then' ? then : Reflect.get(target, key) }) as any
}

function read(item: Item | Pause): Wanted | undefined {
  if (typeof item !== 'object' || item === null)
    return undefined
  const { query, auth = 'optional', live = true } = item
  return { item, id: `${auth} ${live} ${functionName(query)}` }
}
