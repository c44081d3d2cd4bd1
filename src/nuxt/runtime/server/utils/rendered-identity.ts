/** The identity for which a page is rendered. */
import type { ConvexRequest } from 'convue/server'
import { ConvueError } from 'convue/server'

/** The user, the session and a token; `null` for anonymous; `undefined` if unknown. */
export type RenderedIdentity = Awaited<ReturnType<ConvexRequest['getAuth']>> | undefined

/** Determines the identity for which a page is rendered. Never rejects. */
export type FindIdentity = (request: ConvexRequest) => Promise<RenderedIdentity>

/**
 * Errors in the set-up of the app, because of which the identity is unknown for every page. Any
 * other failure is temporary.
 */
const MISTAKES = ['AUTH_ROUTES_MISSING', 'TOKEN_ENDPOINT_MISSING']

/** Creates a finder, which reports a mistake in the set-up on the console, once. */
export function createIdentityFinder(): FindIdentity {
  const reported = new Set<string>()

  function report(error: unknown): void {
    if (!(error instanceof ConvueError) || !MISTAKES.includes(error.code) || reported.has(error.code))
      return
    reported.add(error.code)
    console.error(`${error.message} Pages are rendered without a user.`)
  }

  return async (request) => {
    try {
      return await request.getAuth()
    }
    catch (error) {
      // If neither session nor token has a route, the missing session explains both.
      const sessionError = await request.getSession().then(() => undefined, reason => reason)
      report(sessionError ?? error)
      return undefined
    }
  }
}
