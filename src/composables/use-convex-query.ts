import type { FunctionReference, FunctionReturnType } from 'convex/server'
import type { Ref } from 'vue'
import type { QueryAuth, QueryState } from '../plugin/query-entry.ts'
import type { QueryRest } from './query-args.ts'
import { computed, getCurrentScope, onScopeDispose, shallowRef, toRef } from 'vue'
import { useConvexContext } from '../plugin/context.ts'
import { functionName } from '../plugin/function-name.ts'
import { PAUSED, PENDING } from '../plugin/query-entry.ts'
import { until } from '../plugin/until.ts'
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

/** All that a query shows, computed as a whole. */
interface View {
  status: QueryState['status']
  /** What `data` was made from; `undefined`: nothing is shown. */
  value: unknown
  error: Error | undefined
  isStale: boolean
  /** To whom it is shown. */
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
  const { auth = 'optional', keepPrevious, initialData, transform, awaitTimeoutMs = 5000 } = options
  const context = useConvexContext('useConvexQuery')
  const target = useQueryTarget(functionName(query), auth, rest)
  const entry = useQueryEntry(target, options.lingerMs ?? context.lingerMs)
  const authStatus = context.auth.status
  const person = (): number => auth === 'public' ? 0 : context.person.value
  const [initialPerson, initialTarget] = [person(), target.value]

  function state(): QueryState {
    const wanted = target.value
    if (wanted.status === 'paused' || (auth === 'required' && authStatus.value === 'unauthenticated'))
      return PAUSED
    if (wanted.status === 'error')
      return wanted
    const subscribed = entry.value
    return subscribed?.query.key === wanted.query.key ? subscribed.state.value : PENDING
  }

  const view = computed<View>((former) => {
    const current = state()
    const who = person()
    const isPending = current.status === 'pending'
    const isInitial = isPending && initialData !== undefined && initialPerson === who && initialTarget === target.value
    let value: unknown
    if (current.status === 'success')
      value = current.value
    else if (isInitial)
      value = initialData
    else if (isPending && keepPrevious && former?.person === who)
      value = former.value

    const isShown = value !== undefined
    const isIdentityUnsure = auth !== 'public' && (authStatus.value === 'refreshing' || authStatus.value === 'loading')
    return {
      status: isInitial ? 'success' : current.status,
      value,
      error: current.status === 'error' ? current.error : undefined,
      isStale: isShown && (current.status !== 'success' || current.isStale || isIdentityUnsure),
      person: who,
    }
  })

  // Apart from the view: once per result, and whenever something that it reads changes.
  const value = computed(() => view.value.value)
  const made = transform && computed<Made>(() => value.value === undefined ? {} : applyTransform(transform, value.value))
  const error = computed(() => view.value.error ?? made?.value.error)
  const status = computed(() => made?.value.error ? 'error' : view.value.status)

  const isOver = shallowRef(context.isServer)
  if (getCurrentScope())
    onScopeDispose(() => isOver.value = true)
  /** Only who waits for a person minds that their token does not come. */
  const hasAuthFailed = (): boolean => auth !== 'public' && authStatus.value !== 'unauthenticated' && !!context.auth.error.value
  const isSettled = (): boolean => isOver.value || status.value !== 'pending' || hasAuthFailed()

  const refs: UseConvexQueryReturn<any> = {
    data: made ? computed(() => made.value.data) : value,
    error,
    status,
    // The status is computed already: these need no cache of their own.
    isPaused: toRef(() => status.value === 'paused'),
    isPending: toRef(() => status.value === 'pending'),
    isStale: computed(() => view.value.isStale),
    refresh: () => entry.value?.refresh() ?? Promise.resolve(),
  }
  return {
    ...refs,
    // No `catch`, or Vue would take what a composable returns for a promise.
    then(onFulfilled, onRejected) {
      const isLate = shallowRef(false)
      const timer = isSettled() ? undefined : setTimeout(() => isLate.value = true, awaitTimeoutMs)
      return until(() => isLate.value || isSettled() ? refs : undefined)
        .finally(() => clearTimeout(timer))
        .then(onFulfilled, onRejected)
    },
  }
}

function applyTransform(transform: (value: any) => unknown, value: unknown): Made {
  try {
    return { data: transform(value) }
  }
  catch (error) {
    return { error: error as Error }
  }
}
