/** Values that belong to one identity. The only file that reads `identityVersion`. */

import type { ComputedRef } from 'vue'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { ConvexContext } from './context.ts'
import { computed, shallowRef } from 'vue'
import { IdentityChangedError } from '../errors/identity-changed-error.ts'

/** The part of the context that counts identity changes. */
type IdentityContext = Pick<ConvexContext, 'identityVersion'>

/**
 * A value that belongs to the identity that was current when it was set, and is empty for any other
 * identity.
 */
export interface IdentityScoped<T> {
  /** Reactive: becomes the empty value in the tick of an identity change. */
  readonly value: T
  /** Sets the value for the current identity. */
  set: (value: T) => void
}

/**
 * The identity that a query of this auth mode runs as, represented by a number. The number changes
 * with each identity change, except for `'public'` queries, which always run anonymously. Reactive.
 */
export function identityOf(context: IdentityContext, auth: QueryAuth = 'optional'): number {
  return auth === 'public' ? 0 : context.identityVersion.value
}

/**
 * Holds a value for the identity that is current when the value is set. For every other identity,
 * the value is `empty`.
 */
export function identityScoped<T>(context: IdentityContext, empty: T): IdentityScoped<T> {
  const held = shallowRef({ value: empty, identity: identityOf(context) })
  return {
    get value() {
      return held.value.identity === identityOf(context) ? held.value.value : empty
    },
    set(value) {
      held.value = { value, identity: identityOf(context) }
    },
  }
}

/**
 * A computed value whose getter receives its previous value, or `undefined` if that value belongs
 * to another identity.
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
 * Runs a call as the current identity. After an identity change, the result or error belongs to the
 * previous identity, and an `IdentityChangedError` replaces it.
 *
 * @param context The part of the context that counts identity changes.
 * @param start Starts the call. May throw.
 * @param onSettled Called in the tick of that check with the result or the error to report: the
 *   identity may change before the returned promise settles.
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
  // An `IdentityChangedError` of the call itself also reports whether the call was sent.
  if (identity !== identityOf(context) && !(error instanceof IdentityChangedError))
    error = new IdentityChangedError('unknown')
  onSettled?.(error, error ? undefined : result)
  if (error)
    throw error
  return result as T
}
