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
  /**
   * A JWT of the current user that the deployment accepts. `ageMs`: how long ago it was issued, in
   * milliseconds, if it was not issued for this request. The token is renewed that much earlier.
   */
  = | { kind: 'token', token: string, ageMs?: number }
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

/** The options of `createConvex` that say which tokens a source requests. */
export interface TokenSharingOptions {
  url: string
  tokenPath?: string | undefined
  initialAuth?: { token: string | null } | null | undefined
}

/** A part of a page that lets several tabs share the tokens of their source. */
export interface TokenSharing {
  /**
   * Returns a source with the same sessions as `source`, whose tokens may have been requested by
   * another tab.
   */
  shareTokens: (source: TokenSource, options: TokenSharingOptions) => TokenSource
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
