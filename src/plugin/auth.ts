/** `useConvexAuth`: the auth state of the engine as refs, and the functions that change it. */
import type { ComputedRef, ShallowRef } from 'vue'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { AuthState, Identity } from '../token/auth-state.ts'
import { computed } from 'vue'
import { untilTrue } from '../reactivity/until-true.ts'

/**
 * What is known about the current identity:
 *
 * - `loading`: the identity is not known yet, or a user is expected but the first token has not
 *   arrived
 * - `unauthenticated`: definitely signed out
 * - `authenticating`: a token was sent, and the deployment has not confirmed it
 * - `authenticated`: the deployment has confirmed the token
 * - `refreshing`: a known user without a token that the deployment accepts at the moment. The
 *   user's data remain visible, marked as stale
 */
export type AuthStatus = Identity['status']

/** The provider's user. Augment this interface with the fields of your users. */
export interface ConvexUser extends Record<string, any> {}

/**
 * The provider's session, without its secret. Augment this interface with the fields of your
 * sessions.
 */
export interface ConvexSession extends Record<string, any> {}

/** The current user and session, and what is known about them. */
export interface UseConvexAuthReturn {
  /** What is known about the current identity: see {@link AuthStatus}. */
  status: ComputedRef<AuthStatus>
  /** `loading` or `authenticating`: it is not certain yet whether a user is signed in. */
  isLoading: ComputedRef<boolean>
  /** `authenticated` or `refreshing`: the deployment has confirmed the user. */
  isAuthenticated: ComputedRef<boolean>
  /** `refreshing`: a known user waits for a token that the deployment accepts. */
  isRefreshing: ComputedRef<boolean>
  /**
   * The current user; `null` if there is none. Until the provider has described the user, the
   * fields are those of the token's claims.
   */
  user: ComputedRef<ConvexUser | null>
  /** The current session. `null` until the provider has described it. */
  session: ComputedRef<ConvexSession | null>
  /** Why the page is signed out, unless the user signed out; or why the token is missing. */
  error: ComputedRef<Error | null>
  /**
   * Resolves with `true` once the deployment has confirmed a user, and with `false` if the page is
   * definitely signed out. Resolves with `undefined` on a server, and after a failure that left
   * neither certain: `error` then has the reason. A route guard should redirect on `false` only.
   *
   * Right after a sign-in by the auth client, the page is not informed of it yet: watch
   * `isAuthenticated` to follow a sign-in.
   */
  ready: () => Promise<boolean | undefined>
  /**
   * Requests the session and a new token, after a change that the page cannot notice: a route of
   * your server, or another device, has changed the session, the user or the user's rights. Results
   * remain visible during the request. Resolves once the deployment has confirmed the token, or
   * once it is known that a token cannot be had for now: see `status` and `error`.
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

export function createAuth(
  { refresh, signOut }: AuthActions,
  state: ShallowRef<AuthState>,
  isServer: boolean,
): UseConvexAuthReturn {
  const status = computed(() => state.value.status)
  // While the deployment accepts the current token, a renewal that fails changes nothing for the
  // page.
  const error = computed(() => status.value === 'authenticated' ? null : state.value.error)

  function isConfirmed(): boolean | undefined {
    if (status.value === 'authenticated')
      return true
    return status.value === 'unauthenticated' ? false : undefined
  }

  function hasStatus(...statuses: AuthStatus[]): ComputedRef<boolean> {
    return computed(() => statuses.includes(status.value))
  }

  /**
   * Keeps the previous object while the data are equal, since providers return a new object each
   * time.
   */
  function describe(field: 'profile' | 'session'): ComputedRef<any> {
    return computed((previous) => {
      const next = state.value.user?.[field] ?? null
      return JSON.stringify(previous) === JSON.stringify(next) ? previous : next
    })
  }

  return {
    status,
    isLoading: hasStatus('loading', 'authenticating'),
    isAuthenticated: hasStatus('authenticated', 'refreshing'),
    isRefreshing: hasStatus('refreshing'),
    user: describe('profile'),
    session: describe('session'),
    error,
    ready: () => untilTrue(() => isConfirmed() !== undefined || !!error.value || isServer).then(isConfirmed),
    refresh,
    signOut,
  }
}

/**
 * Whether a request for the identity or the token has failed, for a query that depends on them.
 * While the page is signed out, no query waits for a token.
 */
export function hasAuthFailed(auth: UseConvexAuthReturn, mode: QueryAuth): boolean {
  return mode !== 'public' && auth.status.value !== 'unauthenticated' && !!auth.error.value
}

/**
 * Whether it is uncertain that a visible result is still, or already, a result of the current
 * identity.
 */
export function isIdentityUnsure(auth: UseConvexAuthReturn, mode: QueryAuth): boolean {
  return mode !== 'public' && (auth.status.value === 'refreshing' || auth.status.value === 'loading')
}
