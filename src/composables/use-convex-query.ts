import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { Ref } from 'vue'
import type { QueryState } from '../plugin/query-entry.ts'
import type { QueryAuth } from '../plugin/query-key.ts'
import type { QueryRest, QueryTarget } from './query-args.ts'
import { computed, toRef } from 'vue'
import { useConvexContext } from '../plugin/context.ts'
import { functionName } from '../plugin/function-name.ts'
import { PAUSED, PENDING } from '../plugin/query-entry.ts'
import { awaitable } from './awaitable.ts'
import { useQueryTarget } from './query-args.ts'
import { useQueryEntry } from './use-query-entry.ts'

export interface UseConvexQueryOptions<Result = any, Data = Result, Initial extends Result | undefined = Result | undefined> {
  /**
   * What the query runs as: `'optional'`, whoever is there; `'required'`, only a confirmed user; `'public'`, always nobody.
   * @default 'optional'
   */
  auth?: QueryAuth
  /** Under new arguments, shows the former result (with `isStale`) until theirs is there. @default false */
  keepPrevious?: boolean
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
  keepOnError?: boolean
  /**
   * `false`: asks once, and again at `refresh()` and for another person, without staying subscribed. All who ask so share the answer.
   * @default true
   */
  live?: boolean
  /** Makes `data` of each result. An error that it throws becomes `error`. @default the result itself */
  transform?: (result: Result) => Data
  /** How long the subscription stays open when nobody uses it any more, in milliseconds. @default the plugin's */
  lingerMs?: number
  /** How long awaiting this query waits at most, in milliseconds. @default 5000 */
  awaitTimeoutMs?: number
}

export interface UseConvexQueryReturn<Data> {
  /** The result; `undefined` while there is none. `null` is a result. */
  data: Readonly<Ref<Data>>
  /** Why there is no result. Goes when the next result comes. */
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

/** A result that goes on showing; `undefined`: none. */
interface Kept {
  value: unknown
  /** What it answers, and to whom it is shown. */
  target: QueryTarget
  person: number
}

/** What `transform` made of it. */
interface Made { data?: unknown, error?: Error }

/**
 * A live query.
 *
 * Awaiting it (or `<Suspense>`) settles at the first result, error, pause or failed sign-in, and never rejects: errors are state.
 *
 * @param query A query of `convex/_generated/api`.
 * @param rest Arguments (a value, ref or getter; `undefined`, `null` and `'skip'` pause) and options.
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
  const { auth = 'optional', live = true, keepPrevious, keepOnError, initialData, transform, awaitTimeoutMs } = options
  const context = useConvexContext('useConvexQuery')
  const target = useQueryTarget(functionName(query), auth, live, rest)
  const entry = useQueryEntry(target, options.lingerMs ?? context.lingerMs)
  const authStatus = context.auth.status
  const person = (): number => auth === 'public' ? 0 : context.person.value

  const [initialTarget, initialPerson] = [target.value, person()]
  const initial: QueryState | false = initialData !== undefined && { status: 'success', value: initialData, isStale: true }

  function current(): QueryState {
    const wanted = target.value
    if (wanted.status !== 'ready')
      return wanted
    const subscribed = entry.value
    const state = subscribed?.query.key === wanted.query.key
      ? subscribed.state.value
      : auth === 'required' && authStatus.value === 'unauthenticated' ? PAUSED : PENDING
    return initial && state.status === 'pending' && initialTarget === wanted && initialPerson === person() ? initial : state
  }

  const kept = (keepPrevious || keepOnError) && computed<Kept>((former) => {
    const state = current()
    const next = { value: valueOf(state), target: target.value, person: person() }
    const mayKeep = state.status === 'pending' ? keepPrevious : state.status === 'error' && keepOnError && former?.target === next.target
    return mayKeep && next.value === undefined && former?.person === next.person ? former : next
  })
  // A getter and no computed: what shows a result depends on the entry directly, and there may be thousands.
  const value = toRef(() => kept ? kept.value.value : valueOf(current()))
  // Apart from the rest: once per result, and whenever something that it reads changes.
  const made = transform && computed<Made>(() => value.value === undefined ? {} : applyTransform(transform, value.value))
  const status = computed(() => made?.value.error ? 'error' : current().status)

  const refs: UseConvexQueryReturn<any> = {
    data: made ? computed(() => made.value.data) : value,
    error: computed(() => {
      const state = current()
      return state.status === 'error' ? state.error : made?.value.error
    }),
    status,
    // The status is computed already: these need no cache of their own.
    isPaused: toRef(() => status.value === 'paused'),
    isPending: toRef(() => status.value === 'pending'),
    isStale: computed(() => {
      const state = current()
      const isIdentityUnsure = auth !== 'public' && (authStatus.value === 'refreshing' || authStatus.value === 'loading')
      return value.value !== undefined && (state.status !== 'success' || state.isStale || isIdentityUnsure)
    }),
    refresh: () => entry.value?.refresh() ?? Promise.resolve(),
  }
  /** Only who waits for a person minds that their token does not come. */
  const hasAuthFailed = (): boolean => auth !== 'public' && authStatus.value !== 'unauthenticated' && !!context.auth.error.value
  return {
    ...refs,
    ...awaitable(refs, () => context.isServer || status.value !== 'pending' || hasAuthFailed(), awaitTimeoutMs),
  }
}

function valueOf(state: QueryState): unknown {
  return state.status === 'success' ? state.value : undefined
}

function applyTransform(transform: (value: any) => unknown, value: unknown): Made {
  try {
    return { data: transform(value) }
  }
  catch (error) {
    return { error: error as Error }
  }
}
