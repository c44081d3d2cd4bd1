/** The tokens of all tabs: which tab requests a token, and which tabs use it too. */
import { readToken, renewalDelay } from '../../token/token.ts'

/**
 * The time after which no tab waits for the request of another tab, in milliseconds. The browser
 * reports a tab that has ended, but its code may be suspended, or its request may hang. The auth
 * engine ends an attempt after 10 s, so a tab has as much time for its own request.
 */
export const PATIENCE_MS = 5000

/** The answer to a tab that needs a token. */
export type TokenAnswer
  /** The tab must request a token from the provider, and report the outcome. */
  = | { type: 'request' }
  /** Another tab has a token, or requests one: the tab must ask again once it knows its session. */
    | { type: 'identify' }
  /** A token that another tab has requested, and the time since then. */
    | { type: 'use', token: string, ageMs: number }

/** A need for a token, from the question of a tab until its last report. */
export interface TokenNeed {
  /** The deployment and the provider. Only tabs with the same scope share tokens. */
  readonly scope: string
  /** Describes the session that the tab's provider reports; `null` while it is not known. */
  readonly session: string | null
  /** The token that the tab has. Only a token that expires later is an answer. */
  readonly current: string | null
  /** Only a request that has begun later than this number can answer. */
  readonly after: number
  /** Called at once, or later. */
  readonly answer: (answer: TokenAnswer) => void
}

/** A request that a tab sends to the provider. */
interface TokenRequest {
  /** The number of the request: a later request has a higher number. */
  number: number
  /** In milliseconds, by the clock of this object. */
  startedAt: number
}

interface SharedToken extends TokenRequest {
  value: string
  session: string
  scope: string
}

/**
 * Decides for each need whether a token that is known answers it, whether the tab waits for the
 * request of another tab, or requests a token itself. A need can only be answered with a token of
 * the same session, that was requested after everything that makes older tokens doubtful.
 */
export class SharedTokens {
  readonly #now: () => number
  /** The latest tokens, one for each session. */
  readonly #tokens = new Map<string, SharedToken>()
  readonly #requests = new Map<TokenNeed, TokenRequest>()
  readonly #waiting = new Set<TokenNeed>()
  #lastNumber = 0
  /** Requests up to this number answer no need. */
  #doubtful = 0

  /** @param now Returns the time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Answers a need, now or when the outcome of another tab's request is known. */
  ask(need: TokenNeed): void {
    const token = this.#find(need)
    const isRequested = [...this.#requests].some(([other, request]) => this.#mayAnswer(need, other, request))
    if (token)
      need.answer({ type: 'use', token: token.value, ageMs: Math.max(0, this.#now() - token.startedAt) })
    else if (need.session === null && (isRequested || this.#hasTokens(need.scope)))
      need.answer({ type: 'identify' })
    else if (isRequested)
      this.#waiting.add(need)
    else
      this.#start(need)
  }

  /** A tab does not wait any longer, and requests a token itself. */
  takeOver(need: TokenNeed): void {
    if (this.#waiting.delete(need))
      this.#requests.set(need, this.#nextRequest())
  }

  /**
   * The request of a tab has led to a token of the session that the tab's provider reports.
   *
   * @param need The need of the tab that has requested the token.
   * @param session The session. The tab may not have known it before.
   * @param value The token.
   */
  share(need: TokenNeed, session: string, value: string): void {
    const request = this.#requests.get(need)
    if (!request)
      return
    this.#requests.delete(need)
    const key = keyOf(need.scope, session)
    if (request.number > (this.#tokens.get(key)?.number ?? this.#doubtful))
      this.#tokens.set(key, { ...request, value, session, scope: need.scope })
    this.#askAgain()
  }

  /**
   * The request of a tab has led to no token that other tabs may use. A failure says nothing about
   * their sessions, so each tab that waits for it requests a token itself.
   */
  fail(need: TokenNeed): void {
    const request = this.#requests.get(need)
    if (!request)
      return
    const waiting = [...this.#waiting].filter(other => this.#mayAnswer(other, need, request))
    this.#requests.delete(need)
    for (const other of waiting) {
      this.#waiting.delete(other)
      this.#start(other)
    }
  }

  /** A tab needs no token any longer, or has ended. Another tab that waits takes its place. */
  drop(need: TokenNeed): void {
    this.#waiting.delete(need)
    if (this.#requests.delete(need))
      this.#askAgain()
  }

  /** A session may have ended: neither its token nor a request that has begun may be used. */
  forget(session: string): void {
    for (const [key, token] of this.#tokens) {
      if (token.session === session)
        this.#tokens.delete(key)
    }
    for (const need of this.#requests.keys()) {
      if (need.session === session || need.session === null)
        this.#requests.delete(need)
    }
    this.#askAgain()
  }

  /** The deployment has refused a token: no token that was requested before may be used. */
  doubtAll(): void {
    this.#doubtful = this.#lastNumber
    this.#tokens.clear()
    this.#askAgain()
  }

  /** The number of the latest request. A need with this number as `after` requires a later one. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  #find(need: TokenNeed): SharedToken | undefined {
    const token = need.session === null ? undefined : this.#tokens.get(keyOf(need.scope, need.session))
    const isUsable = token && token.number > need.after && this.#isCurrent(token) && isLater(token.value, need.current)
    return isUsable ? token : undefined
  }

  #hasTokens(scope: string): boolean {
    return [...this.#tokens.values()].some(token => token.scope === scope && this.#isCurrent(token))
  }

  /** Whether it is too early to renew a token. */
  #isCurrent({ value, startedAt }: SharedToken): boolean {
    return this.#now() - startedAt < renewalDelay(readToken(value)?.lifetimeMs ?? 0)
  }

  /** Whether the request of another tab may lead to a token for a need. */
  #mayAnswer(need: TokenNeed, other: TokenNeed, { number, startedAt }: TokenRequest): boolean {
    return other.scope === need.scope
      && (other.session === null || need.session === null || other.session === need.session)
      && number > Math.max(need.after, this.#doubtful)
      && this.#now() - startedAt < PATIENCE_MS
  }

  #start(need: TokenNeed): void {
    this.#requests.set(need, this.#nextRequest())
    need.answer({ type: 'request' })
  }

  #nextRequest(): TokenRequest {
    return { number: ++this.#lastNumber, startedAt: this.#now() }
  }

  #askAgain(): void {
    for (const need of [...this.#waiting]) {
      if (this.#waiting.delete(need))
        this.ask(need)
    }
  }
}

function keyOf(scope: string, session: string): string {
  return JSON.stringify([scope, session])
}

function isLater(token: string, current: string | null): boolean {
  return current === null || readToken(token)!.expiresAt > (readToken(current)?.expiresAt ?? 0)
}
