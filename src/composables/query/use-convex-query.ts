/** `useConvexQuery`: a live query and its state as refs. */

import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { Ref } from 'vue'
import type { ShownState } from '../../devtools/record.ts'
import type { QueryAuth } from '../../shared/query-descriptor.ts'
import type { PauseReason } from './pause-reason.ts'
import type { QueryRest } from './query-args.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { PropertyRef } from '../../reactivity/vue-internals.ts'
import { functionName } from '../../shared/function-name.ts'
import { whenSettled } from '../lifecycle/when-settled.ts'
import { useQueryTarget } from './query-args.ts'
import { QueryView } from './query-view.ts'
import { useQueryEntry } from './use-query-entry.ts'
import { CachedViewRef } from './view-ref.ts'

/** Options of {@link useConvexQuery}. */
export interface UseConvexQueryOptions<
  Result = any,
  Data = Result,
  Initial extends Result | undefined = Result | undefined,
> {
  /**
   * The identity that the query runs as: `'optional'`, the current identity, user or anonymous;
   * `'required'`, only a confirmed user; `'public'`, always anonymous.
   *
   * @default the plugin's `queryAuth`, or else 'optional'
   */
  auth?: QueryAuth
  /**
   * When the arguments change, shows the previous result (with `isStale`) until the new result
   * arrives.
   *
   * @default the plugin's `keepPreviousData`, or else false
   */
  keepPreviousData?: boolean
  /**
   * The data to show (with `isStale`) until the first result, for the arguments and the identity at
   * setup. With other arguments or another identity, after an error and while paused, `data` is
   * `undefined` in spite of its type.
   *
   * @default undefined
   */
  initialData?: Initial
  /**
   * When the query fails with the same arguments, continues to show the last result, with
   * `isStale`. By default `data` is `undefined` while there is an `error`, so that a user whose
   * permission was revoked no longer sees the data.
   *
   * @default false
   */
  keepDataOnError?: boolean
  /**
   * `false`: fetches the result once, without a subscription. The result is fetched again by
   * `refresh()` and after an identity change. All components that run the same query with `live:
   * false` share the result.
   *
   * @default true
   */
  live?: boolean
  /**
   * Whether a server fetches the query while it renders, if the app has SSR data (`convue/nuxt`
   * provides it). The page then starts with that result.
   *
   * @default true
   */
  ssr?: boolean
  /**
   * Computes `data` from each result. If it throws, `error` is the thrown error.
   *
   * @default undefined: `data` is the result itself
   */
  transform?: (result: Result) => Data
  /**
   * How long the subscription stays open after its last use, in milliseconds.
   *
   * @default the plugin's `lingerMs`
   */
  lingerMs?: number
  /** The longest time for which `await` waits for this query, in milliseconds. @default 5000 */
  awaitTimeoutMs?: number
}

/** The return value of {@link useConvexQuery}: read-only refs. */
export interface UseConvexQueryReturn<Data> {
  /** The result; `undefined` while there is no result. `null` is a result. */
  data: Readonly<Ref<Data>>
  /**
   * The error of the query or of `transform`; `undefined` again after the next result. The same
   * failure with another request id does not trigger watchers.
   */
  error: Readonly<Ref<Error | undefined>>
  /** The state of the query: see `isPaused`, `isPending`, `data` and `error`. */
  status: Readonly<Ref<'paused' | 'pending' | 'success' | 'error'>>
  /** The query does not run: see `pausedBy`. */
  isPaused: Readonly<Ref<boolean>>
  /** Why the query is paused; `undefined` unless `isPaused` is `true`. */
  pausedBy: Readonly<Ref<PauseReason | undefined>>
  /** The first result of these arguments has not arrived yet. */
  isPending: Readonly<Ref<boolean>>
  /** `data` may differ from the live result of these arguments for the current identity. */
  isStale: Readonly<Ref<boolean>>
  /** Fetches the query again; resolves when the result has arrived. `data` remains until then. */
  refresh: () => Promise<void>
}

/**
 * Options in which `initialData` is either present or absent. If the field were only optional,
 * TypeScript would not infer that `data` may be `undefined`.
 */
export type WithInitialData<Options, Initial> = Options & ({ initialData: Initial } | { initialData?: undefined })

/** Includes `undefined`, unless there is initial data. */
type DataOf<Data, Initial> = Initial extends undefined ? Data | undefined : Data

const CACHED_FIELDS = ['error', 'status', 'isPaused', 'pausedBy', 'isPending', 'isStale'] as const

/**
 * Subscribes to a query and exposes its state as refs.
 *
 * The query can be awaited, also by `<Suspense>`. The promise resolves at the first result, error,
 * pause or authentication failure. It never rejects: errors are part of the state.
 *
 * @param query A query of `convex/_generated/api`.
 * @param rest Arguments and options. The arguments are a value, a ref or a getter, or an object
 * whose fields are values, refs or getters. `undefined`, `null` and `'skip'` pause the query. A
 * field that is `undefined` counts as left out, and does not pause the query.
 * @throws {ConvueError} `PLUGIN_MISSING`, `FUNCTION_INVALID`
 * @example
 * const { data: messages } = useConvexQuery(api.messages.list, () => ({ channel: props.channel }))
 */
export function useConvexQuery<
  Q extends FunctionReference<'query'>,
  Data = FunctionReturnType<Q>,
  Initial extends FunctionReturnType<Q> | undefined = undefined,
>(
  query: Q,
  ...rest: QueryRest<Q, WithInitialData<UseConvexQueryOptions<FunctionReturnType<Q>, Data, Initial>, Initial>>
): UseConvexQueryReturn<DataOf<Data, Initial>> & PromiseLike<UseConvexQueryReturn<DataOf<Data, Initial>>> {
  const [, options = {}] = rest
  const context = useConvexContext('useConvexQuery')
  const { auth = context.queryAuth } = options
  const target = useQueryTarget(functionName(query), auth, rest, options.live)
  const entry = useQueryEntry(context, target, options.lingerMs ?? context.lingerMs, options.ssr)
  const view = new QueryView(context, target, entry, auth, options)
  const refs: Record<string, unknown> = {
    // Not cached, so that a new result directly triggers the components that show it.
    data: new PropertyRef(view, 'data'),
    refresh: () => entry.value?.refresh() ?? Promise.resolve(),
    then: whenSettled<unknown>(() => {
      const { then: _, ...awaited } = refs
      return awaited
    }, () => view.isSettled, options.awaitTimeoutMs),
  }
  for (const field of CACHED_FIELDS)
    refs[field] = new CachedViewRef(view, field)
  if (process.env.NODE_ENV !== 'production' && context.record) {
    const read = (): ShownState => ({ status: view.status, pausedBy: view.pausedBy })
    context.record.show({ kind: 'query', name: functionName(query), auth, read })
  }
  return refs as any
}
