import type { SessionSnapshot, TokenOutcome, TokenSource } from 'convue'
import { fakeToken } from './fake-token.ts'

export interface TokenRequest {
  force: boolean
  signal: AbortSignal
  /** Resolves the request. */
  settle: (outcome: TokenOutcome) => void
  reject: (error: unknown) => void
}

/** An identity provider that the test controls. */
export class ScriptedSource implements TokenSource {
  readonly requests: TokenRequest[] = []
  refreshes = 0
  sessionToken?: (userId: string) => string | undefined
  signOuts = 0
  /**
   * If set, answers each request at once. Otherwise, a request waits until the test calls `settle`
   * or `reject`.
   */
  answer: ((request: { force: boolean }) => TokenOutcome | Promise<TokenOutcome>) | null = null
  signOutError: Error | null = null
  #snapshot: SessionSnapshot
  #listeners = new Set<(snapshot: SessionSnapshot) => void>()

  constructor(snapshot: SessionSnapshot = { status: 'pending' }) {
    this.#snapshot = snapshot
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  get lastRequest(): TokenRequest {
    const request = this.requests.at(-1)
    if (!request)
      throw new Error('No token was requested.')
    return request
  }

  /** Reports a session to the listeners. */
  report(snapshot: SessionSnapshot): void {
    this.#snapshot = snapshot
    for (const listener of this.#listeners)
      listener(snapshot)
  }

  /** Reports a session of this user and answers further requests with the user's tokens. */
  signIn(userId: string, sessionId: string | null = `session-of-${userId}`): void {
    this.answer = () => ({ kind: 'token', token: fakeToken(userId, { sessionId }) })
    this.report(signedIn(userId, sessionId))
  }

  getSnapshot = (): SessionSnapshot => this.#snapshot

  subscribe = (listener: (snapshot: SessionSnapshot) => void): (() => void) => {
    this.#listeners.add(listener)
    listener(this.#snapshot)
    return () => this.#listeners.delete(listener)
  }

  fetchToken = ({ force, signal }: { force: boolean, signal: AbortSignal }): Promise<TokenOutcome> =>
    new Promise((settle, reject) => {
      this.requests.push({ force, signal, settle, reject })
      if (this.answer)
        settle(this.answer({ force }))
    })

  refresh = (): void => {
    this.refreshes++
  }

  signOut = async (): Promise<void> => {
    this.signOuts++
    if (this.signOutError)
      throw this.signOutError
  }
}

/** `sessionId`: `null` for a provider whose sessions have no id. */
export function signedIn(userId: string, sessionId: string | null = `session-of-${userId}`): Extract<SessionSnapshot, { status: 'signedIn' }> {
  return { status: 'signedIn', userId, user: { id: userId, name: userId }, session: { userId, ...(sessionId ? { id: sessionId } : {}) }, ...(sessionId ? { sessionId } : {}) }
}
