/** `QueryView`: the state of a query as one component sees it, with the component's own options. */

import type { ComputedRef } from 'vue'
import type { ConvexContext } from '../../plugin/context.ts'
import type { QueryAuth } from '../../shared/query-descriptor.ts'
import type { QueryEntry, QueryState } from '../../store/query-entry.ts'
import type { PauseReason } from './pause-reason.ts'
import type { QueryTarget, QueryTargetRef } from './query-args.ts'
import { computed } from 'vue'
import { hasAuthFailed, isIdentityUnsure, isUserMissing } from '../../plugin/auth.ts'
import { identityOf } from '../../plugin/identity-scoped.ts'
import { PAUSED, PENDING } from '../../store/query-entry.ts'
import { pauseReason } from './pause-reason.ts'

export interface QueryViewOptions {
  keepPreviousData?: boolean
  keepDataOnError?: boolean
  initialData?: unknown
  transform?: (result: any) => unknown
  /** Hides the result that is stored from the last visit. Apps cannot set this option. */
  hidesStored?: boolean
}

/** Initial data, with the query and the identity that were current when the app passed it. */
interface InitialResult {
  state: QueryState
  target: QueryTarget
  identity: number
}

/**
 * The value to show, and the query and the identity that it is a result of. `undefined`: no value.
 */
interface RetainedResult {
  value: unknown
  target: QueryTarget
  identity: number
}

/** The return value of `transform` for a result, or the error that it threw. */
interface TransformResult {
  data?: unknown
  error?: Error
}

/**
 * The state of a query as one component sees it. A class with few computed values, since a page may
 * have thousands of views.
 */
export class QueryView {
  readonly #context: ConvexContext
  readonly #target: QueryTargetRef
  readonly #entry: { readonly value: QueryEntry | null }
  readonly #auth: QueryAuth
  readonly #hidesStored: boolean | undefined
  readonly #initial: InitialResult | undefined
  readonly #retained: ComputedRef<RetainedResult> | undefined
  readonly #transformed: ComputedRef<TransformResult> | undefined

  constructor(
    context: ConvexContext,
    target: QueryTargetRef,
    entry: { readonly value: QueryEntry | null },
    auth: QueryAuth,
    options: QueryViewOptions,
  ) {
    const { keepPreviousData = context.keepPreviousData, keepDataOnError, initialData, transform } = options
    this.#context = context
    this.#target = target
    this.#entry = entry
    this.#auth = auth
    this.#hidesStored = options.hidesStored
    if (initialData !== undefined) {
      const state: QueryState = { status: 'success', value: initialData as any, isStale: true }
      this.#initial = { state, target: target.value, identity: identityOf(context, auth) }
    }
    if (keepPreviousData || keepDataOnError) {
      this.#retained = computed((previous) => {
        const { state } = this
        const identity = identityOf(context, auth)
        const isRetained = previous?.identity === identity && (
          (state.status === 'pending' && keepPreviousData)
          || (state.status === 'error' && keepDataOnError && previous.target === target.value)
        )
        if (isRetained)
          return previous
        return { value: state.value, target: target.value, identity }
      })
    }
    if (transform) {
      // `transform` runs once per result, and again when a reactive value that it reads changes.
      // Thanks to the separate computed value, it does not run when the same result becomes stale.
      const value = computed(() => this.#value)
      this.#transformed = computed(() => applyTransform(transform, value.value))
    }
  }

  /** The state of the query before `transform`. */
  get state(): QueryState {
    const target = this.#target.value
    const entry = this.#entry.value
    const initial = this.#initial
    let state = PENDING
    // After the arguments change, `entry` is the entry of the previous arguments until the entry of
    // the new arguments has been acquired.
    if (target.query && entry?.query.key === target.query.key)
      state = this.#hidesStored && entry.state.value.isStored ? PENDING : entry.state.value
    // Arguments that are computed from the user may throw while no user is signed in.
    else if (isUserMissing(this.#context.callerAuth, this.#auth))
      return PAUSED
    else if (target.status !== 'ready')
      return target

    // Initial data is valid for the query and the identity that were current when `setup` ran. An
    // optimistic update that makes the query load again creates another pending state object:
    // initial data, which is older than the first result, must not return then.
    // Initial data is also preferred to a result that is stored from the last visit.
    const isInitial = (state === PENDING || state.isStored) && initial?.target === target
    if (isInitial && initial.identity === identityOf(this.#context, this.#auth))
      return initial.state
    return state
  }

  get data(): unknown {
    return this.#transformed ? this.#transformed.value.data : this.#value
  }

  get error(): Error | undefined {
    return this.state.error ?? this.#transformed?.value.error
  }

  get status(): QueryState['status'] {
    return this.#transformed?.value.error ? 'error' : this.state.status
  }

  get isStale(): boolean {
    if (this.data === undefined)
      return false
    return this.state.isStale !== false || isIdentityUnsure(this.#context.callerAuth, this.#auth)
  }

  get isPaused(): boolean {
    return this.status === 'paused'
  }

  get pausedBy(): PauseReason | undefined {
    return this.isPaused ? pauseReason(this.#target.value, this.#context.callerAuth, this.#auth) : undefined
  }

  get isPending(): boolean {
    return this.status === 'pending'
  }

  /** Whether a promise of the query resolves now. */
  get isSettled(): boolean {
    const { isServer, callerAuth } = this.#context
    return (isServer && !this.#entry.value) || this.status !== 'pending' || hasAuthFailed(callerAuth, this.#auth)
  }

  get #value(): unknown {
    return this.#retained ? this.#retained.value.value : this.state.value
  }
}

function applyTransform(transform: (value: any) => unknown, value: unknown): TransformResult {
  if (value === undefined)
    return {}
  try {
    return { data: transform(value) }
  }
  catch (error) {
    return { error: error as Error }
  }
}
