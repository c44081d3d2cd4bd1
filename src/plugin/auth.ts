/** `useConvexAuth`: the auth state of the engine as refs, and the functions that change it. */
import type { ComputedRef, ShallowRef } from 'vue'
import type { QueryAuth } from '../shared/query-descriptor.ts'
import type { AuthState, Identity } from '../token/auth-state.ts'
import { computed } from 'vue'
import { untilTrue } from '../reactivity/until-true.ts'

/**
 * The state of the authentication:
 *
 * - `loading`: the identity is not known yet, or the first token of the user has not arrived yet
 * - `unauthenticated`: definitely signed out
 * - `authenticating`: the first token has arrived, and the deployment has not confirmed it yet
 * - `authenticated`: the deployment has confirmed the token
 * - `refreshing`: the user is known, but has no token that the deployment accepts at the moment.
 *   The user's data remains visible, and is marked as stale
 */
export type AuthStatus = Identity['status']

/** The provider's user. Augment this interface with the fields of your users. */
export interface ConvexUser extends Record<string, any> {}

/**
 * The provider's session, without its secret. Augment this interface with the fields of your
 * sessions.
 */
export interface ConvexSession extends Record<string, any> {}

/** The current user and session, and the state of the authentication. */
export interface UseConvexAuthReturn {
  /** The state of the authentication: see {@link AuthStatus}. */
  status: ComputedRef<AuthStatus>
  /** `loading` or `authenticating`: it is not certain yet whether a user is signed in. */
  isLoading: ComputedRef<boolean>
  /** `authenticated` or `refreshing`: the deployment has confirmed the user. */
  isAuthenticated: ComputedRef<boolean>
  /** `refreshing`: the user is known, and Convue requests a token that the deployment accepts. */
  isRefreshing: ComputedRef<boolean>
  /**
   * The current user; `null` if no user is signed in. Until the provider has reported the user, the
   * fields are the claims of the token.
   */
  user: ComputedRef<ConvexUser | null>
  /** The current session; `null` until the provider has reported it. */
  session: ComputedRef<ConvexSession | null>
  /**
   * The reason why no user is signed in, or why no token is available yet. `null` after an ordinary
   * sign-out.
   */
  error: ComputedRef<Error | null>
  /**
   * Resolves with `true` when the deployment has confirmed a user, and with `false` if the page is
   * definitely signed out. Resolves with `undefined` on a server without `initialAuth`, and if a
   * failure prevents Convue from finding out: `error` is then the failure. A route guard should
   * redirect only on `false`.
   *
   * While the page is signed out, it first waits for requests of a Better Auth client that may sign
   * a user in. It can therefore be called right after `authClient.signIn.email()`, for example.
   */
  ready: () => Promise<boolean | undefined>
  /**
   * Requests the session and a new token. Call it after a change that the page cannot notice, for
   * example if a route of your server or another device has changed the session, the user or the
   * user's rights. Results remain visible during the request. Resolves when the deployment has
   * confirmed the token, or when the provider cannot provide a token for now: see `status` and
   * `error`.
   */
  refresh: () => Promise<void>
  /**
   * Signs the user out. Resolves when the page is anonymous.
   *
   * @throws {ConvueError} `SIGN_OUT_FAILED`: the user is still signed in.
   */
  signOut: () => Promise<void>
}

interface AuthActions extends Pick<UseConvexAuthReturn, 'refresh' | 'signOut'> {
  /** Called when the app depends on which user is signed in: see `needUser`. */
  needUser: () => void
  /** Resolves once no request that may change the session is under way on this page. */
  whenIdle?: (() => Promise<void>) | undefined
}

export function createAuth(
  { needUser, refresh, signOut, whenIdle }: AuthActions,
  state: ShallowRef<AuthState>,
  isServer: boolean,
): UseConvexAuthReturn {
  const status = computed(() => {
    // In a microtask, since a computed value must not change any state.
    queueMicrotask(needUser)
    return state.value.status
  })
  // While the deployment accepts the current token, the page does not show the error of a failed
  // renewal.
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
   * Keeps the previous object as long as the data is equal, since providers return a new object
   * each time.
   */
  function describe(field: 'profile' | 'session'): ComputedRef<any> {
    return computed((previous) => {
      const next = state.value.user?.[field] ?? null
      return previous && JSON.stringify(previous) === JSON.stringify(next) ? previous : next
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
    async ready() {
      needUser()
      // A sign-in may be under way whose session has not reached the page yet.
      if (isConfirmed() === false)
        await whenIdle?.()
      await untilTrue(() => isConfirmed() !== undefined || !!error.value || isServer)
      return isConfirmed()
    },
    refresh() {
      needUser()
      return refresh()
    },
    signOut,
  }
}

/**
 * Whether waiting for a query of this auth mode ends, because a request for the session or the
 * token has failed. While the page is signed out, no query waits for a token.
 */
export function hasAuthFailed(auth: UseConvexAuthReturn, mode: QueryAuth): boolean {
  return mode !== 'public' && auth.status.value !== 'unauthenticated' && !!auth.error.value
}

/** Whether a query of this auth mode requires a user, and the page is signed out. */
export function isUserMissing(auth: UseConvexAuthReturn, mode: QueryAuth): boolean {
  return mode === 'required' && auth.status.value === 'unauthenticated'
}

/**
 * Whether it is uncertain that the visible result of a query of this auth mode belongs to the
 * current identity.
 */
export function isIdentityUnsure(auth: UseConvexAuthReturn, mode: QueryAuth): boolean {
  return mode !== 'public' && (auth.status.value === 'refreshing' || auth.status.value === 'loading')
}
