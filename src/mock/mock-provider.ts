/** An identity provider whose session a test or a story sets. */
import type { SessionSnapshot, TokenOutcome, TokenSource } from 'convue'
import type { MockUser } from './answers.ts'
import { writeToken } from './mock-token.ts'

/** The session of the provider, and whether it answers requests for a token. */
type Session
  = | { status: 'signedOut' }
    | { status: 'signedIn', user: MockUser, sessionId: string, tokens: 'issue' | 'withhold' }

/** Distinguishes the mocks of one page, so that they do not exchange identity changes. */
let mocks = 0

export class MockProvider implements TokenSource {
  readonly id = `mock-${++mocks}-${Math.random().toString(36).slice(2)}`
  #session: Session = { status: 'signedOut' }
  #sessions = 0
  readonly #listeners = new Set<(snapshot: SessionSnapshot) => void>()
  /** Requests for tokens that are withheld. */
  readonly #withheld = new Set<(outcome: TokenOutcome) => void>()

  get userId(): string | undefined {
    return this.#session.status === 'signedIn' ? this.#session.user.id : undefined
  }

  signIn(user: MockUser, tokens: 'issue' | 'withhold'): void {
    // A session that has ended does not return: each sign-in begins another one.
    const sessionId = this.#session.status === 'signedIn' && this.#session.user.id === user.id
      ? this.#session.sessionId
      : `session-${++this.#sessions}`
    this.#set({ status: 'signedIn', user, sessionId, tokens })
  }

  signOut = async (): Promise<void> => this.#set({ status: 'signedOut' })

  getSnapshot = (): SessionSnapshot => describe(this.#session)

  subscribe = (listener: (snapshot: SessionSnapshot) => void): (() => void) => {
    this.#listeners.add(listener)
    listener(this.getSnapshot())
    return () => this.#listeners.delete(listener)
  }

  fetchToken = ({ signal }: { signal: AbortSignal }): Promise<TokenOutcome> =>
    new Promise((settle) => {
      const outcome = answerTo(this.#session)
      if (outcome)
        return settle(outcome)
      this.#withheld.add(settle)
      signal.addEventListener('abort', () => this.#withheld.delete(settle))
    })

  #set(session: Session): void {
    this.#session = session
    this.#listeners.forEach(listener => listener(this.getSnapshot()))
    // The listeners have aborted the requests of a previous user.
    const outcome = answerTo(session)
    if (outcome) {
      this.#withheld.forEach(settle => settle(outcome))
      this.#withheld.clear()
    }
  }
}

/** `null` while tokens are withheld. */
function answerTo(session: Session): TokenOutcome | null {
  if (session.status === 'signedOut')
    return { kind: 'denied' }
  return session.tokens === 'issue' ? { kind: 'token', token: writeToken(session.user, session.sessionId) } : null
}

function describe(session: Session): SessionSnapshot {
  if (session.status === 'signedOut')
    return session
  const { user, sessionId } = session
  return { status: 'signedIn', userId: user.id, sessionId, user, session: { id: sessionId, userId: user.id } }
}
