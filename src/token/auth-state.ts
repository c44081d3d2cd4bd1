/** The auth state and its pure reducer: what each event does to the identity and its token. */
import type { SessionSnapshot } from './token-source.ts'
import type { SignedInUser, Token } from './token.ts'
import { diagnose } from '../errors/diagnose.ts'
import { shareStructure } from '../shared/structural-sharing.ts'

/**
 * A request to the provider for the session or for a token. Each `pending` object is one attempt.
 * Between two attempts, the request backs off (`waiting`).
 */
export interface ProviderRequest {
  status: 'pending' | 'waiting'
  kind: 'session' | 'token'
  /** How many attempts have failed, or how many tokens the deployment has rejected. */
  failures: number
  /** The delay that the provider requested before the next attempt, in milliseconds. */
  retryAfterMs?: number
  /**
   * The latest attempt started before the end of its back-off, because the page became visible or
   * online. The next attempt then waits for its full back-off.
   */
  isEarly?: boolean
  /**
   * The attempt started before the user was known. If a user has become known in the meantime, the
   * answer may be about the previous user. So if it is a denial or a token of another user, a token
   * is requested again.
   */
  sentBeforeUserKnown?: boolean
  /** After this request for the session, a token is requested too, unless the session has ended. */
  isRefresh?: boolean
}

/**
 * Unexpired tokens of one user that the deployment has rejected in a row. Times are in milliseconds
 * of the engine's clock.
 */
export interface ConsecutiveRejections {
  userId: string
  count: number
  firstAt: number
  lastAt: number
  /**
   * Whether the rejections have signed the user out. If so, the next rejection signs the user out
   * at once.
   */
  isFinal: boolean
}

/**
 * The current identity, and whether the deployment has confirmed it. The statuses are those of
 * `useConvexAuth`. The labels of the arrows are events ({@link AuthEvent}).
 *
 * ```text
 *            token                   authenticated
 * loading ──────────▶ authenticating ─────────────▶ authenticated
 *    ▲                      │                        │  │     ▲
 *    │                      │   refreshing, rejected │  │     │ authenticated
 *    │                      │                        ▼  │     │
 *    │                      └───────────────────▶ refreshing ─┘
 *    │                       refreshing, rejected       │
 *    └──────────────────────────────────────────────────┘
 *      anonymousTimedOut: a server found the user, and there is no token yet
 *
 * from any status:
 *   session, of another user ────────────────────────────────▶ loading
 *   token, of another user ──────────────────────────────────▶ authenticating
 *   signedOut, denied, session without a user,
 *   rejected or tokenRequested after too many rejections ────▶ unauthenticated
 * ```
 */
export type Identity
  /** `undefined` until the provider has answered. */
  = | { status: 'loading', user: SignedInUser | undefined }
    | { status: 'unauthenticated', user: null }
  /**
   * - `authenticating`: the deployment has not confirmed the user's first token yet.
   * - `authenticated`: the deployment has confirmed the latest token.
   * - `refreshing`: the deployment has rejected the latest token, and another token is being
   *   requested.
   */
    | { status: 'authenticating' | 'authenticated' | 'refreshing', user: SignedInUser }

/** The whole state of the engine except for tokens, so that the state can be logged. */
export type AuthState = Identity & {
  request: ProviderRequest | null
  /** The reason why the page is signed out, or why there is no token yet. */
  error: Error | null
  /**
   * While the status is `loading`: the provider takes too long, so queries with `auth: 'optional'`
   * run anonymously. Never set if a server found a user, since the page continues to show that
   * user's data.
   */
  anonymousTimedOut: boolean
  /** `null` while the deployment accepts the tokens that it receives. */
  consecutiveRejections: ConsecutiveRejections | null
  /**
   * The session that the provider reported last. A repeated report of the same session does not
   * change the user, since the current user may come from a token that is more recent than the
   * report. Instead, a token is requested.
   */
  lastReportedSession: SignedInUser | null
  /**
   * The sessions that have ended on this page, by user and session id. An ended session becomes
   * current again only by a token of that session. A report of the session is not enough, since the
   * report may be a late response. `true`: the provider has denied the session. Its tokens are then
   * not accepted until the provider has reported the session again.
   */
  endedSessions: ReadonlyMap<string, boolean>
}

export type AuthEvent
  /** The provider reported the session. */
  = | { type: 'session', snapshot: SessionSnapshot }
  /**
   * The provider sent a token that differs from the current one. `ageMs`: its age in milliseconds,
   * if it was not issued for this request.
   */
    | { type: 'token', token: Token, ageMs?: number | undefined }
  /** The provider answered definitely that there is no session. */
    | { type: 'denied' }
  /** The attempt failed. */
    | { type: 'failed', error: Error, retryAfterMs?: number }
  /** The back-off is over, or (`isEarly`) the page became visible or online during the back-off. */
    | { type: 'retry', isEarly: boolean }
  /** Another tab or a query reported that the identity may have changed. */
    | { type: 'sessionCheckRequested' }
  /**
   * The app requested the session and a token again, whatever request is under way. `hasSession`:
   * the session can be requested from the provider without a token.
   */
    | { type: 'refresh', hasSession: boolean }
  /**
   * The connection or the renewal needs another token. `rejectedAt` is the current time, and is
   * only set if the current token has not expired. In the status `refreshing`, this means that the
   * deployment has rejected a valid token.
   */
    | { type: 'tokenRequested', rejectedAt?: number }
  /** The first token did not arrive in time. */
    | { type: 'anonymousTimedOut' }
  /** The deployment confirmed the token, or rejected it and waits for another one. */
    | { type: 'authenticated' | 'refreshing', at?: number }
  /** The deployment rejected the token, and the client that sent it does not accept another one. */
    | { type: 'rejected', at: number }
  /** The provider confirmed the sign-out that this page requested. */
    | { type: 'signedOut' }

/**
 * What a transition does to the current token:
 *
 * - `keep`: the token stays the same.
 * - `accept`: the token of the event becomes the current token of the same user.
 * - `replace`: the token of the event becomes the current token of another user. The previous
 *   user's token, and the requests for it, are dropped.
 * - `clear`: the token, and the requests for it, are dropped.
 */
export type TokenEffect = 'keep' | 'accept' | 'replace' | 'clear'

export interface Transition {
  state: AuthState
  token: TokenEffect
}

/**
 * The state before the first event. `serverUser` is the identity that a server found: a user,
 * `null` for anonymous, or `undefined` if there was no server. `hasToken`: the server also passed a
 * token of the user. If the server found a user but did not pass a token, a token is requested at
 * once.
 */
export function initialAuthState(
  mayBeSignedIn: boolean | undefined,
  serverUser: SignedInUser | null | undefined,
  hasToken = true,
): AuthState {
  const state = {
    status: initialStatus(serverUser),
    user: serverUser,
    request: null,
    error: null,
    anonymousTimedOut: false,
    consecutiveRejections: null,
    lastReportedSession: null,
    endedSessions: new Map(),
  } as AuthState
  if (serverUser === null || (serverUser && hasToken))
    return state
  return startRequest(state, serverUser || mayBeSignedIn ? 'token' : 'session')
}

function initialStatus(serverUser: SignedInUser | null | undefined): Identity['status'] {
  if (serverUser === null)
    return 'unauthenticated'
  // The deployment has already confirmed the user, because the server's queries ran with the user's
  // token.
  return serverUser ? 'authenticated' : 'loading'
}

/**
 * Whether this is a change from one known identity to another, anonymous included. Everything that
 * belongs to the previous identity must then be removed.
 */
export function isIdentityChange(from: Identity, to: Identity): boolean {
  return from.user !== undefined && from.user?.id !== to.user?.id
}

/** Whether there is a user with a token. */
export function hasToken({ user, status }: Identity): boolean {
  return !!user && status !== 'loading'
}

/** Whether there is a token that the deployment has not rejected. */
export function isTokenUsable(state: AuthState): boolean {
  const { status, request } = state
  const isTokenRequested = request?.kind === 'token' || request?.isRefresh
  return hasToken(state) && !(status === 'refreshing' && isTokenRequested)
}

/**
 * The next state, and what happens to the token. Pure and total: an event that has no meaning in a
 * state does not change the state.
 */
export function transition(state: AuthState, event: AuthEvent): Transition {
  const next = reduce(state, event)
  return { state: rememberEndedSessions(next, state, event), token: tokenEffect(next, state, event) }
}

function tokenEffect(next: AuthState, previous: AuthState, event: AuthEvent): TokenEffect {
  const isChange = isIdentityChange(previous, next)
  if (event.type === 'token' && isTokenAccepted(previous, event.token.user))
    return isChange ? 'replace' : 'accept'
  return isChange || next.user === null ? 'clear' : 'keep'
}

/**
 * Returns `next`, in which the sessions that this transition ends are remembered. After an identity
 * change, these are all sessions of the previous user. If another session of the same user has
 * replaced the previous session, only the previous session has ended. Without this memory, a late
 * report could make an ended session current.
 */
function rememberEndedSessions(next: AuthState, previous: AuthState, event: AuthEvent): AuthState {
  const { user, lastReportedSession } = previous
  const isChange = isIdentityChange(previous, next)
  const isReplaced = user?.sessionId && next.user?.sessionId !== user.sessionId
  if (!user || (!isChange && !isReplaced))
    return next
  const endedSessions = new Map(next.endedSessions)
  // A session report without a session id may describe any session of this user. For the same user,
  // the session that the provider reported may differ from the session of the token.
  const ended = isChange ? [{ ...user, sessionId: null }, user, lastReportedSession] : [user]
  for (const session of ended) {
    // Without a session id, a denied session cannot be distinguished from the next session.
    if (session?.id === user.id)
      endedSessions.set(sessionKey(session), event.type === 'denied' && !!session.sessionId)
  }
  return { ...next, endedSessions }
}

/** Includes the user's id, since a provider may use one session id for several users. */
function sessionKey({ id, sessionId }: SignedInUser): string {
  return JSON.stringify([id, sessionId])
}

function reduce(state: AuthState, event: AuthEvent): AuthState {
  const { user, request, consecutiveRejections } = state
  switch (event.type) {
    case 'session':
      return onSession(state, event.snapshot)
    case 'token':
      return onToken(state, event.token.user)
    case 'denied':
      if (user && request?.sentBeforeUserKnown)
        return startRequest(state, 'token')
      return becomeAnonymous(state, user ? diagnose('SESSION_ENDED') : null)
    case 'rejected':
      if (!hasToken(state))
        return state
      return onRejection({ ...state, status: 'refreshing' } as AuthState, event.at)
    case 'signedOut':
      return becomeAnonymous(state)
    case 'failed':
      return backOff(state, event.error, event.retryAfterMs)
    case 'retry': {
      const { isEarly } = event
      // A back-off is shortened only once, however often the page becomes visible or online.
      if (request?.status !== 'waiting' || (isEarly && request.isEarly))
        return state
      return { ...state, request: { ...request, status: 'pending', isEarly, sentBeforeUserKnown: user === undefined } }
    }
    case 'sessionCheckRequested':
      // A request that is already under way will also report an identity change.
      if (request)
        return state
      return startRequest(state, 'session')
    case 'refresh':
      if (event.hasSession)
        return startRequest(state, 'session', { isRefresh: true })
      return startRequest(state, 'token')
    case 'tokenRequested':
      return onTokenRequested(state, event.rejectedAt)
    case 'anonymousTimedOut':
      // The page keeps showing the data of the user that a server found. Without a token in time,
      // it is no longer certain that this user is still signed in.
      if (state.status === 'authenticated' && request?.kind === 'token')
        return { ...state, status: 'loading' } as AuthState
      return { ...state, anonymousTimedOut: true }
    case 'authenticated':
    case 'refreshing':
      if (!hasToken(state) || state.status === event.type)
        return state
      // A confirmed token ends a series of rejections that has signed the user out. Any other
      // series of rejections ends only at the next renewal, since the deployment may confirm each
      // token first and reject it later.
      if (event.type === 'authenticated' && consecutiveRejections?.isFinal)
        return { ...state, status: event.type, consecutiveRejections: null } as AuthState
      return { ...state, status: event.type } as AuthState
    default:
      event satisfies never
      return state
  }
}

function onSession(state: AuthState, snapshot: SessionSnapshot): AuthState {
  const { user, lastReportedSession, status, request, anonymousTimedOut } = state
  if (snapshot.status === 'signedOut')
    return becomeAnonymous(state, snapshot.error)
  // The provider may answer every repetition inconclusively. The token endpoint returns a definite
  // answer, so a token is requested.
  if (snapshot.status === 'failed' && snapshot.isInconclusive)
    return ensureTokenRequest(state)
  // A failure does not remove a known user. If a token request is pending, its answer identifies
  // the user, so only a session request is repeated.
  if (snapshot.status === 'failed' && request?.kind === 'session')
    return backOff(state, snapshot.error)
  if (snapshot.status !== 'signedIn')
    return state

  const { userId, user: profile, session } = snapshot
  const sessionId = snapshot.sessionId || null
  const reported: SignedInUser = { id: userId, sessionId, profile, session }
  const key = sessionKey(reported)
  const isNews = !lastReportedSession || sessionKey(lastReportedSession) !== key
  // The provider reports a session that it denied before, so it accepts this session again.
  const endedSessions = state.endedSessions.get(key)
    ? new Map(state.endedSessions).set(key, false)
    : state.endedSessions
  const next = { ...afterSessionRequest(state), lastReportedSession: reported, endedSessions }
  if (user?.id === userId) {
    const updated = {
      ...next,
      user: { ...reported, sessionId: (isNews && sessionId) || user.sessionId },
    } as AuthState
    // A token request that is under way would return a token of the previous session.
    if (isNews && sessionId && user.sessionId && user.sessionId !== sessionId)
      return startRequest({ ...updated, consecutiveRejections: null }, 'token')
    // A token request that is under way would return the previous claims.
    if (!isNews && next.request?.status !== 'waiting' && haveClaimsChanged(lastReportedSession, reported))
      return startRequest(updated, 'token')
    return updated
  }
  // A more recent token belongs to another user. Either this report is older than the token, or the
  // provider sent that token by mistake, so another token is requested.
  if (!isNews)
    return ensureTokenRequest(next)
  if (endedSessions.has(key))
    return startRequest(next, 'token')
  return ensureTokenRequest({
    ...next,
    status: 'loading',
    user: reported,
    error: null,
    consecutiveRejections: null,
    // Queries that already run anonymously continue to do so until the token arrives.
    anonymousTimedOut: anonymousTimedOut && status === 'loading',
    // A request that was sent before the user was known returns this user's token.
    request: user === undefined ? request : null,
  })
}

/**
 * The state after the answer to a request for the session. If `refresh()` has caused the request, a
 * token is requested next.
 */
function afterSessionRequest(state: AuthState): AuthState {
  const { request } = state
  if (request?.isRefresh)
    return startRequest(state, 'token')
  return { ...state, request: request?.kind === 'session' ? null : request }
}

/**
 * Whether the provider has reported other data for the same session, so that the claims of its
 * token may differ. The dates of the latest update and of expiry are not claims: they change
 * whenever the provider extends the session.
 */
function haveClaimsChanged(before: SignedInUser, after: SignedInUser): boolean {
  const withoutDates = (key: string, value: unknown): unknown =>
    key === 'updatedAt' || key === 'expiresAt' ? undefined : value
  const copy = ({ profile, session }: SignedInUser): any => JSON.parse(JSON.stringify([profile, session], withoutDates))
  try {
    const previous = copy(before)
    return shareStructure(previous, copy(after)) !== previous
  }
  catch {
    // If JSON cannot represent the data, for example because of a cycle, the data cannot be part of
    // a token.
    return false
  }
}

/**
 * Whether a token belongs to another user than the current user, who became known after the token
 * was requested.
 */
function isForPreviousUser({ user, request }: AuthState, tokenUser: SignedInUser): boolean {
  return !!user && !!request?.sentBeforeUserKnown && user.id !== tokenUser.id
}

/** Whether a token that the provider has sent becomes the current token. */
function isTokenAccepted(state: AuthState, tokenUser: SignedInUser): boolean {
  return !isForPreviousUser(state, tokenUser) && !state.endedSessions.get(sessionKey(tokenUser))
}

function onToken(state: AuthState, tokenUser: SignedInUser): AuthState {
  const { user, lastReportedSession } = state
  if (isForPreviousUser(state, tokenUser))
    return startRequest(state, 'token')
  if (!isTokenAccepted(state, tokenUser)) {
    if (user)
      return backOff(state, diagnose('TOKEN_INVALID'))
    return { ...state, request: null }
  }

  const isSameUser = user?.id === tokenUser.id
  // The reports of the provider about the user and the session are more detailed than the claims of
  // the token.
  const known = [user, lastReportedSession].find(known => known?.id === tokenUser.id)
  const sessionId = tokenUser.sessionId ?? known?.sessionId ?? null
  const next = { ...state, user: { ...tokenUser, ...known, sessionId }, request: null, error: null }
  if (isSameUser && hasToken(state))
    return next as AuthState
  return { ...next, status: 'authenticating' }
}

function onTokenRequested(state: AuthState, rejectedAt?: number): AuthState {
  const { status, request, consecutiveRejections } = state
  // A token request is already under way, so the rejection of the current token has been counted.
  if (request?.kind === 'token')
    return state
  if (rejectedAt !== undefined && status === 'refreshing')
    return onRejection(state, rejectedAt)
  return ensureTokenRequest({
    ...state,
    consecutiveRejections: consecutiveRejections?.isFinal ? consecutiveRejections : null,
  })
}

/**
 * The deployment has rejected an unexpired token. The usual causes are a failure of the deployment
 * or a wrong clock, and both are temporary. Only many rejections over several minutes sign the user
 * out.
 */
function onRejection(state: AuthState, at: number): AuthState {
  const MIN_REJECTIONS = 6
  const MIN_DURATION_MS = 5 * 60_000
  const series = rejectionsBefore(state, at)
  const count = series.count + 1
  const isFinal = series.isFinal || (count >= MIN_REJECTIONS && at - series.firstAt >= MIN_DURATION_MS)
  const rejected = { ...state, consecutiveRejections: { ...series, count, lastAt: at, isFinal } }
  if (isFinal) {
    const anonymous = becomeAnonymous(rejected, diagnose('TOKEN_REJECTED'))
    return {
      ...startRequest(anonymous, 'token', { failures: 1, retryAfterMs: MIN_DURATION_MS }),
      // The provider still reports the same session. Its next report must not count as a sign-in.
      lastReportedSession: state.lastReportedSession,
    }
  }
  // The first rejection may have a temporary cause. From the second rejection on, the error is
  // shown, and each token request waits longer than the previous request.
  if (count === 1)
    return ensureTokenRequest(rejected)
  return ensureTokenRequest({ ...rejected, error: diagnose('TOKEN_REJECTED') }, count - 1)
}

/** The series of rejections that a rejection at time `at` continues, or a new series. */
function rejectionsBefore(
  { user, consecutiveRejections: series }: AuthState,
  at: number,
): Omit<ConsecutiveRejections, 'lastAt'> {
  // Attempts are at most one minute apart, or two minutes in a hidden tab. A longer gap means that
  // the computer was asleep, the page was offline, or the deployment accepted a token in between.
  const MAX_GAP_MS = 3 * 60_000
  const { id: userId } = user!
  const isContinued = series?.userId === userId && (series.isFinal || at - series.lastAt < MAX_GAP_MS)
  if (isContinued)
    return series
  return { userId, count: 0, firstAt: at, isFinal: false }
}

function becomeAnonymous(state: AuthState, error: Error | null = null): AuthState {
  return {
    ...state,
    status: 'unauthenticated',
    user: null,
    request: null,
    // If the page is anonymous without an error, the error of a failed sign-in is shown.
    error: nextError(state, error) ?? error,
    // A repeated report of the same session must count again: the user may have signed in again.
    lastReportedSession: null,
  }
}

/** Starts a request for the session or a token. Replaces any request that is under way. */
function startRequest(
  state: AuthState,
  kind: ProviderRequest['kind'],
  details?: Partial<ProviderRequest>,
): AuthState {
  const status = details?.failures ? 'waiting' : 'pending'
  const sentBeforeUserKnown = state.user === undefined
  return { ...state, request: { status, kind, failures: 0, sentBeforeUserKnown, ...details } }
}

/** Keeps a token request that is under way, so that no back-off is cut short. */
function ensureTokenRequest(state: AuthState, failures = 0): AuthState {
  if (state.request?.kind === 'token')
    return state
  return startRequest(state, 'token', { failures })
}

/**
 * While the page is anonymous, the error that explains the sign-out remains. Later events do not
 * replace it: after a denial, for example, the provider reports `signedOut` without an error.
 */
function nextError(state: AuthState, error: Error | null): Error | null {
  return state.user === null ? state.error : error
}

function backOff(state: AuthState, error: Error, retryAfterMs?: number): AuthState {
  const { request } = state
  if (request?.isRefresh)
    return startRequest(state, 'token')
  if (request?.status !== 'pending')
    return state
  return {
    ...state,
    error: nextError(state, error),
    request: { ...request, status: 'waiting', failures: request.failures + 1, retryAfterMs },
  }
}
