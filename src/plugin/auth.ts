import type { ComputedRef, ShallowRef } from 'vue'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { AuthState, Identity } from '../token/auth-state.ts'
import { computed } from 'vue'
import { untilTrue } from '../reactivity/until-true.ts'

/**
 * How sure it is who is there:
 *
 * - `loading`: nobody has answered yet, or a person is believed to be there but the first token is not
 * - `unauthenticated`: definitely nobody
 * - `authenticating`: a token was sent, the deployment has not confirmed it
 * - `authenticated`: confirmed
 * - `refreshing`: a known person without a token that the server accepts just now; what they see stays, marked as stale
 */
export type AuthStatus = Identity['status']

/** The provider's user. Augment this interface with the fields of yours. */
export interface ConvexUser extends Record<string, any> {}

/** The provider's session, without its secret. Augment this interface with the fields of yours. */
export interface ConvexSession extends Record<string, any> {}

/** Who is signed in. */
export interface UseConvexAuthReturn {
  /** How sure it is who is there: see {@link AuthStatus}. */
  status: ComputedRef<AuthStatus>
  /** `loading` or `authenticating`: not yet known for sure. */
  isLoading: ComputedRef<boolean>
  /** `authenticated` or `refreshing`: a person that the deployment has confirmed. */
  isAuthenticated: ComputedRef<boolean>
  /** A known person waits for a token that the deployment accepts. */
  isRefreshing: ComputedRef<boolean>
  /** At first what the token says of them, then what the provider does. */
  user: ComputedRef<ConvexUser | null>
  /** `null` until the provider has described it. */
  session: ComputedRef<ConvexSession | null>
  /** Why nobody is signed in, if it was no plain sign-out; or why there is no token yet. */
  error: ComputedRef<Error | null>
  /**
   * Resolves with `true` for a user that the deployment has confirmed, with `false` if the page is definitely signed out, and with `undefined` if
   * neither could be found out: after a failure (`error` says which), and on a server. A guard redirects on `false` only. Right after a sign-in by
   * the auth client, the page does not know of it yet: watch `isAuthenticated` for that.
   */
  ready: () => Promise<boolean | undefined>
  /**
   * Requests the session and a new token, for what the page cannot have noticed: a route of your server, or another device, has changed the session,
   * the user or their rights. What is shown stays meanwhile. Resolves once the deployment has confirmed the token, or it is known that there is none
   * for now: `status` and `error` say which.
   */
  refresh: () => Promise<void>
  /**
   * Ends the session. Resolves once the page is anonymous.
   *
   * @throws {ConvueError} `SIGN_OUT_FAILED`: nothing has changed.
   */
  signOut: () => Promise<void>
}

type AuthActions = Pick<UseConvexAuthReturn, 'refresh' | 'signOut'>

export function createAuth({ refresh, signOut }: AuthActions, state: ShallowRef<AuthState>, isServer: boolean): UseConvexAuthReturn {
  const status = computed(() => state.value.status)
  // A routine renewal that fails is nobody's concern while the deployment still accepts the former token.
  const error = computed(() => status.value === 'authenticated' ? null : state.value.error)
  const isConfirmed = (): boolean | undefined => {
    if (status.value === 'authenticated')
      return true
    return status.value === 'unauthenticated' ? false : undefined
  }
  const isOneOf = (...statuses: AuthStatus[]): ComputedRef<boolean> => computed(() => statuses.includes(status.value))

  /** Equal data in a new object is the same data: providers answer each request with a new one. */
  const describe = (what: 'profile' | 'session'): ComputedRef<any> => computed((former) => {
    const next = state.value.user?.[what] ?? null
    return JSON.stringify(former) === JSON.stringify(next) ? former : next
  })

  return {
    status,
    isLoading: isOneOf('loading', 'authenticating'),
    isAuthenticated: isOneOf('authenticated', 'refreshing'),
    isRefreshing: isOneOf('refreshing'),
    user: describe('profile'),
    session: describe('session'),
    error,
    ready: () => untilTrue(() => isConfirmed() !== undefined || !!error.value || isServer).then(isConfirmed),
    refresh: isServer ? async () => {} : refresh,
    signOut,
  }
}

/** Nobody can be asked yet, and it has failed once: only who waits for a person minds that their token does not come. */
export function hasAuthFailed(auth: UseConvexAuthReturn, as: QueryAuth): boolean {
  return as !== 'public' && auth.status.value !== 'unauthenticated' && !!auth.error.value
}

/** What is shown is no longer, or not yet, surely for whoever is there. */
export function isIdentityUnsure(auth: UseConvexAuthReturn, as: QueryAuth): boolean {
  return as !== 'public' && (auth.status.value === 'refreshing' || auth.status.value === 'loading')
}
