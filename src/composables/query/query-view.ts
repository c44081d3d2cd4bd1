/** `QueryView`: the state of a query as one component sees it, with the component's own options. */

import type { ComputedRef } from 'vue'
import type { ConvexContext } from '../../plugin/context.ts'
import type { QueryAuth } from '../../shared/query-descriptor.ts'
import type { QueryEntry, QueryState } from '../../store/query-entry.ts'
import type { QueryTarget, QueryTargetRef } from './query-args.ts'
import { computed } from 'vue'
import { hasAuthFailed, isIdentityUnsure } from '../../plugin/auth.ts'
import { identityOf, identityScopedComputed } from '../../plugin/identity-scoped.ts'
import { PAUSED, PENDING } from '../../store/query-entry.ts'

export interface QueryViewOptions {
  keepPreviousData?: boolean
  keepDataOnError?: boolean
  initialData?: unknown
  transform?: (result: any) => unknown
}

/** Initial data, with the target and the identity at the time when the app passed it. */
interface InitialResult {
  state: QueryState
  target: QueryTarget
  identity: number
}

/** The value to show, and the target whose result it is. `undefined`: there is no value. */
interface RetainedResult {
  value: unknown
  target: QueryTarget
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
    const { keepPreviousData, keepDataOnError, initialData, transform } = options
    this.#context = context
    this.#target = target
    this.#entry = entry
    this.#auth = auth
    if (initialData !== undefined) {
      const state: QueryState = { status: 'success', value: initialData as any, isStale: true }
      this.#initial = { state, target: target.value, identity: identityOf(context, auth) }
    }
    if (keepPreviousData || keepDataOnError) {
      this.#retained = identityScopedComputed(context, auth, (previous) => {
        const { state } = this
        const isRetained = previous && (
          (state.status === 'pending' && keepPreviousData)
          || (state.status === 'error' && keepDataOnError && previous.target === target.value)
        )
        if (isRetained)
          return previous
        return { value: valueOf(state), target: target.value }
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
    if (target.status === 'paused')
      return target
    const entry = this.#entry.value
    // While no user is signed in, arguments that are computed from the user may throw. The query is
    // then paused.
    if (target.status === 'error')
      return this.#isSignedOut ? PAUSED : target

    let state = this.#isSignedOut ? PAUSED : PENDING
    // When the arguments have changed, `entry` still belongs to the previous arguments until the
    // entry of the new arguments has been acquired.
    if (entry?.query.key === target.query.key)
      state = entry.state.value
    const initial = this.#initial
    // Initial data is only shown for the target and the identity at setup, and before the first
    // result. An optimistic update can make the query load again. Its pending state is another
    // object than `PENDING`, so initial data does not appear again after the first result.
    const isInitial = initial && state === PENDING && initial.target === target
    if (isInitial && initial.identity === identityOf(this.#context, this.#auth))
      return initial.state
    return state
  }

  get data(): unknown {
    return this.#transformed ? this.#transformed.value.data : this.#value
  }

  get error(): Error | undefined {
    const { state } = this
    return state.status === 'error' ? state.error : this.#transformed?.value.error
  }

  get status(): QueryState['status'] {
    return this.#transformed?.value.error ? 'error' : this.state.status
  }

  get isStale(): boolean {
    const { state } = this
    if (this.data === undefined)
      return false
    return state.status !== 'success' || state.isStale || isIdentityUnsure(this.#context.callerAuth, this.#auth)
  }

  get isPaused(): boolean {
    return this.status === 'paused'
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
    return this.#retained ? this.#retained.value.value : valueOf(this.state)
  }

  /** Whether the query requires a user and the page is signed out. */
  get #isSignedOut(): boolean {
    return this.#auth === 'required' && this.#context.callerAuth.status.value === 'unauthenticated'
  }
}

function valueOf(state: QueryState): unknown {
  return state.status === 'success' ? state.value : undefined
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
