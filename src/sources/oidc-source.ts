/** `oidcSource`: the identity provider of an app with any OpenID Connect provider. */
import type { SessionSnapshot, TokenSource } from 'convue'
import { SessionReports } from './session-reports.ts'
import { describeUser } from './standard-claims.ts'
import { outcomeOf } from './token-outcome.ts'

/** The parts of the user of `oidc-client-ts` that Convue uses. */
export interface OidcUser {
  id_token?: string | undefined
  expired?: boolean | undefined
  profile: { sub: string, sid?: string | undefined, [claim: string]: unknown }
}

/** The parts of the `UserManager` of `oidc-client-ts` that Convue uses. */
export interface OidcClient {
  getUser: () => Promise<OidcUser | null>
  signinSilent: () => Promise<OidcUser | null>
  signoutRedirect: () => Promise<void>
  events: {
    addUserLoaded: (listener: (user: OidcUser) => void) => () => void
    addUserUnloaded: (listener: () => void) => () => void
  }
}

/** Options of {@link oidcSource}. */
export interface OidcSourceOptions {
  /**
   * Ends the session, for `signOut()` of `useConvexAuth`.
   *
   * @default `signoutRedirect` of the client, which leaves the page
   */
  signOut?: () => Promise<unknown>
}

/**
 * The identity provider for `createConvex`. Its tokens are the ID tokens of the provider, which
 * `auth.config.ts` must name with its address and the client's id.
 *
 * @param client The `UserManager` of `oidc-client-ts`. It must be able to renew tokens, with a
 * refresh token (scope `offline_access`) or in a frame.
 * @param options See {@link OidcSourceOptions}.
 * @see https://docs.convex.dev/auth/advanced/custom-auth
 * @example
 * const client = new UserManager({ authority, client_id, redirect_uri, scope })
 * app.use(createConvex({ url, tokenSource: oidcSource(client) }))
 */
export function oidcSource(client: OidcClient, options: OidcSourceOptions = {}): TokenSource {
  const { signOut = () => client.signoutRedirect() } = options
  const reports = new SessionReports()

  client.events.addUserLoaded(user => reports.report(describe(user)))
  client.events.addUserUnloaded(() => reports.report(describe(null)))
  void readSession()

  async function readSession(): Promise<void> {
    try {
      reports.report(describe(await client.getUser()))
    }
    catch (error) {
      reports.report({ status: 'failed', error: error as Error })
    }
  }

  return {
    getSnapshot: reports.getSnapshot,
    subscribe: reports.subscribe,
    fetchToken: ({ force }) => outcomeOf(!force, async () => {
      const user = await client.getUser()
      if (!user)
        return null
      const isUsable = !force && !user.expired && user.id_token
      return isUsable ? user.id_token : (await client.signinSilent())?.id_token
    }),
    refresh: () => void readSession(),
    signOut: async () => void await signOut(),
  }
}

function describe(user: OidcUser | null): SessionSnapshot {
  if (!user)
    return { status: 'signedOut' }
  const { sub: userId, sid: sessionId } = user.profile
  return { status: 'signedIn', userId, sessionId, user: describeUser(user.profile), session: null }
}
