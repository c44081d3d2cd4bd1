import type { ComputedRef } from 'vue'
/** Values and promises that belong to one identity: the only readers of the identity version. */
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { ConvexContext } from './context.ts'
import { computed, shallowRef } from 'vue'
import { IdentityChangedError } from '../errors/identity-changed-error.ts'

/** The part of the context that counts identity changes. */
type IdentityContext = Pick<ConvexContext, 'identityVersion'>

/** A value that is empty under every identity but the one that it was set under. */
export interface IdentityScoped<T> {
  /** Reactive: becomes the empty value in the tick of an identity change. */
  readonly value: T
  /** Sets the value for the current identity. */
  set: (value: T) => void
}

/**
 * A number that stands for the identity as which a query with this `auth` runs. It changes with each identity change, and never for `'public'`
 * queries, which always run anonymously. Reactive.
 */
export function identityOf(context: IdentityContext, auth: QueryAuth = 'optional'): number {
  return auth === 'public' ? 0 : context.identityVersion.value
}

/** Holds a value for the identity that it is set under; `empty` under every other identity. */
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

/** A computed value whose getter receives its previous value, unless that belongs to another identity. */
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
 * Watches over a call that is made as the current identity. The returned function takes the error of the call, if it failed, and returns the error
 * to report: after an identity change, the result or error belongs to the previous identity, and an `IdentityChangedError` takes its place.
 *
 * It is synchronous, so that no identity change fits between the check and the use of the result.
 */
export function identityGuard(context: IdentityContext): (error?: Error) => Error | undefined {
  const identity = identityOf(context)
  return (error) => {
    // An `IdentityChangedError` of the call itself reports more exactly whether the call was sent.
    if (identity === identityOf(context) || error instanceof IdentityChangedError)
      return error
    return new IdentityChangedError('unknown')
  }
}
