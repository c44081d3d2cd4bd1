/** `clerkSource`: the identity provider of an app that signs its users in with Clerk. */
import type { SessionSnapshot, TokenSource } from 'convue'
import { SessionReports } from './session-reports.ts'
import { outcomeOf } from './token-outcome.ts'

/** The parts of Clerk's user that Convue reads. */
export interface ClerkUser {
  id: string
  fullName?: string | null | undefined
  imageUrl?: string | undefined
  primaryEmailAddress?: { emailAddress: string } | null | undefined
}

/** The parts of Clerk's session that Convue uses. */
export interface ClerkSession {
  id: string
  lastActiveOrganizationId?: string | null | undefined
  lastActiveToken?: { jwt?: { claims?: object | undefined } | undefined } | null | undefined
  getToken: (options?: { template?: string, skipCache?: boolean }) => Promise<string | null>
}

/** The parts of the `Clerk` object that Convue uses. */
export interface ClerkClient {
  addListener: (
    listener: (resources: { session?: ClerkSession | null | undefined, user?: ClerkUser | null | undefined }) => void,
  ) => () => void
  signOut: () => Promise<unknown>
}

/** Options of {@link clerkSource}. */
export interface ClerkSourceOptions {
  /**
   * The JWT template of the tokens for Convex.
   *
   * @default 'convex', unless the session's own tokens are for Convex: their claim `aud` is then
   * `convex`, which Clerk's integration with Convex sets
   */
  template?: string
}

/**
 * The identity provider for `createConvex`. Its users, organizations and tokens are those of Clerk.
 *
 * @param clerk The `Clerk` object, or a promise of it: for example `useClerk().value` of
 * `@clerk/vue` once it has loaded.
 * @param options The options of the source.
 * @see https://docs.convex.dev/auth/clerk
 * @example
 * app.use(createConvex({ url, tokenSource: clerkSource(clerk) }))
 */
export function clerkSource(
  clerk: ClerkClient | Promise<ClerkClient>,
  options: ClerkSourceOptions = {},
): TokenSource {
  const reports = new SessionReports()
  let session: ClerkSession | null | undefined

  // Clerk calls a listener at once if it has loaded, and otherwise when it has loaded.
  void Promise.resolve(clerk).then(client => client.addListener((resources) => {
    session = resources.session
    reports.report(describe(session, resources.user))
  }), (error: Error) => reports.report({ status: 'failed', error }))

  return {
    getSnapshot: reports.getSnapshot,
    subscribe: reports.subscribe,
    fetchToken: ({ force: skipCache }) => outcomeOf(!skipCache, async () => {
      await clerk
      return await session?.getToken({ ...templateFor(session, options.template), skipCache })
    }),
    signOut: async () => void await (await clerk).signOut(),
  }
}

function describe(session: ClerkSession | null | undefined, user: ClerkUser | null | undefined): SessionSnapshot {
  if (session === undefined || user === undefined)
    return { status: 'pending' }
  if (!session || !user)
    return { status: 'signedOut' }
  const { id, fullName: name, imageUrl: image, primaryEmailAddress } = user
  return {
    status: 'signedIn',
    userId: id,
    sessionId: session.id,
    user: { id, name, email: primaryEmailAddress?.emailAddress, image },
    // Another organization means other claims, so Convue then requests another token.
    session: { id: session.id, organizationId: session.lastActiveOrganizationId ?? null },
  }
}

function templateFor({ lastActiveToken }: ClerkSession, template?: string): { template?: string } {
  const claims = lastActiveToken?.jwt?.claims as { aud?: unknown } | undefined
  return claims?.aud === 'convex' && !template ? {} : { template: template ?? 'convex' }
}
