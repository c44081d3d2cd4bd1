import type { SessionSnapshot, TokenOutcome } from 'convue'
import type { SessionIds, TokenMode, User } from './commands.ts'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { ScriptedSource, signedIn } from '../support/scripted/scripted-source.ts'

export const TOKEN_LIFETIME_S = 120

/** The session cookie of a browser, and an identity provider that can fail in many ways. */
export class ModelProvider {
  readonly source: ScriptedSource
  cookie: { user: User, sessionId: string | null, secret: string } | null = null
  /** The secret of the session that a snapshot reports. */
  readonly #secrets = new WeakMap<SessionSnapshot, string>()
  /** A claim of the session and its tokens. Each change of the session data increments it. */
  claims = 0
  /** The `Retry-After` of the token endpoint in the mode `limited`. */
  retryAfterMs = 0
  mode: TokenMode = 'good'
  foreigner: User = 'ada'
  /** Tokens that the provider returned for requests that had already been aborted. */
  readonly tooLate = new Set<string>()
  #late: (() => void)[] = []
  #sessions = 0
  #lastToken = ''
  #previousSnapshots: SessionSnapshot[] = []

  readonly #sessionIds: SessionIds

  constructor(user: User | null, isSpoken: boolean, sessionIds: SessionIds) {
    this.#sessionIds = sessionIds
    if (user)
      this.#login(user)
    this.source = new ScriptedSource(isSpoken ? this.truth : { status: 'pending' })
    this.source.answer = () => this.#answer()
    this.source.sessionToken = (userId) => {
      const reported = this.source.getSnapshot()
      return reported.status === 'signedIn' && reported.userId === userId ? this.#secrets.get(reported) : undefined
    }
    this.source.refresh = () => {
      this.source.refreshes++
      queueMicrotask(() => this.report(this.mode === 'good' ? this.truth : { status: 'failed', error: new Error('The session endpoint is down.') }))
    }
    this.source.signOut = async () => {
      if (this.mode === 'failing')
        throw new Error('The provider is down.')
      this.cookie = null
    }
  }

  get truth(): SessionSnapshot {
    if (!this.cookie)
      return { status: 'signedOut' }
    const snapshot = signedIn(this.cookie.user, this.cookie.sessionId)
    const truth: SessionSnapshot = { ...snapshot, session: { ...snapshot.session as object, claims: this.claims } }
    this.#secrets.set(truth, this.cookie.secret)
    return truth
  }

  signIn(user: User): void {
    this.#remember()
    this.#login(user)
  }

  signOut(): void {
    this.#remember()
    this.cookie = null
  }

  rotate(): void {
    if (this.cookie)
      this.signIn(this.cookie.user)
  }

  report(snapshot: SessionSnapshot): void {
    this.source.report(snapshot)
  }

  /** Reports the previous session again, like a response that arrives late. */
  reportPrevious(): void {
    const previous = this.#previousSnapshots.at(-1)
    if (previous)
      this.report(previous)
  }

  answerLate(): void {
    for (const answer of this.#late.splice(0))
      answer()
  }

  /** Discards the records of past events, which a real provider would not keep in memory. */
  forget(): void {
    this.#previousSnapshots.length = 0
    this.tooLate.clear()
    this.source.requests.length = 0
  }

  makeToken(): string {
    const { user, sessionId } = this.cookie!
    return this.#lastToken = fakeToken(user, { sessionId, lifetimeSeconds: TOKEN_LIFETIME_S, claims: { claims: this.claims } })
  }

  #remember(): void {
    this.#previousSnapshots.push(this.truth)
  }

  #login(user: User): void {
    this.#lastToken = ''
    const serial = ++this.#sessions
    const ids = { unique: `session ${serial} of ${user}`, constant: 'the session', missing: null }
    this.cookie = { user, sessionId: ids[this.#sessionIds], secret: `secret ${serial}` }
  }

  #honest(): TokenOutcome {
    return this.cookie ? { kind: 'token', token: this.makeToken() } : { kind: 'denied' }
  }

  #answer(): TokenOutcome | Promise<TokenOutcome> {
    switch (this.mode) {
      case 'good':
        return this.#honest()
      case 'failing':
        return { kind: 'failed', error: new Error('The token endpoint is down.') }
      case 'limited':
        return { kind: 'failed', error: new Error('The token endpoint wants to be left alone.'), retryAfterMs: this.retryAfterMs }
      case 'throwing':
        return Promise.reject(new Error('The provider throws.'))
      case 'stalled':
        return new Promise(() => {})
      case 'late': {
        const given = this.#lastToken
        const outcome = this.#honest()
        this.#lastToken = given
        const { signal } = this.source.lastRequest
        return new Promise(resolve => this.#late.push(() => {
          if (outcome.kind === 'token' && signal.aborted)
            this.tooLate.add(outcome.token)
          else if (outcome.kind === 'token')
            this.#lastToken = outcome.token
          resolve(outcome)
        }))
      }
      case 'garbage':
        return { kind: 'token', token: 'garbage' }
      case 'foreign':
        return { kind: 'token', token: fakeToken(this.foreigner, { sessionId: `foreign session of ${this.foreigner}`, lifetimeSeconds: TOKEN_LIFETIME_S }) }
      case 'same':
        return { kind: 'token', token: this.#lastToken || 'none' }
    }
  }
}
