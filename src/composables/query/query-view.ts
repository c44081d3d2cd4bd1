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

/** The value that is shown, and the target that it is a result of. `undefined`: no value. */
interface RetainedResult {
  value: unknown
  target: QueryTarget
}

/** What `transform` returned for a result, or the error that it threw. */
interface TransformResult { data?: unknown, error?: Error }

/** What one user of a query sees of it. */
export class QueryView {
  readonly #context: ConvexContext
  readonly #target: QueryTargetRef
  readonly #entry: { readonly value: QueryEntry | null }
  readonly #auth: QueryAuth
  readonly #initial: { state: QueryState, target: QueryTarget, identity: number } | undefined
  readonly #retained: ComputedRef<RetainedResult> | undefined
  readonly #transformed: ComputedRef<TransformResult> | undefined

  constructor(context: ConvexContext, target: QueryTargetRef, entry: { readonly value: QueryEntry | null }, auth: QueryAuth, options: QueryViewOptions) {
    const { keepPreviousData, keepDataOnError, initialData, transform } = options
    this.#context = context
    this.#target = target
    this.#entry = entry
    this.#auth = auth
    if (initialData !== undefined)
      this.#initial = { state: { status: 'success', value: initialData as any, isStale: true }, target: target.value, identity: identityOf(context, auth) }
    if (keepPreviousData || keepDataOnError) {
      this.#retained = identityScopedComputed(context, auth, (previous) => {
        const { state } = this
        const isRetained = previous && (
          (state.status === 'pending' && keepPreviousData)
          || (state.status === 'error' && keepDataOnError && previous.target === target.value)
        )
        return isRetained ? previous : { value: valueOf(state), target: target.value }
      })
    }
    if (transform) {
      // Once per result, and whenever something that it reads changes: a result that becomes stale is the same result.
      const value = computed(() => this.#value)
      this.#transformed = computed(() => value.value === undefined ? {} : applyTransform(transform, value.value))
    }
  }

  /** Where the query stands, `transform` left aside. */
  get state(): QueryState {
    const target = this.#target.value
    if (target.status === 'paused')
      return target
    const entry = this.#entry.value
    // Arguments that are made of a user may fail without one.
    if (target.status === 'error')
      return this.#isSignedOut ? PAUSED : target
    const state = entry?.query.key === target.query.key ? entry.state.value : this.#isSignedOut ? PAUSED : PENDING
    const initial = this.#initial
    // An optimistic update can make it load again, which is another `pending`: what was there before the first answer does not come back.
    return initial && state === PENDING && initial.target === target && initial.identity === identityOf(this.#context, this.#auth) ? initial.state : state
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
    return this.data !== undefined && (state.status !== 'success' || state.isStale || isIdentityUnsure(this.#context.callerAuth, this.#auth))
  }

  get isPaused(): boolean {
    return this.status === 'paused'
  }

  get isPending(): boolean {
    return this.status === 'pending'
  }

  /** Nothing more is to be waited for. */
  get isSettled(): boolean {
    const { isServer, callerAuth } = this.#context
    return (isServer && !this.#entry.value) || this.status !== 'pending' || hasAuthFailed(callerAuth, this.#auth)
  }

  get #value(): unknown {
    return this.#retained ? this.#retained.value.value : valueOf(this.state)
  }

  /** It requires a user, and nobody is signed in. */
  get #isSignedOut(): boolean {
    return this.#auth === 'required' && this.#context.callerAuth.status.value === 'unauthenticated'
  }
}

function valueOf(state: QueryState): unknown {
  return state.status === 'success' ? state.value : undefined
}

function applyTransform(transform: (value: any) => unknown, value: unknown): TransformResult {
  try {
    return { data: transform(value) }
  }
  catch (error) {
    return { error: error as Error }
  }
}
