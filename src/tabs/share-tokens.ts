/** The token source of a tab, whose tokens may have been requested by another tab. */
import type { Cancel } from '../shared/schedule.ts'
import type { SessionSnapshot, TokenOutcome, TokenSharingOptions, TokenSource } from '../token/token-source.ts'
import type { TokenAnswer } from './hub/shared-tokens.ts'
import { schedule } from '../shared/schedule.ts'
import { readToken } from '../token/token.ts'
import { stableJson } from './hub/identity.ts'
import { PATIENCE_MS } from './hub/shared-tokens.ts'

/** What the worker needs to know to answer a need: see `TokenNeed`. */
export interface TabNeed {
  scope: string
  session: string | null
  current: string | null
}

/** `null`: the worker cannot answer. */
export type OnTokenAnswer = (answer: TokenAnswer | null) => void

/** A need that the worker knows, until one of the last three functions is called. */
export interface SentNeed {
  /** The tab requests a token without an answer of the worker. */
  takeOver: () => void
  share: (session: string, token: string) => void
  fail: () => void
  drop: () => void
}

/** The connection of the tab to the worker. */
export interface TokenExchange {
  /** Returns `null` if this tab does not share its connection. */
  need: (need: TabNeed, onAnswer: OnTokenAnswer) => SentNeed | null
  /** From now on, the tab needs tokens that are requested later. */
  doubt: () => void
  /** The session may have ended. */
  forget: (session: string) => void
}

/** The argument of `fetchToken`. */
type Request = Parameters<TokenSource['fetchToken']>[0]

/**
 * Wraps a source so that its tokens are shared. All other methods call those of `source`. A token
 * of another tab is only used if the source of this tab has reported the session of this token. If
 * no such token arrives within five seconds, the tab requests a token itself. Returns a source
 * without the method `refresh` as it is: its requests do not show that a token is in doubt.
 */
export function shareTokens(
  source: TokenSource,
  { url, tokenPath, initialAuth }: TokenSharingOptions,
  exchange: TokenExchange,
): TokenSource {
  const { refresh, signOut } = source
  if (!refresh)
    return source
  let current = initialAuth?.token ?? null
  /** The latest definite report: the description of a session, or `null`. */
  let reported: string | null = null
  /** Called once, at the next report. */
  const listeners = new Set<() => void>()

  function onReport(snapshot: SessionSnapshot): void {
    if (snapshot.status === 'signedIn')
      leaveFor(describe(snapshot))
    else if (snapshot.status === 'signedOut')
      leaveFor(null)
    listeners.forEach(listener => listener())
    listeners.clear()
  }

  /** If the session was another one, its tokens must not be used any longer. */
  function leaveFor(session: string | null): void {
    if (reported !== null && session !== reported)
      exchange.forget(reported)
    reported = session
  }

  async function fetchToken(request: Request): Promise<TokenOutcome> {
    const { signal } = request
    const scope = JSON.stringify([url, tokenPath, await source.id])
    const patience = startPatience(signal)
    try {
      for (;;) {
        signal.throwIfAborted()
        const snapshot = source.getSnapshot()
        const session = describe(snapshot)
        const isShareable = session !== null || snapshot.status === 'pending'
        if (!isShareable || patience.isOver)
          return await requestToken(request, null)
        const { need, answer } = await ask({ scope, session, current }, patience)
        if (answer.type === 'request')
          return await requestToken(request, need)
        if (answer.type === 'identify') {
          await Promise.race([nextReport(), patience.over])
          continue
        }
        // The session may have changed while the tab waited.
        if (!isTokenOf(answer.token, source.getSnapshot()))
          return await requestToken(request, null)
        return accept({ kind: 'token', token: answer.token, ageMs: answer.ageMs }, signal)
      }
    }
    finally {
      patience.end()
    }
  }

  /** Asks the worker. Without an answer in time, the tab requests the token itself. */
  async function ask(
    details: TabNeed,
    patience: Patience,
  ): Promise<{ need: SentNeed | null, answer: TokenAnswer }> {
    let need: SentNeed | null = null
    const answered = new Promise<TokenAnswer | null>((resolve) => {
      need = exchange.need(details, resolve)
      if (!need)
        resolve(null)
    })
    const answer = await Promise.race([answered, patience.over])
    const sent = need as SentNeed | null
    if (answer)
      return { need: sent, answer }
    if (patience.isAborted)
      sent?.drop()
    else
      sent?.takeOver()
    return { need: sent, answer: { type: 'request' } }
  }

  async function requestToken(request: Request, need: SentNeed | null): Promise<TokenOutcome> {
    let token: string | undefined
    try {
      request.signal.throwIfAborted()
      const outcome = await source.fetchToken(request)
      if (outcome.kind === 'denied')
        leaveFor(null)
      if (outcome.kind !== 'token')
        return outcome
      token = outcome.token
      return accept(outcome, request.signal)
    }
    finally {
      if (need)
        report(need, token)
    }
  }

  function accept(outcome: Extract<TokenOutcome, { kind: 'token' }>, signal: AbortSignal): TokenOutcome {
    if (!signal.aborted)
      current = outcome.token
    return outcome
  }

  /** Reports the outcome of a request to the worker, as soon as the session is known. */
  function report(need: SentNeed, token: string | undefined): void {
    const snapshot = source.getSnapshot()
    const session = describe(snapshot)
    if (token && snapshot.status === 'pending')
      void nextReport().then(() => report(need, token))
    else if (token && session !== null && isTokenOf(token, snapshot))
      need.share(session, token)
    else
      need.fail()
  }

  function nextReport(): Promise<void> {
    return new Promise<void>(resolve => listeners.add(resolve))
  }

  return {
    getSnapshot: () => source.getSnapshot(),
    subscribe: listener => source.subscribe((snapshot) => {
      onReport(snapshot)
      listener(snapshot)
    }),
    fetchToken,
    refresh() {
      exchange.doubt()
      refresh.call(source)
    },
    ...signOut && {
      async signOut(request) {
        await signOut.call(source, request)
        leaveFor(null)
      },
    },
  }
}

/** How long a tab waits for other tabs. */
interface Patience {
  /** Resolves when the tab must not wait any longer. */
  over: Promise<null>
  readonly isOver: boolean
  /** Whether the token is not needed any longer. */
  readonly isAborted: boolean
  end: Cancel
}

function startPatience(signal: AbortSignal): Patience {
  let isOver = false
  let stop: () => void
  const over = new Promise<null>((resolve) => {
    stop = () => {
      isOver = true
      resolve(null)
    }
  })
  const cancel = schedule(stop!, PATIENCE_MS)
  signal.addEventListener('abort', stop!)
  return {
    over,
    get isOver() {
      return isOver
    },
    get isAborted() {
      return signal.aborted
    },
    end() {
      cancel()
      signal.removeEventListener('abort', stop)
    },
  }
}

/**
 * Everything that a provider reports about a session, except for dates that change while the
 * session remains the same. A token may contain any of it as claims. Returns `null` for a session
 * that cannot be compared with those of other tabs.
 */
function describe(snapshot: SessionSnapshot): string | null {
  if (snapshot.status !== 'signedIn' || !snapshot.sessionId)
    return null
  const { userId, sessionId, user, session } = snapshot
  try {
    const lasting = JSON.stringify([userId, sessionId, user, session], (key, value: unknown) =>
      key === 'updatedAt' || key === 'expiresAt' ? undefined : value)
    return stableJson(JSON.parse(lasting))
  }
  catch {
    return null
  }
}

/** Whether a token belongs to the session that a provider reports. */
function isTokenOf(token: string, snapshot: SessionSnapshot): boolean {
  const user = readToken(token)?.user
  return snapshot.status === 'signedIn'
    && !!user?.sessionId && user.sessionId === snapshot.sessionId && user.id === snapshot.userId
}
