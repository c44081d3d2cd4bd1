/** `auth0Source`: the identity provider of an app that signs its users in with Auth0. */
import type { SessionSnapshot, TokenSource } from 'convue'
import type { Ref } from 'vue'
import { watch } from 'vue'
import { describeUser } from './standard-claims.ts'
import { outcomeOf } from './token-outcome.ts'

/** The parts of the client of `@auth0/auth0-vue` that Convue uses. */
export interface Auth0Client {
  isLoading: Ref<boolean>
  isAuthenticated: Ref<boolean>
  user: Ref<{ sub?: string | undefined, [claim: string]: any } | undefined>
  error: Ref<any>
  getAccessTokenSilently: (
    options: { detailedResponse: true, cacheMode: 'on' | 'off' },
  ) => Promise<{ id_token: string } | undefined>
  checkSession: () => Promise<void>
  logout: (options?: any) => Promise<void>
}

/** Options of {@link auth0Source}. */
export interface Auth0SourceOptions {
  /**
   * Options of Auth0's `logout`, which `signOut()` of `useConvexAuth` calls, such as
   * `{ logoutParams: { returnTo: location.origin } }`.
   *
   * @default {}
   */
  logout?: object
}

/**
 * The identity provider for `createConvex`. Its tokens are the ID tokens of Auth0.
 *
 * @param auth0 The plugin that `createAuth0` of `@auth0/auth0-vue` returns. Install it before
 * Convue's.
 * @param options The options of the source.
 * @see https://docs.convex.dev/auth/auth0
 * @example
 * const auth0 = createAuth0({ domain, clientId, useRefreshTokens: true })
 * app.use(auth0).use(createConvex({ url, tokenSource: auth0Source(auth0) }))
 */
export function auth0Source(auth0: Auth0Client, options: Auth0SourceOptions = {}): TokenSource {
  const { logout = {} } = options
  const { isLoading, isAuthenticated, user, error } = auth0

  function getSnapshot(): SessionSnapshot {
    if (isLoading.value)
      return { status: 'pending' }
    const sub = user.value?.sub
    if (isAuthenticated.value && sub)
      return { status: 'signedIn', userId: sub, user: describeUser({ ...user.value, sub }), session: null }
    if (!error.value)
      return { status: 'signedOut' }
    if (isNetworkFailure(error.value))
      return { status: 'failed', error: error.value, isInconclusive: true }
    // The user has cancelled the sign-in, for example.
    return { status: 'signedOut', error: error.value }
  }

  return {
    getSnapshot,
    subscribe: listener => watch(getSnapshot, listener, { flush: 'sync' }),
    fetchToken: ({ force }) => outcomeOf(!force, async () => {
      const cacheMode = force ? 'off' : 'on'
      return (await auth0.getAccessTokenSilently({ detailedResponse: true, cacheMode }))?.id_token
    }),
    refresh: () => void auth0.checkSession(),
    signOut: () => auth0.logout(logout),
  }
}

/**
 * Whether a request of Auth0's client has failed without an answer: the client then throws the
 * error of `fetch`, which has no code, or an error with the code `timeout`.
 */
function isNetworkFailure({ error: code }: { error?: unknown }): boolean {
  return code === undefined || code === 'timeout'
}
