import type { SessionSnapshot } from './token-source.ts'
import type { Person, Token } from './token.ts'
import { diagnose } from '../diagnostics.ts'

/** What is being asked of the provider. Each `pending` object is an attempt of its own, and between two attempts it backs off (`waiting`). */
export interface ProviderRequest {
  status: 'pending' | 'waiting'
  question: 'session' | 'token'
  /** How many attempts have failed, or how many tokens were refused. */
  failures: number
  /** How long the provider wants to be left alone, in milliseconds. */
  retryAfterMs?: number
  /** The last attempt was brought forward: not so the next one. */
  isEarly?: boolean
  /** Asked before anybody was known: a denial, or somebody else's token, says nothing about who has signed in since. */
  isBlind?: boolean
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
  = | { status: 'loading', person: Person | undefined }
    | { status: 'unauthenticated', person: null }
  /** The deployment has not confirmed their first token; has confirmed the last; has refused the last, and another one is being sought. */
    | { status: 'authenticating' | 'authenticated' | 'refreshing', person: Person }

/** Everything that the engine knows, tokens excepted: it can be logged. */
export type AuthState = Identity & {
  request: ProviderRequest | null
  /** Why nobody is there, or why there is no token yet. */
  error: Error | null
  /** While loading: what may run as nobody has waited long enough. Never with a user that a server found: their data stay. */
  overdue: boolean
  /** How many tokens in a row the deployment has refused before they were old. */
  refusals: number
  /** What the provider said last: only another session than that is news, since a token may know better by now. */
  said: Person | null
  /**
   * The sessions that this page has left. One that was denied (its error is here) cannot sign in again. Any other comes back with a token only, since
   * an answer that is late could name it as well.
   */
  left: ReadonlyMap<string, Error | null>
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
    | { type: 'doubted' }
  /** Another token is wanted; `isYoung`: although the one that is there has not outlived its lifetime. */
    | { type: 'demand', isYoung?: boolean }
  /** The first token has not come in time. */
    | { type: 'overdue' }
  /** The deployment's verdict: it confirmed the token; refused it, and waits for another; has refused one after another. */
    | { type: 'authenticated' | 'refreshing' | 'rejected' }
  /** The provider confirmed our own sign-out. */
    | { type: 'signedOut' }

/**
 * What is known before the provider was asked. `handedOver` is what a server found: a user, anonymous (`null`), or it did not look. `hasToken` says whether
 * the user's token came along; otherwise it is requested at once.
 */
export function initialAuthState(isHinted: boolean, handedOver: Person | null | undefined, hasToken = true): AuthState {
  return {
    // What a server has found with a token, the deployment knows.
    ...{ status: handedOver ? 'authenticated' : handedOver === null ? 'unauthenticated' : 'loading', person: handedOver } as Identity,
    request: initialRequest(isHinted, handedOver, hasToken),
    error: null,
    overdue: false,
    refusals: 0,
    said: null,
    left: new Map(),
  }
}

function initialRequest(isHinted: boolean, handedOver: Person | null | undefined, hasToken: boolean): ProviderRequest | null {
  if (handedOver === undefined)
    return { ...ask(isHinted ? 'token' : 'session'), isBlind: true }
  return handedOver && !hasToken ? ask('token') : null
}

/** Whether everything that the former person was shown or did has to go: from one known identity to another, nobody included. */
export function isChangeOfPerson(from: Identity, to: Identity): boolean {
  return from.person !== undefined && from.person?.userId !== to.person?.userId
}

/** Whether there is a person with a token. */
export function hasToken({ person, status }: Identity): boolean {
  return !!person && status !== 'loading'
}

/** The next state. Pure and total: an event that means nothing in a state leaves it as it is. */
export function transition(state: AuthState, event: AuthEvent): AuthState {
  const next = react(state, event)
  const { person, said } = state
  if (!person || !isChangeOfPerson(state, next))
    return next
  const left = new Map(state.left)
  // The provider may name another session of theirs than the token does.
  for (const known of [person, said]) {
    if (known?.sessionId && known.userId === person.userId)
      left.set(known.sessionId, next.person ? null : next.error)
  }
  return { ...next, left }
}

function react(state: AuthState, event: AuthEvent): AuthState {
  const { person, request } = state
  switch (event.type) {
    case 'session':
      return onSession(state, event.snapshot)
    case 'token':
      // Of who was there when it was asked for: who has come since is asked about anew.
      return person && request?.isBlind && person.userId !== event.token.person.userId
        ? { ...state, request: ask('token') }
        : onToken(state, event.token.person)
    case 'denied':
      return person && request?.isBlind
        ? { ...state, request: ask('token') }
        : becomeNobody(state, person ? diagnose('SESSION_ENDED') : null)
    case 'rejected':
      return becomeNobody(state, diagnose('TOKEN_REJECTED'))
    case 'signedOut':
      return becomeNobody(state, null)
    case 'failed':
      return backOff(state, event.error, event.retryAfterMs)
    case 'retry':
      // An attempt is brought forward once in a back-off step.
      return request?.status !== 'waiting' || (event.isEarly && request.isEarly)
        ? state
        : { ...state, request: { ...request, status: 'pending', isEarly: event.isEarly, isBlind: person === undefined } }
    case 'doubted':
      // Any answer clears it up, and there is one to whatever is under way.
      return request ? state : { ...state, request: ask('session') }
    case 'demand':
      return onDemand(state, event.isYoung)
    case 'overdue':
      // A user that a server found, and whose first token has not come: what the page shows stays, but it is not known whether it is still theirs.
      return state.status === 'authenticated' && request?.question === 'token' ? { ...state, status: 'loading' } as AuthState : { ...state, overdue: true }
    case 'authenticated':
    case 'refreshing':
      return hasToken(state) && state.status !== event.type ? { ...state, status: event.type } as AuthState : state
    default:
      event satisfies never
      return state
  }
}

function onSession(state: AuthState, snapshot: SessionSnapshot): AuthState {
  const { person, said, status, request, overdue } = state
  if (snapshot.status === 'signedOut')
    return becomeNobody({ ...state, said: null }, null)
  // Repeating a request whose answers say nothing would never end: the token endpoint answers definitely.
  if (snapshot.status === 'failed' && snapshot.isInconclusive)
    return request?.question === 'token' ? state : { ...state, request: { ...ask('token'), isBlind: person === undefined } }
  // Who is known stays known, and a token that is on its way will tell as well.
  if (snapshot.status === 'failed' && request?.question === 'session')
    return backOff(state, snapshot.error)
  if (snapshot.status !== 'signedIn')
    return state

  const { userId, sessionId } = snapshot
  const heard = { ...state, said: snapshot, request: request?.question === 'session' ? null : request }
  const isNews = said?.sessionId !== sessionId
  const denial = state.left.get(sessionId)
  if (person?.userId === userId) {
    // They were believed to be back on the word of an answer that was late.
    if (denial && status === 'loading')
      return becomeNobody(heard, denial)
    const described = { ...heard, person: isNews ? snapshot : { ...snapshot, sessionId: person.sessionId } } as AuthState
    return isNews && person.sessionId && person.sessionId !== sessionId
      // A token that is under way is of the previous session, and so is a back-off.
      ? { ...described, request: ask('token') }
      : described
  }
  if (!isNews || denial)
    return heard
  if (denial === null)
    return askForToken(heard)
  return askForToken({
    ...heard,
    status: 'loading',
    person: snapshot,
    error: null,
    // Learning who it is does not make the wait any shorter, and the token asked for at the first moment serves.
    overdue: overdue && status === 'loading',
    request: person === undefined ? request : null,
  })
}

function onToken(state: AuthState, { sessionId, ...token }: Person): AuthState {
  const { person, said } = state
  if (state.left.get(sessionId!))
    return person ? backOff(state, diagnose('TOKEN_INVALID')) : { ...state, request: null }
  const isSame = person?.userId === token.userId
  // Who knows more of them than the token.
  const known = isSame ? person : said?.userId === token.userId ? said : undefined
  const next = { ...token, session: null, ...known, sessionId: sessionId ?? known?.sessionId ?? null }
  const answered = { ...state, person: next, request: null, error: null }
  return isSame && hasToken(state) ? answered as AuthState : { ...answered, status: 'authenticating', refusals: 0 }
}

function onDemand(state: AuthState, isYoung?: boolean): AuthState {
  const REFUSALS_UNTIL_REJECTED = 6
  const refusals = isYoung && state.status === 'refreshing' ? state.refusals + 1 : 0
  if (refusals > REFUSALS_UNTIL_REJECTED)
    return becomeNobody(state, diagnose('TOKEN_REJECTED'))
  // The first refusal may be an accident; from the second on, tokens are asked for ever more slowly.
  return refusals > 1
    ? askForToken({ ...state, refusals, error: diagnose('TOKEN_REJECTED') }, refusals - 1)
    : askForToken({ ...state, refusals })
}

function becomeNobody(state: AuthState, error: Error | null): AuthState {
  // The first reason stands: a session that was denied is gone from the provider's answers as well.
  return { ...state, status: 'unauthenticated', person: null, request: null, error: state.person === null ? state.error : error }
}

function ask(question: ProviderRequest['question'], failures = 0): ProviderRequest {
  return { status: failures > 0 ? 'waiting' : 'pending', question, failures }
}

/** Demands for a token share what is under way, and none overtakes a back-off. */
function askForToken(state: AuthState, failures?: number): AuthState {
  return state.request?.question === 'token' ? state : { ...state, request: ask('token', failures) }
}

function backOff(state: AuthState, error: Error, retryAfterMs?: number): AuthState {
  const { person, request } = state
  return request?.status === 'pending'
    ? {
        ...state,
        error: person === null ? state.error : error,
        request: { ...request, status: 'waiting', failures: request.failures + 1, retryAfterMs },
      }
    : state
}
