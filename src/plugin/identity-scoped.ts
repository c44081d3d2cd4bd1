/** Values that belong to one identity. The only file that reads `identityVersion`. */

import type { ComputedRef } from 'vue'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { ConvexContext } from './context.ts'
import { computed, shallowRef } from 'vue'
import { IdentityChangedError } from '../errors/identity-changed-error.ts'

/** The part of the context that counts identity changes. */
type IdentityContext = Pick<ConvexContext, 'identityVersion'>

/**
 * A value that belongs to one identity: the identity that was current when the value was set. For
 * any other identity, the value is empty.
 */
export interface IdentityScoped<T> {
  /** Reactive. Becomes the empty value in the tick of an identity change. */
  readonly value: T
  /** Sets the value for the current identity. */
  set: (value: T) => void
}

/**
 * A number that represents the identity that a query of this auth mode runs as. It changes with
 * each identity change, except for `'public'` queries, which always run anonymously. Reactive.
 */
export function identityOf(context: IdentityContext, auth?: QueryAuth): number {
  return auth === 'public' ? 0 : context.identityVersion.value
}

/**
 * Creates a value that belongs to the identity that is current when the value is set. For any other
 * identity, the value is `empty`.
 */
export function identityScoped<T>(context: IdentityContext, empty: T): IdentityScoped<T> {
  const held = shallowRef<{ value: T, identity: number }>()
  return {
    get value() {
      return held.value?.identity === identityOf(context) ? held.value.value : empty
    },
    set(value) {
      held.value = { value, identity: identityOf(context) }
    },
  }
}

/**
 * A computed value whose getter receives the previous value, or `undefined` if the previous value
 * belongs to another identity.
 */
export function identityScopedComputed<T>(
  context: IdentityContext,
  auth: QueryAuth,
  getter: (previous: T | undefined) => T,
): ComputedRef<T> {
  let identity: number | undefined
  return computed<T>((previous) => {
    const current = identityOf(context, auth)
    const isSameIdentity = identity === current
    identity = current
    return getter(isSameIdentity ? previous : undefined)
  })
}

/**
 * Runs a call as the current identity. If the identity changes during the call, the result or error
 * belongs to the previous identity, so an `IdentityChangedError` replaces it.
 *
 * @param context The part of the context that counts identity changes.
 * @param start Starts the call. May throw.
 * @param onSettled Called with the result or the error, in the tick in which the identity is
 *   checked. The identity may change before the returned promise settles.
 */
export async function runAsIdentity<T>(
  context: IdentityContext,
  start: () => Promise<T>,
  onSettled?: (error: Error | undefined, result: T | undefined) => void,
): Promise<T> {
  const identity = identityOf(context)
  let result: T | undefined
  let error: Error | undefined
  try {
    result = await start()
  }
  catch (cause) {
    error = cause as Error
  }
  // If the call itself has thrown an `IdentityChangedError`, this error is kept, since it also says
  // whether the call was sent.
  if (identity !== identityOf(context) && !(error instanceof IdentityChangedError))
    error = new IdentityChangedError('unknown')
  onSettled?.(error, error ? undefined : result)
  if (error)
    throw error
  return result as T
}
