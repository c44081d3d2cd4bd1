import type { TokenClaims } from './jwt.ts'
import type { SessionSnapshot } from './token-source.ts'
import { diagnose } from '../diagnostics.ts'

/** A known person. */
export interface Person {
  userId: string
  /** `null` while only a token without a session id has spoken. */
  sessionId: string | null
  /** What the token says, until the provider has described the session. */
  user: unknown
  /** `null` until the provider has described it. */
  session: unknown
}

/**
 * Who is there, and how sure the deployment is of it. The names are the statuses that `useConvexAuth` shows.
 *
 * ```text
 *              session: another person             token: another person
 *    ┌─────────────────────────────────┐  ┌─────────────────────────────────┐
 *    ▼           (from anywhere)       │  ▼           (from anywhere)       │
 * loading ───────────token──────────▶ authenticating ───confirmed───▶ authenticated
 *    │                                    │     ▲                       │     ▲
 *    │                                 refused  │                    refused  │
 *    │                                    ▼     │                       ▼     │
 *    │                                  refreshing ─────────confirmed─────────┘
 *    │                                        │
 *    └──── signedOut, denied, rejected ───────┴──── (from anywhere) ──▶ unauthenticated
 * ```
 */
export type Identity
  /** `person` is `undefined` while nobody has answered. `overdue`: what may run as nobody has waited long enough. */
  = | { status: 'loading', person: Person | undefined, overdue: boolean }
    | { status: 'unauthenticated', person: null, error: Error | null }
  /** The first token is there; the deployment has not confirmed it. */
    | { status: 'authenticating', person: Person }
    | { status: 'authenticated', person: Person }
  /** The deployment refused the token; another one is being sought. */
    | { status: 'refreshing', person: Person }

/** What is being asked of the provider. Each `pending` object is an attempt of its own; `error` is why it is not the first. */
export type ProviderRequest
  = | { status: 'pending', question: Question, failures: number, isEarly: boolean, error: Error | null }
  /** Backing off. `isWakeable`: the page becoming visible or online may bring this step's attempt forward. */
    | { status: 'waiting', question: Question, failures: number, error: Error, retryAfterMs: number, isWakeable: boolean }

/** `newToken`: another one than was handed out before. */
export type Question = 'session' | 'token' | 'newToken'

/** Everything that the engine knows, tokens excepted: it can be logged. */
export interface AuthState {
  identity: Identity
  request: ProviderRequest | null
  /** What the provider said last: only what differs from it is news. */
  said: SaidSession | null
  /** The session that the provider or the deployment denied: it cannot sign in again. */
  deniedSessionId: string | null
  /** Sessions that this page has left: only a token brings one of them back, since a late answer could name it too. */
  leftSessionIds: readonly string[]
  /** How many tokens in a row the deployment refused before they were old. */
  refusals: number
}

type SaidSession = Extract<SessionSnapshot, { status: 'signedIn' | 'signedOut' }>

export type AuthEvent
  /** The provider said who is signed in. */
  = | { type: 'session', snapshot: SessionSnapshot }
  /** The connection wants a token; `isAged`: the one that it had has outlived its lifetime. */
    | { type: 'demand', isForced: boolean, isAged: boolean }
  /** The provider gave a token; `isRepeated`: the very one that it gave before. */
    | { type: 'token', claims: TokenClaims, isRepeated: boolean }
    | { type: 'denied' }
    | { type: 'failed', error: Error, retryAfterMs?: number }
  /** The back-off step is over. */
    | { type: 'due' }
  /** The page became visible or online. */
    | { type: 'woke', isAged: boolean }
    | { type: 'overdue' }
  /** Another tab says that somebody else is there. */
    | { type: 'doubted' }
  /** The deployment confirmed the token. */
    | { type: 'confirmed' }
  /** The deployment refused the token and waits for another. */
    | { type: 'refused' }
  /** The deployment refused one token after another. */
    | { type: 'rejected' }
  /** The provider confirmed our own sign-out. */
    | { type: 'signedOut' }

const LEFT_SESSIONS_REMEMBERED = 8
const REFUSALS_UNTIL_REJECTED = 6

/** What is known before anybody was asked. `handedOver` is whom a server found: a person, nobody (`null`), or it did not look. */
export function initialAuthState(snapshot: SessionSnapshot, isHinted: boolean, handedOver: Person | null | undefined): AuthState {
  return onSession({
    identity: handedOver
      ? { status: 'authenticated', person: handedOver } // the server has used the token: the deployment knows it
      : handedOver === null ? nobody(null) : { status: 'loading', person: undefined, overdue: false },
    request: handedOver === undefined ? ask(isHinted ? 'token' : 'session') : null,
    said: null,
    deniedSessionId: null,
    leftSessionIds: [],
    refusals: 0,
  }, snapshot)
}

/** Whether everything that the former person was shown or did has to go: from one known identity to another, nobody included. */
export function isChangeOfPerson(from: Identity, to: Identity): boolean {
  return from.person !== undefined && from.person?.userId !== to.person?.userId
}

/** The next state. Pure and total: an event that means nothing in a state leaves it as it is. */
export function transition(state: AuthState, event: AuthEvent): AuthState {
  const { identity, request } = state
  switch (event.type) {
    case 'session':
      return onSession(state, event.snapshot)
    case 'demand':
      return onDemand(state, event.isForced, event.isAged)
    case 'token':
      return onToken(state, event.claims, event.isRepeated)
    case 'denied':
      return deny(state, identity.person ? diagnose('SESSION_ENDED') : null)
    case 'failed':
      return backOff(state, event.error, event.retryAfterMs)
    case 'due':
      return retry(state, false)
    case 'woke':
      if (request?.status === 'waiting')
        return request.isWakeable ? retry(state, true) : state
      return event.isAged && identity.status === 'authenticated' ? want(state, 'newToken') : state
    case 'overdue':
      return identity.status === 'loading' ? { ...state, identity: { ...identity, overdue: true } } : state
    case 'doubted':
      // Whatever the provider says next is news.
      return want({ ...state, said: null }, identity.person ? 'newToken' : 'token')
    case 'confirmed':
      return identity.status === 'authenticating' || identity.status === 'refreshing' ? become(state, 'authenticated', identity.person) : state
    case 'refused':
      return identity.status === 'authenticating' || identity.status === 'authenticated' ? become(state, 'refreshing', identity.person) : state
    case 'rejected':
      return identity.person ? deny(state, diagnose('TOKEN_REJECTED')) : state
    case 'signedOut':
      return becomeNobody(state, null)
    default:
      event satisfies never
      return state
  }
}

function onSession(state: AuthState, snapshot: SessionSnapshot): AuthState {
  const { identity, request, said } = state
  if (snapshot.status === 'pending')
    return state
  // Who is known stays known, and a token that is on its way will tell as well.
  if (snapshot.status === 'failed')
    return request?.question === 'session' ? backOff(state, snapshot.error) : state

  const heard = { ...state, said: snapshot }
  if (snapshot.status === 'signedOut')
    return said?.status === 'signedOut' ? state : becomeNobody(heard, null)

  const { userId, sessionId, user, session } = snapshot
  const { person } = identity
  const isNews = said?.status !== 'signedIn' || said.userId !== userId || said.sessionId !== sessionId
  if (person?.userId === userId) {
    // A token is newer than a session that says again what it said before.
    const described = { ...person, user, session, sessionId: isNews ? sessionId : person.sessionId }
    const next = { ...heard, identity: { ...identity, person: described } as Identity }
    if (!isNews || person.sessionId === null || person.sessionId === sessionId)
      return next
    // What is under way asks about the former session, whose denial would be no news.
    return want(request?.status === 'pending' ? { ...next, request: null } : next, 'newToken')
  }
  if (!isNews || sessionId === state.deniedSessionId)
    return heard
  if (state.leftSessionIds.includes(sessionId))
    return want(heard, 'newToken')
  const isBoot = person === undefined
  return {
    ...leave(heard),
    identity: {
      status: 'loading',
      person: { userId, sessionId, user, session },
      // Learning who it is does not make the wait any shorter,
      overdue: isBoot && identity.overdue,
    },
    // and the token asked for at the first moment serves.
    request: isBoot && request && request.question !== 'session' ? request : ask('token'),
  }
}

function onDemand(state: AuthState, isForced: boolean, isAged: boolean): AuthState {
  const { identity } = state
  const question = isForced ? 'newToken' : 'token'
  if (identity.person === null)
    return state
  if (identity.status !== 'refreshing')
    return want(state.refusals > 0 ? { ...state, refusals: 0 } : state, question)

  const refusals = isAged ? 1 : state.refusals + 1
  if (refusals > REFUSALS_UNTIL_REJECTED)
    return deny(state, diagnose('TOKEN_REJECTED'))
  // The first refusal may be an accident; from the second on, tokens are asked for ever more slowly.
  return refusals === 1 || state.request
    ? want({ ...state, refusals }, question)
    : backOff({ ...state, refusals, request: ask(question, refusals - 2) }, diagnose('TOKEN_REJECTED'))
}

function onToken(state: AuthState, { userId, sessionId, user }: TokenClaims, isRepeated: boolean): AuthState {
  const { identity, request, said } = state
  const { person } = identity
  if (sessionId !== null && sessionId === state.deniedSessionId)
    return person ? backOff(state, diagnose('TOKEN_INVALID')) : { ...state, request: null }
  if (person?.userId === userId) {
    if (isRepeated && request?.question === 'newToken')
      return backOff(state, diagnose('TOKEN_INVALID'))
    const known = { ...person, sessionId: sessionId ?? person.sessionId }
    const status = identity.status === 'loading' ? 'authenticating' : identity.status
    return { ...state, request: null, identity: { status, person: known } as Identity }
  }
  const described = said?.status === 'signedIn' && said.userId === userId ? said : null
  return become({ ...leave(state), request: null }, 'authenticating', {
    userId,
    sessionId: sessionId ?? described?.sessionId ?? null,
    user: described?.user ?? user,
    session: described?.session ?? null,
  })
}

/** A definite "no": the session that was asked about is remembered. */
function deny(state: AuthState, error: Error | null): AuthState {
  const { identity, said } = state
  const deniedSessionId = identity.person?.sessionId ?? (said?.status === 'signedIn' ? said.sessionId : state.deniedSessionId)
  return { ...becomeNobody(state, error), deniedSessionId }
}

function become(state: AuthState, status: 'authenticating' | 'authenticated' | 'refreshing', person: Person): AuthState {
  return { ...state, identity: { status, person } }
}

function becomeNobody(state: AuthState, error: Error | null): AuthState {
  const { identity } = state
  // The first reason stands: a session that was denied is gone from the provider's answers as well.
  return { ...leave(state), request: null, identity: identity.status === 'unauthenticated' ? identity : nobody(error) }
}

function nobody(error: Error | null): Identity {
  return { status: 'unauthenticated', person: null, error }
}

function leave(state: AuthState): AuthState {
  const sessionId = state.identity.person?.sessionId
  return {
    ...state,
    refusals: 0,
    leftSessionIds: sessionId ? [...state.leftSessionIds, sessionId].slice(-LEFT_SESSIONS_REMEMBERED) : state.leftSessionIds,
  }
}

function ask(question: Question, failures = 0, isEarly = false, error: Error | null = null): ProviderRequest {
  return { status: 'pending', question, failures, isEarly, error }
}

/** Demands for a token share what is under way, and none overtakes a back-off. */
function want(state: AuthState, question: Question): AuthState {
  return state.request && state.request.question !== 'session' ? state : { ...state, request: ask(question) }
}

function backOff(state: AuthState, error: Error, retryAfterMs = 0): AuthState {
  const { request } = state
  if (request?.status !== 'pending')
    return state
  const { question, failures, isEarly } = request
  // An attempt that waking brought forward uses up the step that it belongs to, and a provider's own "not before" stands.
  return { ...state, request: { status: 'waiting', question, failures: failures + 1, error, retryAfterMs, isWakeable: !isEarly && !(retryAfterMs > 0) } }
}

function retry(state: AuthState, isEarly: boolean): AuthState {
  const { request } = state
  return request?.status === 'waiting' ? { ...state, request: ask(request.question, request.failures, isEarly, request.error) } : state
}
