/** `workosSource`: the identity provider of an app that signs its users in with WorkOS AuthKit. */
import type { SessionSnapshot, TokenSource } from 'convue'
import { SessionReports } from './session-reports.ts'
import { outcomeOf } from './token-outcome.ts'

/** The parts of AuthKit's user that Convue reads. */
export interface WorkosUser {
  id: string
  firstName: string | null
  lastName: string | null
  email: string
  profilePictureUrl: string | null
}

/** The parts of the client of `@workos-inc/authkit-js` that Convue uses. */
export interface WorkosClient {
  getUser: () => WorkosUser | null
  getAccessToken: (options?: { forceRefresh?: boolean }) => Promise<string>
  signOut: (options: { returnTo?: string, navigate: false }) => Promise<void>
}

/** Options for `createClient` of `@workos-inc/authkit-js`, by which Convue notices sign-ins. */
export interface WorkosCallbacks {
  onRefresh: () => void
  onRefreshFailure: () => void
}

/**
 * The message of AuthKit's `LoginRequiredError`, which has no code.
 *
 * @see https://github.com/workos/authkit-js/blob/main/src/errors.ts
 */
const LOGIN_REQUIRED = 'No access token available'

/**
 * Whether this browser may have a session: AuthKit sets a cookie beside the session, or stores a
 * refresh token with `devMode`, and removes them when the session has definitely ended.
 *
 * @see https://github.com/workos/authkit-js/blob/main/src/utils/has-session-cookie.ts
 */
function maySignIn(): boolean {
  const keys = Object.keys(localStorage)
  return document.cookie.includes('workos-has-session=') || keys.some(key => key.startsWith('workos:refresh-token'))
}

/**
 * The identity provider for `createConvex`. Its tokens are the access tokens of AuthKit.
 *
 * @param createClient Creates the client with the callbacks that it receives. Called once.
 * @see https://docs.convex.dev/auth/authkit
 * @example
 * const source = workosSource(callbacks => createClient('client_123', callbacks))
 * app.use(createConvex({ url, tokenSource: source }))
 */
export function workosSource(createClient: (callbacks: WorkosCallbacks) => Promise<WorkosClient>): TokenSource {
  const reports = new SessionReports()
  const report = async (): Promise<void> => reports.report(await readSession())
  const created = createClient({ onRefresh: report, onRefreshFailure: report })
  void report()

  async function readSession(): Promise<SessionSnapshot> {
    try {
      return describe((await created).getUser())
    }
    catch (error) {
      return { status: 'failed', error: error as Error }
    }
  }

  return {
    getSnapshot: reports.getSnapshot,
    subscribe: reports.subscribe,
    fetchToken: ({ force }) => outcomeOf(!force, async () => {
      try {
        return await (await created).getAccessToken({ forceRefresh: force })
      }
      catch (error) {
        if ((error as Error).message === LOGIN_REQUIRED)
          return null
        throw error
      }
    }),
    refresh: () => void report(),
    async signOut() {
      const client = await created
      if (client.getUser())
        await client.signOut({ navigate: false })
      await report()
    },
  }
}

function describe(user: WorkosUser | null): SessionSnapshot {
  if (!user) {
    // AuthKit does not report that it could not be reached when the page was loaded.
    return maySignIn()
      ? { status: 'failed', error: new Error('AuthKit has not restored the session.'), isInconclusive: true }
      : { status: 'signedOut' }
  }
  const { id, firstName, lastName, email, profilePictureUrl: image } = user
  const name = [firstName, lastName].filter(Boolean).join(' ')
  return { status: 'signedIn', userId: id, user: { id, name, email, image }, session: null }
}
