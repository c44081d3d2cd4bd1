/** Who is signed in, as far as an identity provider has said. */
export type SessionSnapshot
  /** Nobody has answered yet. `mayBeSignedIn` hints that a token is worth asking for at once. */
  = | { status: 'pending', mayBeSignedIn?: boolean }
  /** A definite answer: there is no session. */
    | { status: 'signedOut' }
  /**
   * A definite answer: this user, in this session. `sessionId` is best unique to each session; leave it
   * out if the provider has none. `session` carries no secret. If `user` or `session` differ from before
   * under the same id, a token with the new claims is requested; `updatedAt` and `expiresAt` do not count.
   */
    | { status: 'signedIn', userId: string, sessionId?: string | null, user: unknown, session: unknown }
  /**
   * The request failed. Never a sign-out. `isInconclusive`: the provider answered, but the answer says
   * nothing about the session. The next token request settles it.
   */
    | { status: 'failed', error: Error, isInconclusive?: boolean }

/** The provider's answer to a request for a token. */
export type TokenOutcome
  /** A JWT that the deployment accepts for this person. */
  = | { kind: 'token', token: string }
  /** A definite answer: this browser has no session. */
    | { kind: 'denied' }
  /** Anything else: to be tried again, after `retryAfterMs` milliseconds (five minutes at the most) if the provider said so. */
    | { kind: 'failed', error: Error, retryAfterMs?: number }

/** The only door to an identity provider. */
export interface TokenSource {
  /**
   * Sets this provider apart from others of the same origin and deployment, such as the address of its API. Tabs exchange identity changes only with
   * tabs whose provider has the same id.
   */
  readonly id?: string | Promise<string>
  /** What is known at this moment, without waiting. */
  getSnapshot: () => SessionSnapshot
  /** Calls `listener` after every change, until the returned function is called. */
  subscribe: (listener: (snapshot: SessionSnapshot) => void) => () => void
  /**
   * Asks for a token. `force` asks for one that was not handed out before. `signal` aborts when the answer is of no use any more.
   */
  fetchToken: (request: { force: boolean, signal: AbortSignal }) => Promise<TokenOutcome>
  /** Asks the provider again who is signed in; the answer arrives through `subscribe`. Without it, the token tells. */
  refresh?: () => void
  /** Ends the session. Rejects if the provider did not confirm it. `signal` aborts after 30 s, when the sign-out counts as failed. */
  signOut?: (request: { signal: AbortSignal }) => Promise<void>
}
