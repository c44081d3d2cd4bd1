import type { SessionSnapshot } from './token-source.ts'
import type { SignedInUser, Token } from './token.ts'
import { diagnose } from '../errors/catalogue.ts'
import { shareStructure } from '../shared/structural-sharing.ts'

/** What is being asked of the provider. Each `pending` object is an attempt of its own, and between two attempts it backs off (`waiting`). */
export interface ProviderRequest {
  status: 'pending' | 'waiting'
  kind: 'session' | 'token'
  /** How many attempts have failed, or how many tokens were refused. */
  failures: number
  /** How long the provider wants to be left alone, in milliseconds. */
  retryAfterMs?: number
  /** The last attempt was brought forward: not so the next one. */
  isEarly?: boolean
  /** Sent before the user was known: a denial, or a token of another user, says nothing about who has signed in since. */
  sentBeforeUserKnown?: boolean
  /** The session is requested first, and then a token in any case. */
  isRefresh?: boolean
}

/** Tokens of one user that the deployment has refused, one after another, before they were old. Times are those of the engine's clock. */
export interface ConsecutiveRejections {
  userId: string
  tokens: number
  firstAt: number
  lastAt: number
  /** They have ended in `unauthenticated`. The next refusal ends there at once. */
  isFinal: boolean
}

/**
 * Who is there, and how sure the deployment is of it. The names are the statuses that `useConvexAuth` shows.
 *
 * ```text
 *              session: another person             token: another person
 *    ┌─────────────────────────────────┐  ┌─────────────────────────────────┐
 *    ▼           (from anywhere)       │  ▼           (from anywhere)       │
 * loading ───────────token──────────▶ authenticating ──────verdict────▶ authenticated
 *    │                                    │     ▲                       │     ▲
 *    │                                 verdict  │                    verdict  │
 *    │                                    ▼     │                       ▼     │
 *    │                                  refreshing ──────────verdict──────────┘
 *    │                                        │
 *    └──── signedOut, denied, rejected ───────┴──── (from anywhere) ──▶ unauthenticated
 * ```
 */
export type Identity
  /** `undefined` while nobody has answered. */
  = | { status: 'loading', user: SignedInUser | undefined }
    | { status: 'unauthenticated', user: null }
  /** The deployment has not confirmed their first token; has confirmed the last; has refused the last, and another one is being sought. */
    | { status: 'authenticating' | 'authenticated' | 'refreshing', user: SignedInUser }

/** Everything that the engine knows, tokens excepted: it can be logged. */
export type AuthState = Identity & {
  request: ProviderRequest | null
  /** Why nobody is there, or why there is no token yet. */
  error: Error | null
  /** While loading: what may run as nobody has waited long enough. Never with a user that a server found: their data stay. */
  anonymousTimedOut: boolean
  /** `null` while the deployment accepts what it gets. */
  consecutiveRejections: ConsecutiveRejections | null
  /** What the provider said last: only what differs from it is news, since a token may know better by now. */
  lastReportedSession: SignedInUser | null
  /**
   * The sessions that this page has left, by user and session id. They come back with a token only, since a late answer could name them as well.
   * `true`: the provider has denied it, and its tokens count again only after the provider has named it again.
   */
  endedSessions: ReadonlyMap<string, boolean>
}

export type AuthEvent
  /** The provider said who is signed in. */
  = | { type: 'session', snapshot: SessionSnapshot }
  /** The provider gave another token than before. */
    | { type: 'token', token: Token }
  /** The provider says that there is no session. */
    | { type: 'denied' }
    | { type: 'failed', error: Error, retryAfterMs?: number }
  /** The back-off step is over; `isEarly`: not yet, but the page became visible or online. */
    | { type: 'retry', isEarly: boolean }
  /** Somebody says that it has changed who is there, and the provider is being asked. */
    | { type: 'sessionCheckRequested' }
  /** Session and token are requested again, whatever is under way; `hasSession`: the provider can be asked for the session. */
    | { type: 'refresh', hasSession: boolean }
  /** Another token is wanted. `refusedAt`: the present one has not outlived its lifetime, so that it was refused if the deployment is the reason. */
    | { type: 'tokenRequested', refusedAt?: number }
  /** The first token has not come in time. */
    | { type: 'anonymousTimedOut' }
  /** The deployment's verdict: it confirmed the token; refused it, and waits for another. */
    | { type: 'authenticated' | 'refreshing' }
  /** The deployment refused the token, and the client that sent it takes no other. */
    | { type: 'rejected', at: number }
  /** The provider confirmed our own sign-out. */
    | { type: 'signedOut' }

/**
 * What is known before the provider was asked. `handedOver` is what a server found: a user, anonymous (`null`), or it did not look. `hasToken` says whether
 * the user's token came along; otherwise it is requested at once.
 */
export function initialAuthState(isHinted: boolean, handedOver: SignedInUser | null | undefined, hasToken = true): AuthState {
  const state: AuthState = {
    // What a server has found with a token, the deployment knows.
    ...{ status: handedOver ? 'authenticated' : handedOver === null ? 'unauthenticated' : 'loading', user: handedOver } as Identity,
    request: null,
    error: null,
    anonymousTimedOut: false,
    consecutiveRejections: null,
    lastReportedSession: null,
    endedSessions: new Map(),
  }
  if (handedOver === undefined)
    return ask(state, isHinted ? 'token' : 'session')
  return handedOver && !hasToken ? ask(state, 'token') : state
}

/** Whether everything that the former person was shown or did has to go: from one known identity to another, nobody included. */
export function isIdentityChange(from: Identity, to: Identity): boolean {
  return from.user !== undefined && from.user?.id !== to.user?.id
}

/** Whether there is a person with a token. */
export function hasToken({ user, status }: Identity): boolean {
  return !!user && status !== 'loading'
}

/** Whether there is a token that the deployment has not refused. */
export function isTokenUsable(state: AuthState): boolean {
  const { status, request } = state
  const isTokenRequested = request?.kind === 'token' || request?.isRefresh
  return hasToken(state) && !(status === 'refreshing' && isTokenRequested)
}

/** The next state. Pure and total: an event that means nothing in a state leaves it as it is. */
export function transition(state: AuthState, event: AuthEvent): AuthState {
  const next = react(state, event)
  const { user, lastReportedSession } = state
  if (!user || !isIdentityChange(state, next))
    return next
  const endedSessions = new Map(state.endedSessions)
  // A snapshot without a session id may be of any session of this user.
  endedSessions.set(keyOf({ id: user.id, sessionId: null }), false)
  // The provider may name another session of theirs than the token does.
  for (const known of [user, lastReportedSession]) {
    // Without a session id, a denied session cannot be told from the next one.
    if (known?.id === user.id)
      endedSessions.set(keyOf(known), event.type === 'denied' && !!known.sessionId)
  }
  return { ...next, endedSessions }
}

/** Providers may use one session id for several users. */
function keyOf({ id, sessionId }: Pick<SignedInUser, 'id' | 'sessionId'>): string {
  return JSON.stringify([id, sessionId])
}

function react(state: AuthState, event: AuthEvent): AuthState {
  const { user, request, consecutiveRejections } = state
  switch (event.type) {
    case 'session': {
      const next = onSession(state, event.snapshot)
      const isTokenDue = request?.isRefresh && event.snapshot.status === 'signedIn' && !next.request
      return isTokenDue ? ask(next, 'token') : next
    }
    case 'token':
      // Of who was there when it was asked for: who has come since is asked about anew.
      return user && request?.sentBeforeUserKnown && user.id !== event.token.user.id
        ? ask(state, 'token')
        : onToken(state, event.token.user)
    case 'denied':
      return user && request?.sentBeforeUserKnown
        ? ask(state, 'token')
        : becomeAnonymous(state, user ? diagnose('SESSION_ENDED') : null)
    case 'rejected':
      return hasToken(state) ? onRefusal({ ...state, status: 'refreshing' } as AuthState, event.at) : state
    case 'signedOut':
      return becomeAnonymous(state)
    case 'failed':
      return backOff(state, event.error, event.retryAfterMs)
    case 'retry':
      // An attempt is brought forward once in a back-off step.
      return request?.status !== 'waiting' || (event.isEarly && request.isEarly)
        ? state
        : { ...state, request: { ...request, status: 'pending', isEarly: event.isEarly, sentBeforeUserKnown: user === undefined } }
    case 'sessionCheckRequested':
      // Any answer clears it up, and there is one to whatever is under way.
      return request ? state : ask(state, 'session')
    case 'refresh':
      return event.hasSession ? ask(state, 'session', { isRefresh: true }) : ask(state, 'token')
    case 'tokenRequested':
      return onDemand(state, event.refusedAt)
    case 'anonymousTimedOut':
      // A user that a server found, and whose first token has not come: what the page shows stays, but it is not known whether it is still theirs.
      return state.status === 'authenticated' && request?.kind === 'token' ? { ...state, status: 'loading' } as AuthState : { ...state, anonymousTimedOut: true }
    case 'authenticated':
    case 'refreshing':
      if (!hasToken(state) || state.status === event.type)
        return state
      return {
        ...state,
        status: event.type,
        // A token is accepted again: what ended in `unauthenticated` is over. Other refusals count until a renewal, since each may be accepted first.
        consecutiveRejections: event.type === 'authenticated' && consecutiveRejections?.isFinal ? null : consecutiveRejections,
      } as AuthState
    default:
      event satisfies never
      return state
  }
}

function onSession(state: AuthState, snapshot: SessionSnapshot): AuthState {
  const { user, lastReportedSession, status, request, anonymousTimedOut } = state
  if (snapshot.status === 'signedOut')
    return becomeAnonymous(state)
  // Repeating a request whose answers say nothing would never end: the token endpoint answers definitely.
  if (snapshot.status === 'failed' && snapshot.isInconclusive)
    return request?.kind === 'token' ? state : ask(state, 'token')
  // Who is known stays known, and a token that is on its way will tell as well.
  if (snapshot.status === 'failed' && request?.kind === 'session')
    return backOff(state, snapshot.error)
  if (snapshot.status !== 'signedIn')
    return state

  const { userId, user: profile, session } = snapshot
  const sessionId = snapshot.sessionId || null
  const named: SignedInUser = { id: userId, sessionId, profile, session }
  const key = keyOf(named)
  const isNews = !lastReportedSession || keyOf(lastReportedSession) !== key
  const heard = { ...state, lastReportedSession: named, request: request?.kind === 'session' ? null : request }
  if (user?.id === userId) {
    const described = { ...heard, user: { ...named, sessionId: (isNews && sessionId) || user.sessionId } } as AuthState
    // A token that is under way is of the previous session or has the previous claims.
    if (isNews && sessionId && user.sessionId && user.sessionId !== sessionId)
      return ask({ ...described, consecutiveRejections: null }, 'token')
    if (!isNews && heard.request?.status !== 'waiting' && hasChanged(lastReportedSession, named))
      return ask(described, 'token')
    return described
  }
  if (!isNews)
    return heard
  if (state.endedSessions.has(key))
    return ask({ ...heard, endedSessions: new Map(state.endedSessions).set(key, false) }, 'token')
  return askForToken({
    ...heard,
    status: 'loading',
    user: named,
    error: null,
    consecutiveRejections: null,
    // Learning who it is does not make the wait any shorter, and the token asked for at the first moment serves.
    anonymousTimedOut: anonymousTimedOut && status === 'loading',
    request: user === undefined ? request : null,
  })
}

/**
 * Whether the provider describes the same session otherwise than before, so that claims of its token may differ. When the session was last extended is
 * no claim: providers move that on by themselves.
 */
function hasChanged(before: SignedInUser, after: SignedInUser): boolean {
  const copy = ({ profile, session }: SignedInUser): any => JSON.parse(
    JSON.stringify([profile, session], (key, value) => key === 'updatedAt' || key === 'expiresAt' ? undefined : value),
  )
  try {
    const former = copy(before)
    return shareStructure(former, copy(after)) !== former
  }
  catch {
    // What cannot be written, such as a cycle, cannot be in a token either.
    return false
  }
}

function onToken(state: AuthState, { sessionId, ...token }: SignedInUser): AuthState {
  const { user, lastReportedSession } = state
  if (state.endedSessions.get(keyOf({ ...token, sessionId })))
    return user ? backOff(state, diagnose('TOKEN_INVALID')) : { ...state, request: null }
  const isSame = user?.id === token.id
  // Who knows more of them than the token.
  const known = isSame ? user : lastReportedSession?.id === token.id ? lastReportedSession : undefined
  const next = { ...token, session: null, ...known, sessionId: sessionId ?? known?.sessionId ?? null }
  const answered = { ...state, user: next, request: null, error: null }
  return isSame && hasToken(state) ? answered as AuthState : { ...answered, status: 'authenticating' }
}

function onDemand(state: AuthState, refusedAt?: number): AuthState {
  // While a token is being requested, the refused one is known to be refused.
  if (state.request?.kind === 'token')
    return state
  return refusedAt !== undefined && state.status === 'refreshing'
    ? onRefusal(state, refusedAt)
    : askForToken({ ...state, consecutiveRejections: state.consecutiveRejections?.isFinal ? state.consecutiveRejections : null })
}

/** The deployment has refused a token that was not old. Most often the deployment is the reason, or a clock: that passes. */
function onRefusal(state: AuthState, at: number): AuthState {
  const LEAST_TOKENS = 6
  const LEAST_MS = 5 * 60_000
  // Attempts are a minute apart at most, or two in a hidden tab. In a longer gap the page slept, was offline, or its token was accepted.
  const LONGEST_GAP_MS = 3 * 60_000
  const { id: userId } = state.user!
  const before = state.consecutiveRejections?.userId === userId && (state.consecutiveRejections.isFinal || at - state.consecutiveRejections.lastAt < LONGEST_GAP_MS)
    ? state.consecutiveRejections
    : { userId, tokens: 0, firstAt: at, isFinal: false }
  const tokens = before.tokens + 1
  const isFinal = before.isFinal || (tokens >= LEAST_TOKENS && at - before.firstAt >= LEAST_MS)
  const refused = { ...state, consecutiveRejections: { ...before, tokens, lastAt: at, isFinal } }
  if (isFinal)
    // The provider still names the session, which is not to be taken for another one.
    return { ...ask(becomeAnonymous(refused, diagnose('TOKEN_REJECTED')), 'token', { failures: 1, retryAfterMs: LEAST_MS }), lastReportedSession: state.lastReportedSession }
  // The first refusal may be an accident; from the second on, tokens are asked for ever more slowly.
  return askForToken(tokens > 1 ? { ...refused, error: diagnose('TOKEN_REJECTED') } : refused, tokens - 1)
}

function becomeAnonymous(state: AuthState, error: Error | null = null): AuthState {
  return {
    ...state,
    status: 'unauthenticated',
    user: null,
    request: null,
    // The first reason stands: a session that was denied is gone from the provider's answers as well.
    error: state.user === null ? state.error : error,
    // What the provider says next counts again, also if it is the same: it may be the next session under this id.
    lastReportedSession: null,
  }
}

/** Requests the session or a token, whatever is under way. */
function ask(state: AuthState, kind: ProviderRequest['kind'], { failures = 0, ...details }: Partial<ProviderRequest> = {}): AuthState {
  return { ...state, request: { status: failures > 0 ? 'waiting' : 'pending', kind, failures, sentBeforeUserKnown: state.user === undefined, ...details } }
}

/** Demands for a token share what is under way, and none overtakes a back-off. */
function askForToken(state: AuthState, failures?: number): AuthState {
  return state.request?.kind === 'token' ? state : ask(state, 'token', { failures })
}

function backOff(state: AuthState, error: Error, retryAfterMs?: number): AuthState {
  const { user, request } = state
  if (request?.isRefresh)
    return ask(state, 'token')
  return request?.status === 'pending'
    ? {
        ...state,
        error: user === null ? state.error : error,
        request: { ...request, status: 'waiting', failures: request.failures + 1, retryAfterMs },
      }
    : state
}
