/** The interface of an identity provider. */
import type { SignedInUser } from './token.ts'

/** The session that an identity provider reports. */
export type SessionSnapshot
  /**
   * The session is not known yet. `mayBeSignedIn`: a token should be requested at once, since a
   * user is probably signed in.
   */
  = | { status: 'pending', mayBeSignedIn?: boolean }
  /**
   * A definite answer: there is no session. `error`: why a sign-in that should have led to a
   * session has failed, such as one that has started on another page. It becomes the `error` of
   * `useConvexAuth` until a user signs in.
   */
    | { status: 'signedOut', error?: Error }
  /**
   * A definite answer: this user is signed in, in this session. `sessionId` should be unique to
   * each session; omit it if the provider has no session ids. `session` must not contain a secret.
   * If `user` or `session` changes while the ids remain the same, a token with the new claims is
   * requested. Changes of `updatedAt` and `expiresAt` are ignored.
   */
    | { status: 'signedIn', userId: string, sessionId?: string | null, user: unknown, session: unknown }
  /**
   * The request failed. A failure never signs the user out. `isInconclusive`: the provider
   * answered, but the answer says nothing about the session. The next token request then determines
   * whether the user is signed in.
   */
    | { status: 'failed', error: Error, isInconclusive?: boolean }

/** The provider's answer to a request for a token. */
export type TokenOutcome
  /** A JWT of the current user that the deployment accepts. */
  = | { kind: 'token', token: string }
  /** A definite answer: this browser has no session. */
    | { kind: 'denied' }
  /**
   * Any other answer. The request is repeated, after `retryAfterMs` milliseconds if the provider
   * asked for a delay. Delays of more than five minutes are shortened to five minutes.
   */
    | { kind: 'failed', error: Error, retryAfterMs?: number }

/** The interface between Convue and an identity provider. */
export interface TokenSource {
  /**
   * Distinguishes providers of the same origin and deployment, for example by the address of their
   * API. Tabs exchange identity changes only with tabs whose provider has the same id.
   */
  readonly id?: string | Promise<string>
  /** Returns the latest known session at once, without a request. */
  getSnapshot: () => SessionSnapshot
  /** Calls `listener` after every change, until the returned function is called. */
  subscribe: (listener: (snapshot: SessionSnapshot) => void) => () => void
  /**
   * Requests a token. With `force`, the token must differ from all tokens that were returned
   * before. `signal` aborts when the answer is no longer needed.
   */
  fetchToken: (request: { force: boolean, signal: AbortSignal }) => Promise<TokenOutcome>
  /**
   * Requests the session from the provider again. The answer arrives through `subscribe`. Without
   * this method, a token is requested instead.
   */
  refresh?: () => void
  /**
   * The secret that the session cookie of this user contains; `undefined` if it is not known. Only
   * `convue/persist` uses it, to compute the key of the stored results. The secret itself is
   * neither stored nor sent.
   */
  sessionToken?: (userId: string) => string | undefined
  /**
   * Ends the session. Rejects if the provider did not confirm that the session has ended. `signal`
   * aborts after 30 s; the sign-out has then failed.
   */
  signOut?: (request: { signal: AbortSignal }) => Promise<void>
}

/** The answer of a provider without tokens: its session alone identifies the user. */
export interface SessionOutcome {
  kind: 'session'
  user: SignedInUser
}

/** A provider as the engine uses it: with tokens or without. */
export interface EngineSource extends Omit<TokenSource, 'fetchToken'> {
  fetchToken: (request: { force: boolean, signal: AbortSignal }) => Promise<TokenOutcome | SessionOutcome>
}
