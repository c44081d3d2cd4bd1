import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { Ref } from 'vue'
import type { QueryAuth } from '../../shared/query-descriptor.ts'
import type { QueryRest } from './query-args.ts'
import { useConvexContext } from '../../plugin/context.ts'
import { functionName } from '../../shared/function-name.ts'
import { whenSettled } from '../lifecycle/when-settled.ts'
import { useQueryTarget } from './query-args.ts'
import { QueryView } from './query-view.ts'
import { useQueryEntry } from './use-query-entry.ts'
import { CachedViewRef, ViewRef } from './view-ref.ts'

/** Options of {@link useConvexQuery}. */
export interface UseConvexQueryOptions<Result = any, Data = Result, Initial extends Result | undefined = Result | undefined> {
  /**
   * What the query runs as: `'optional'`, whoever is there; `'required'`, only a confirmed user; `'public'`, always nobody.
   * @default 'optional'
   */
  auth?: QueryAuth
  /** Under new arguments, shows the former result (with `isStale`) until theirs is there. @default false */
  keepPreviousData?: boolean
  /**
   * Shown (with `isStale`) until the first result. It goes with the arguments and the person that it was given for: under others, on an error and
   * while paused, `data` is `undefined` in spite of its type.
   *
   * @default undefined
   */
  initialData?: Initial
  /**
   * On an error of the same arguments (a permission that was revoked, for one), goes on showing the last result, with `isStale`. Without it,
   * `data` is `undefined` beside an `error`, so that nobody goes on seeing what they may not see any more.
   *
   * @default false
   */
  keepDataOnError?: boolean
  /**
   * `false`: asks once, and again at `refresh()` and for another person, without staying subscribed. All who ask so share the answer.
   * @default true
   */
  live?: boolean
  /**
   * Whether a server asks it while it renders, where something lets it (`convue/nuxt` does). The page then begins with that answer.
   * @default true
   */
  ssr?: boolean
  /** Makes `data` of each result. An error that it throws becomes `error`. @default the result itself */
  transform?: (result: Result) => Data
  /** How long the subscription stays open when nobody uses it any more, in milliseconds. @default the plugin's */
  lingerMs?: number
  /** How long awaiting this query waits at most, in milliseconds. @default 5000 */
  awaitTimeoutMs?: number
}

/** What {@link useConvexQuery} returns: read-only refs of the query as this user sees it. */
export interface UseConvexQueryReturn<Data> {
  /** The result; `undefined` while there is none. `null` is a result. */
  data: Readonly<Ref<Data>>
  /** Why there is no result. Goes when the next result comes. The same failure with another request id is not a change. */
  error: Readonly<Ref<Error | undefined>>
  status: Readonly<Ref<'paused' | 'pending' | 'success' | 'error'>>
  /** Nothing is asked: the arguments pause it, or it requires a user and nobody is signed in. */
  isPaused: Readonly<Ref<boolean>>
  /** The first result of these arguments is on its way. */
  isPending: Readonly<Ref<boolean>>
  /** `data` is not yet, or no longer surely, the live result of these arguments for this user. */
  isStale: Readonly<Ref<boolean>>
  /** Asks the deployment again; resolves with its answer. `data` stays meanwhile. */
  refresh: () => Promise<void>
}

/** An optional field alone would hide from TypeScript that what it gets may be `undefined`. */
export type WithInitialData<Options, Initial> = Options & ({ initialData: Initial } | { initialData?: undefined })

/** `undefined` is part of the data, unless there is initial data. */
type DataOf<Data, Initial> = Initial extends undefined ? Data | undefined : Data

/**
 * A live query.
 *
 * Awaiting it (or `<Suspense>`) settles at the first result, error, pause or failed sign-in, and never rejects: errors are state.
 *
 * @param query A query of `convex/_generated/api`.
 * @param rest Arguments (a value, ref or getter; `undefined`, `null` and `'skip'` pause) and options. A plain object is read once: pass a getter or
 * ref for arguments that change.
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
  const { auth = 'optional', live = true } = options
  const context = useConvexContext('useConvexQuery')
  const target = useQueryTarget(functionName(query), auth, rest, live)
  const entry = useQueryEntry(context, target, options.lingerMs ?? context.lingerMs, options.ssr)
  const view = new QueryView(context, target, entry, auth, options)
  const shown: Record<string, unknown> = {
    // Not cached: a result then reaches who shows it by the shortest way.
    data: new ViewRef(view, 'data'),
    error: new CachedViewRef(view, 'error'),
    status: new CachedViewRef(view, 'status'),
    isPaused: new CachedViewRef(view, 'isPaused'),
    isPending: new CachedViewRef(view, 'isPending'),
    isStale: new CachedViewRef(view, 'isStale'),
    refresh: () => entry.value?.refresh() ?? Promise.resolve(),
    then: whenSettled<unknown>(() => {
      const { then: _, ...awaited } = shown
      return awaited
    }, () => view.isSettled, options.awaitTimeoutMs),
  }
  return shown as any
}
