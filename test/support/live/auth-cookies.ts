/** The cookies of a user who is signed in. */
import { createHash } from 'node:crypto'

/** The session and the token that a browser of a signed-in user has in its cookies. */
export interface SignedInCookies {
  /** The session cookie. @default 'better-auth.session_token=s.1' */
  session?: string
  token: string
  /** The prefix of `convex_jwt` in the cookie names. @default the prefix of `session_token` */
  prefix?: string
}

/** The `Cookie` header of a user who is signed in: a session, and a token that is bound to it. */
export function signedIn({ session = 'better-auth.session_token=s.1', token, prefix = session.split('session_token')[0] }: SignedInCookies): string {
  return `${session}; ${prefix}convex_jwt=${token}; ${prefix}convex_jwt_binding=${bindingOf(session, token)}`
}

/** The value that binds a token to a session, computed independently of the library. */
export function bindingOf(session: string, token: string): string {
  return createHash('sha256').update(`${session}; ${token}`).digest('base64url')
}

/**
 * Puts another token into a browser's cookies, as if Better Auth had set it for the session there.
 */
export function setBoundToken(cookies: Map<string, string>, token: string): void {
  const [sessionName = '', session] = [...cookies].find(([name]) => name.endsWith('.session_token'))!
  const name = sessionName.replace(/session_token$/, 'convex_jwt')
  cookies.set(name, token)
  cookies.set(`${name}_binding`, bindingOf(`${sessionName}=${session}`, token))
}
