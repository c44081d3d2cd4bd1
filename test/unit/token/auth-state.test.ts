import type { AuthEvent, AuthState, ConsecutiveRejections, Identity, ProviderRequest, TokenEffect } from '../../../src/token/auth-state.ts'
import type { SessionSnapshot } from '../../../src/token/token-source.ts'
import type { SignedInUser } from '../../../src/token/token.ts'
import { describe, expect, it } from 'vitest'
import { hasToken, initialAuthState, isIdentityChange, isTokenUsable, transition } from '../../../src/token/auth-state.ts'

type SignedIn = Extract<SessionSnapshot, { status: 'signedIn' }>
type Status = Identity['status']

const failure = new Error('no answer')

function nextState(state: AuthState, event: AuthEvent): AuthState {
  return transition(state, event).state
}

function session(userId: string, sessionId = `${userId}-1`): SignedIn {
  return { status: 'signedIn', userId, sessionId, user: { name: userId }, session: { id: sessionId } }
}

function user(userId: string, sessionId: string | null = `${userId}-1`): SignedInUser {
  return { id: userId, sessionId, profile: { name: userId }, session: { id: sessionId } }
}

function token(userId: string, sessionId: string | null = `${userId}-1`): AuthEvent {
  return { type: 'token', token: { value: `secret-of-${userId}`, user: { id: userId, sessionId, profile: { id: userId }, session: null }, lifetimeMs: 900_000, expiresAt: 1e12 } }
}

/** The session as a page remembers it. */
function key(userId: string, sessionId: string | null = `${userId}-1`): string {
  return JSON.stringify([userId, sessionId])
}

/** A session as Better Auth describes it. */
function described(user: object = {}, sessionData: object = {}): SignedIn {
  return { ...session('ada'), user: { id: 'ada', name: 'Ada', ...user }, session: { id: 'ada-1', activeOrganizationId: null, ...sessionData } }
}

function reports(snapshot: SessionSnapshot): AuthEvent {
  return { type: 'session', snapshot }
}

const MINUTE = 60_000
const tokenRequested: AuthEvent = { type: 'tokenRequested', rejectedAt: 0 }
/** A request for another token, after the deployment has rejected the current one at this time. */
const rejectedAt = (at: number): AuthEvent => ({ type: 'tokenRequested', rejectedAt: at })
const refresh: AuthEvent = { type: 'refresh', hasSession: true }
const due: AuthEvent = { type: 'retry', isEarly: false }
const wake: AuthEvent = { type: 'retry', isEarly: true }

/** The first state of a page. */
function boot(snapshot: SessionSnapshot, isHinted = false, serverUser?: SignedInUser | null): AuthState {
  return nextState(initialAuthState(isHinted, serverUser), reports(snapshot))
}

/** The state after a sequence of events on a page that has just loaded. */
function after(...events: AuthEvent[]): AuthState {
  return events.reduce(nextState, boot({ status: 'pending' }))
}

const adaAuthenticated = after(reports(session('ada')), token('ada'), { type: 'authenticated' })
const adaRefreshing = nextState(adaAuthenticated, { type: 'refreshing' })

const identities: Identity[] = [
  { status: 'loading', user: undefined },
  { status: 'loading', user: user('ada') },
  { status: 'unauthenticated', user: null },
  ...(['authenticating', 'authenticated', 'refreshing'] as const).map((status): Identity => ({ status, user: user('ada') })),
  { status: 'authenticated', user: user('ada', null) },
  { status: 'refreshing', user: { ...user('ada'), profile: null, session: null } },
]
const requests: (ProviderRequest | null)[] = [
  null,
  ...(['session', 'token'] as const).flatMap((question): ProviderRequest[] => [
    { status: 'pending', kind: question, failures: 0 },
    { status: 'pending', kind: question, failures: 3, isEarly: true },
    { status: 'waiting', kind: question, failures: 1, isEarly: false },
    { status: 'waiting', kind: question, failures: 2, isEarly: true },
    { status: 'waiting', kind: question, failures: 9, retryAfterMs: 5000 },
  ]),
  { status: 'pending', kind: 'session', failures: 0, isRefresh: true },
  { status: 'pending', kind: 'token', failures: 0, sentBeforeUserKnown: true },
]
function rejections(tokens: number): ConsecutiveRejections {
  return { userId: 'ada', count: tokens, firstAt: -5 * MINUTE, lastAt: -1000, isFinal: false }
}
const memories: Omit<AuthState, 'status' | 'user' | 'request'>[] = [
  { lastReportedSession: null, endedSessions: new Map(), consecutiveRejections: null, error: null, anonymousTimedOut: false },
  { lastReportedSession: null, endedSessions: new Map([[key('bea'), false]]), consecutiveRejections: rejections(1), error: failure, anonymousTimedOut: true },
  { lastReportedSession: user('ada'), endedSessions: new Map([[key('ada', 'ada-2'), true], [key('bea'), false]]), consecutiveRejections: rejections(5), error: null, anonymousTimedOut: true },
  { lastReportedSession: user('bea'), endedSessions: new Map([[key('bea'), true]]), consecutiveRejections: rejections(6), error: failure, anonymousTimedOut: false },
  { lastReportedSession: user('ada', null), endedSessions: new Map([[key('ada', null), false]]), consecutiveRejections: { ...rejections(7), isFinal: true }, error: failure, anonymousTimedOut: false },
]
/** Every shape of state that the type allows, reachable or not. */
const states: AuthState[] = identities.flatMap(identity => requests.flatMap(request => memories.map(memory => ({ ...identity, request, ...memory }))))

const events: AuthEvent[] = [
  reports({ status: 'pending' }),
  reports({ status: 'pending', mayBeSignedIn: true }),
  reports({ status: 'failed', error: failure }),
  reports({ status: 'failed', error: failure, isInconclusive: true }),
  reports({ status: 'signedOut' }),
  reports({ status: 'signedOut', error: failure }),
  reports(session('ada')),
  reports(session('ada', 'ada-2')),
  reports(session('bea')),
  reports(session('bea', 'ada-1')),
  reports({ ...session('ada'), sessionId: undefined }),
  reports({ ...session('bea'), sessionId: null }),
  reports({ ...session('ada'), user: { name: 'Ada L.' } }),
  tokenRequested,
  rejectedAt(10 * MINUTE),
  { type: 'tokenRequested' },
  refresh,
  { type: 'refresh', hasSession: false },
  token('ada'),
  token('ada', null),
  token('ada', 'ada-2'),
  token('bea'),
  { type: 'denied' },
  { type: 'failed', error: failure },
  { type: 'failed', error: failure, retryAfterMs: 60_000 },
  due,
  wake,
  { type: 'sessionCheckRequested' },
  { type: 'anonymousTimedOut' },
  { type: 'authenticated' },
  { type: 'refreshing' },
  { type: 'rejected', at: 0 },
  { type: 'rejected', at: 10 * MINUTE },
  { type: 'signedOut' },
]

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Error) && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}

/** Calls `check` for every event in every state. */
function forEveryTransition(
  check: (next: AuthState, state: AuthState, event: AuthEvent, token: TokenEffect) => void,
): void {
  for (const state of states) {
    for (const event of events) {
      const { state: next, token } = transition(deepFreeze(state), deepFreeze(event))
      try {
        check(next, state, event, token)
      }
      catch (cause) {
        throw new Error(`${JSON.stringify(event)} in ${JSON.stringify(state)} gives ${JSON.stringify(next)}`, { cause })
      }
    }
  }
}

describe('transition', () => {
  describe('every event in every state', () => {
    it('returns a well-formed state and does not change the previous one', () => {
      const statuses: Status[] = ['loading', 'unauthenticated', 'authenticating', 'authenticated', 'refreshing']
      forEveryTransition((next) => {
        const { status, user, request } = next
        const facts = {
          isStatus: statuses.includes(status),
          isUserOfStatus: status === 'unauthenticated'
            ? user === null
            : typeof user?.id === 'string' || (status === 'loading' && user === undefined),
          hasToken: hasToken(next) === ['authenticating', 'authenticated', 'refreshing'].includes(status),
          isRequest: request === null || (['pending', 'waiting'].includes(request.status) && request.failures >= 0),
          fields: Object.keys(next).sort().join() === 'anonymousTimedOut,consecutiveRejections,endedSessions,error,lastReportedSession,request,status,user',
        }
        const wrong = Object.entries(facts).filter(([, isRight]) => !isRight).map(([fact]) => fact)
        // Tens of thousands of expectations would take seconds.
        if (wrong.length > 0)
          expect(wrong).toEqual([])
      })
    })

    it('returns the same state for an unknown event', () => {
      for (const state of states)
        expect(nextState(state, { type: 'unheard of' } as never)).toBe(state)
    })

    it('signs out only at a definite answer', () => {
      forEveryTransition((next, state, event) => {
        if (next.user !== null || state.user === null)
          return
        const isDefinite = ['denied', 'signedOut'].includes(event.type) || (event.type === 'session' && event.snapshot.status === 'signedOut')
        const at = event.type === 'tokenRequested' ? event.rejectedAt : event.type === 'rejected' ? event.at : undefined
        const { consecutiveRejections: rejections } = state
        const isRefusedForLong = at !== undefined && (rejections?.isFinal || (rejections!.count >= 5 && at - rejections!.firstAt >= 5 * MINUTE))
        expect(isDefinite || isRefusedForLong).toBe(true)
      })
    })

    it('changes to another user only after a session or a token', () => {
      forEveryTransition((next, state, event) => {
        const userId = next.user?.id
        if (userId !== undefined && userId !== state.user?.id) {
          expect(['session', 'token']).toContain(event.type)
          expect(['loading', 'authenticating']).toContain(next.status)
        }
      })
    })

    it('becomes `authenticated` only after the deployment has confirmed the token', () => {
      forEveryTransition((next, state, event) => {
        if (next.status === 'authenticated' && state.status !== 'authenticated')
          expect(event.type).toBe('authenticated')
      })
    })

    it('becomes `authenticating` only with a token', () => {
      forEveryTransition((next, state, event) => {
        if (next.status === 'authenticating' && state.status !== 'authenticating')
          expect(event.type).toBe('token')
      })
    })

    it('starts no attempt in a back-off unless there is a retry, another session or a refresh', () => {
      forEveryTransition((next, state, event) => {
        if (state.request?.status !== 'waiting' || state.request.kind === 'session' || next.request?.status !== 'pending')
          return
        const isOtherSession = event.type === 'session' && (next.lastReportedSession?.id !== state.lastReportedSession?.id || next.lastReportedSession?.sessionId !== state.lastReportedSession?.sessionId)
        const isDue = event.type === 'retry' && !(event.isEarly && state.request.isEarly)
        const isPreviousUsers = event.type === 'token' && state.request.sentBeforeUserKnown
        expect(isOtherSession || isDue || isPreviousUsers || event.type === 'refresh').toBe(true)
      })
    })

    it('reports a token as usable only if the deployment has not rejected it', () => {
      forEveryTransition((next, state, event) => {
        if (isTokenUsable(next))
          expect(hasToken(next)).toBe(true)
        // After a rejection, only another token or a confirmation makes a token usable.
        if (state.status === 'refreshing' && !isTokenUsable(state) && isTokenUsable(next) && next.user?.id === state.user?.id)
          expect(['token', 'authenticated']).toContain(event.type)
      })
    })

    it('accepts a token only if its user is the current user afterwards', () => {
      forEveryTransition((next, state, event, token) => {
        if (token === 'accept' || token === 'replace') {
          expect(event.type === 'token' && event.token.user.id === next.user?.id && next.request === null).toBe(true)
          expect(token).toBe(isIdentityChange(state, next) ? 'replace' : 'accept')
        }
      })
    })

    it('keeps no token after an identity change, nor while the page is anonymous', () => {
      forEveryTransition((next, state, _event, token) => {
        if (token === 'keep' || token === 'accept')
          expect(next.user !== null && !isIdentityChange(state, next)).toBe(true)
        if (token === 'clear')
          expect(next.user === null || isIdentityChange(state, next)).toBe(true)
      })
    })

    it('holds no secret of a token', () => {
      forEveryTransition(next => expect(JSON.stringify(next)).not.toMatch(/secret|lifetimeMs/))
    })
  })

  describe('page load', () => {
    it('requests the session first, or a token if it is hinted that a user is signed in', () => {
      expect(boot({ status: 'pending' })).toMatchObject({ status: 'loading', request: { kind: 'session' } })
      expect(boot({ status: 'pending' }, true)).toMatchObject({ status: 'loading', request: { kind: 'token' } })
    })

    it('requests nothing if the provider has reported no session, even with a hint', () => {
      expect(boot({ status: 'signedOut' }, true)).toMatchObject({ status: 'unauthenticated', error: null, request: null })
    })

    it('has the reason of a failed sign-in as its error, until a user signs in', () => {
      const signedOut = reports({ status: 'signedOut', error: failure })
      for (const before of [boot({ status: 'pending' }), boot({ status: 'pending' }, true, null)]) {
        const refused = nextState(before, signedOut)
        expect(refused).toMatchObject({ status: 'unauthenticated', error: failure })
        expect(nextState(refused, reports({ status: 'signedOut' })).error).toBe(failure)
        expect(nextState(refused, reports(session('ada'))).error).toBeNull()
      }
    })

    it('starts with the user that a server found', () => {
      expect(boot({ status: 'pending' }, true, user('ada'))).toMatchObject({ status: 'authenticated', user: { id: 'ada' }, request: null })
      expect(boot({ status: 'pending' }, true, null)).toMatchObject({ status: 'unauthenticated', error: null, request: null })
    })

    it('requests a token once the session identifies a user', () => {
      expect(after(reports(session('ada')))).toMatchObject({ status: 'loading', user: { id: 'ada' }, request: { status: 'pending', kind: 'token' } })
    })

    it('keeps the first token request when the session identifies a user', () => {
      const hinted = boot({ status: 'pending' }, true)
      expect(nextState(hinted, reports(session('ada'))).request).toBe(hinted.request)
    })

    it('does not restart the time-out when the session identifies the user', () => {
      expect(after({ type: 'anonymousTimedOut' }, reports(session('ada')))).toMatchObject({ status: 'loading', anonymousTimedOut: true })
      expect(after(reports(session('ada')), reports(session('bea')))).toMatchObject({ status: 'loading', anonymousTimedOut: false })
    })

    it('restarts the time-out for a user who signs in later', () => {
      expect(after({ type: 'anonymousTimedOut' }, reports({ status: 'signedOut' }), reports(session('ada')))).toMatchObject({ status: 'loading', anonymousTimedOut: false })
    })
  })

  describe('a token that was requested before the user was known', () => {
    const reported = nextState(boot({ status: 'pending' }, true), reports(session('bea')))

    it('is accepted if it is the known user\'s', () => {
      expect(nextState(reported, token('bea'))).toMatchObject({ status: 'authenticating', user: { id: 'bea' }, request: null })
    })

    it('is requested again if it is another user\'s, and the second answer counts', () => {
      const again = nextState(reported, token('ada'))
      expect(again).toMatchObject({ status: 'loading', user: { id: 'bea' }, request: { status: 'pending', kind: 'token', failures: 0 } })
      expect(again.request).not.toBe(reported.request)
      expect(nextState(again, token('bea'))).toMatchObject({ status: 'authenticating', user: { id: 'bea' }, request: null })
      expect(nextState(again, token('ada'))).toMatchObject({ status: 'authenticating', user: { id: 'ada' }, request: null })
    })
  })

  describe('an answer that contains nothing new', () => {
    it.each([
      ['a session of the same user', adaAuthenticated, reports(session('ada'))],
      ['a session in a new object while the token is rejected', adaRefreshing, reports(structuredClone(session('ada')))],
      ['pending', adaAuthenticated, reports({ status: 'pending' })],
      ['a failure', adaAuthenticated, reports({ status: 'failed', error: failure })],
    ])('causes no request: %s', (_name, state, event) => {
      const next = nextState(state, event)
      expect(next.request).toBe(state.request)
      expect(next.status).toBe(state.status)
      expect(next.user?.id).toBe('ada')
    })

    it('does not restore a user who has signed out', () => {
      const signedOut = nextState(adaAuthenticated, { type: 'signedOut' })
      const reported = nextState(signedOut, reports(session('ada')))
      expect(reported).toMatchObject({ status: 'unauthenticated', user: null, request: { kind: 'token' } })
      expect(nextState(reported, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', error: null, request: null })
    })

    it('does not replace the user of a more recent token, but causes a token request', () => {
      const bea = nextState(adaAuthenticated, token('bea'))
      const reported = nextState(bea, reports(session('ada')))
      expect(reported).toMatchObject({ user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
      expect(nextState(reported, token('bea'))).toMatchObject({ user: { id: 'bea' }, request: null })
      expect(nextState(reported, token('ada'))).toMatchObject({ status: 'authenticating', user: { id: 'ada' } })
    })
  })

  describe('an ended session', () => {
    const bea = nextState(adaAuthenticated, token('bea'))

    it('causes a token request when it is reported again, and does not replace the user yet', () => {
      const backAndForth = [reports(session('bea')), reports(session('ada'))].reduce(nextState, bea)
      expect(backAndForth).toMatchObject({ user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
    })

    it('becomes current again with a token', () => {
      const back = [reports(session('bea')), reports(session('ada')), token('ada')].reduce(nextState, bea)
      expect(back).toMatchObject({ status: 'authenticating', user: { id: 'ada', profile: { name: 'ada' } } })
    })

    it('requests a token when the provider reports it again after a sign-out', () => {
      const again = [reports({ status: 'signedOut' }), reports(session('ada'))].reduce(nextState, adaAuthenticated)
      expect(again).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
    })

    it('requests a token also if the user\'s latest token contained another session id', () => {
      const renewed = nextState(adaAuthenticated, token('ada', 'ada-2'))
      expect(renewed).toMatchObject({ user: { sessionId: 'ada-2' }, lastReportedSession: { sessionId: 'ada-1' } })
      const again = [reports({ status: 'signedOut' }), reports(session('ada'))].reduce(nextState, renewed)
      expect(again).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
    })

    it('requests a token for a report without a session id, which may be of any session', () => {
      const signedOut = nextState(after(token('ada'), { type: 'authenticated' }), { type: 'signedOut' })
      const reported = nextState(signedOut, reports({ ...session('ada'), sessionId: null }))
      expect(reported).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
    })

    it('causes a token request if it is reported after another session of the user has replaced it', () => {
      const events = [token('ada', 'ada-2'), { type: 'signedOut' } as const, reports(session('ada', 'ada-1'))]
      const page = boot({ status: 'pending' }, false, user('ada', 'ada-1'))
      const reported = events.reduce(nextState, page)
      expect(reported).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
    })

    it('causes a token request if it is reported again, however many sessions came after it', () => {
      const zoe = [reports(session('bea')), reports(session('cid')), reports(session('zoe'))].reduce(nextState, bea)
      expect(nextState(zoe, reports(session('ada')))).toMatchObject({ user: { id: 'zoe' } })
    })
  })

  describe('a denial', () => {
    const denied = nextState(adaAuthenticated, { type: 'denied' })

    it('signs out with the error SESSION_ENDED', () => {
      expect(denied).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' }, request: null })
    })

    it('sets no error on a page without a known user', () => {
      expect(after({ type: 'denied' })).toMatchObject({ status: 'unauthenticated', user: null, error: null })
    })

    it('rejects further tokens of that session', () => {
      const again = [{ type: 'tokenRequested' } as const, token('ada')].reduce(nextState, denied)
      expect(again).toMatchObject({ status: 'unauthenticated', user: null, request: null })
    })

    it('rejects tokens of that session after another user has signed in and out', () => {
      const later = [reports(session('bea')), token('bea'), reports({ status: 'signedOut' }), token('ada')].reduce(nextState, denied)
      expect(later).toMatchObject({ status: 'unauthenticated', request: null })
    })

    // Providers with one session id for all sessions sign the same user in again with it.
    it.each([
      ['after it has said that there is none', [reports({ status: 'signedOut' }), reports(session('ada'))]],
      ['at once', [reports(session('ada'))]],
    ])('accepts a token once the provider has reported the session again: %s', (_name, answers) => {
      const reported = answers.reduce(nextState, denied)
      expect(reported).toMatchObject({ status: 'unauthenticated', user: null, request: { status: 'pending', kind: 'token' } })
      expect(nextState(reported, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' }, request: null })
      expect(nextState(reported, token('ada'))).toMatchObject({ status: 'authenticating', user: { id: 'ada' } })
    })

    it('does not affect another user with the same session id', () => {
      const reported = nextState(denied, reports(session('bea', 'ada-1')))
      expect(reported).toMatchObject({ status: 'loading', user: { id: 'bea' }, error: null, request: { kind: 'token' } })
      expect(nextState(reported, token('bea', 'ada-1'))).toMatchObject({ status: 'authenticating', user: { id: 'bea' } })
    })

    it('is remembered only with a session id, since it could affect the next session otherwise', () => {
      const withoutId = after(reports({ ...session('ada'), sessionId: undefined }), token('ada', null), { type: 'authenticated' }, { type: 'denied' })
      expect(withoutId).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
      expect(nextState(withoutId, token('ada', null))).toMatchObject({ status: 'authenticating', user: { id: 'ada', sessionId: null } })
    })

    it('lets the same user sign in with another session', () => {
      expect(nextState(denied, reports(session('ada', 'ada-2')))).toMatchObject({ status: 'loading', user: { id: 'ada' }, error: null, request: { kind: 'token' } })
    })

    it('keeps its error when the provider reports the sign-out too', () => {
      expect(nextState(denied, reports({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
    })
  })

  describe('a token of a denied session', () => {
    const bea = [{ type: 'denied' } as const, reports(session('bea')), token('bea'), { type: 'authenticated' } as const].reduce(nextState, adaAuthenticated)

    it('counts as a failed attempt of the current user', () => {
      const requesting = nextState(bea, tokenRequested)
      expect(nextState(requesting, token('ada'))).toMatchObject({ status: 'authenticated', user: { id: 'bea' }, request: { status: 'waiting' } })
    })

    it('counts as a failed attempt if the user has no token yet', () => {
      const coming = [{ type: 'denied' } as const, reports(session('bea'))].reduce(nextState, adaAuthenticated)
      expect(nextState(coming, token('ada'))).toMatchObject({ status: 'loading', user: { id: 'bea' }, request: { status: 'waiting' } })
    })

    it('ends the token request of an anonymous page without signing in', () => {
      const requesting = [{ type: 'denied' } as const, { type: 'tokenRequested' } as const].reduce(nextState, adaAuthenticated)
      expect(nextState(requesting, token('ada'))).toMatchObject({ status: 'unauthenticated', request: null })
    })

    it('is accepted again once its session has been reported, even if the user has another one', () => {
      const elsewhere = nextState(bea, token('ada', 'ada-2'))
      const reported = nextState(elsewhere, reports(session('ada')))
      expect(reported).toMatchObject({ user: { id: 'ada', sessionId: 'ada-1' }, request: { status: 'pending', kind: 'token' } })
      expect(nextState(reported, token('ada'))).toMatchObject({ user: { id: 'ada', sessionId: 'ada-1' }, request: null })
    })
  })

  describe('tokenRequested', () => {
    it('requests a token unless a request is under way', () => {
      const requesting = nextState(adaAuthenticated, { type: 'tokenRequested' })
      expect(requesting).toEqual({ ...adaAuthenticated, request: expect.objectContaining({ status: 'pending', kind: 'token' }) })
      expect(nextState(requesting, { type: 'tokenRequested' }).request).toBe(requesting.request)
      expect(after(reports({ status: 'signedOut' }), { type: 'tokenRequested' })).toMatchObject({ status: 'unauthenticated', request: { kind: 'token' } })
    })

    it('sets no error on an anonymous page if it is denied', () => {
      const requesting = after(reports({ status: 'signedOut' }), { type: 'tokenRequested' }, { type: 'failed', error: failure })
      expect(requesting).toMatchObject({ status: 'unauthenticated', error: null, request: { status: 'waiting' } })
    })
  })

  describe('a session report after tokenRequested', () => {
    it('changes the identity even if it equals the previous report', () => {
      const back = [{ type: 'tokenRequested' } as const, token('ada')].reduce(nextState, after(reports({ status: 'signedOut' })))
      expect(back).toMatchObject({ status: 'authenticating', user: { id: 'ada' } })
      expect(nextState(back, reports({ status: 'signedOut' })).status).toBe('unauthenticated')
    })
  })

  describe('another session of the same user', () => {
    it('keeps the user and requests a token of that session', () => {
      expect(nextState(adaAuthenticated, reports(session('ada', 'ada-2')))).toMatchObject({
        status: 'authenticated',
        user: { id: 'ada', sessionId: 'ada-2' },
        request: { status: 'pending', kind: 'token' },
      })
    })

    it.each([
      ['while a token is being renewed', nextState(adaAuthenticated, tokenRequested)],
      ['before the first token', after(reports(session('ada')))],
    ])('does not reuse the request of the previous session: %s', (_name, state) => {
      const next = nextState(state, reports(session('ada', 'ada-2')))
      expect(next.request).toMatchObject({ status: 'pending' })
      expect(next.request).not.toBe(state.request)
    })

    it('does not wait for the back-off of the previous session', () => {
      const waiting = [tokenRequested, { type: 'failed', error: failure, retryAfterMs: 86_400_000 } as const].reduce(nextState, adaAuthenticated)
      expect(nextState(waiting, reports(session('ada', 'ada-2'))).request).toEqual({ status: 'pending', kind: 'token', failures: 0, sentBeforeUserKnown: false })
    })

    it('starts without the rejections of the previous session', () => {
      const rejectedState = [tokenRequested, token('ada'), tokenRequested].reduce(nextState, adaRefreshing)
      expect(rejectedState.consecutiveRejections?.count).toBe(2)
      expect(nextState(rejectedState, reports(session('ada', 'ada-2'))).consecutiveRejections).toBeNull()
    })

    it('keeps the session id of a token when the provider repeats an older report', () => {
      const rotated = [token('ada', 'ada-2'), reports(session('ada'))].reduce(nextState, adaAuthenticated)
      expect(rotated).toMatchObject({ status: 'authenticated', user: { sessionId: 'ada-2' }, request: null })
      const denied = nextState(rotated, { type: 'denied' })
      const reported = nextState(denied, reports(session('ada', 'ada-2')))
      expect(reported).toMatchObject({ status: 'unauthenticated', user: null, request: { kind: 'token' } })
      expect(nextState(reported, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', request: null })
    })

    it('accepts a token without a session id', () => {
      const next = [token('ada', null), { type: 'authenticated' } as const, reports(session('ada'))].reduce(nextState, after(reports({ status: 'pending' })))
      expect(next).toMatchObject({ status: 'authenticated', user: { sessionId: 'ada-1' }, request: null })
    })
  })

  describe('another user under a known session id', () => {
    it.each([
      ['the same id', session('bea', 'ada-1')],
      ['no id', { ...session('bea'), sessionId: undefined }],
    ])('is an identity change in the same tick: %s', (_name, snapshot) => {
      const known = after(reports({ ...session('ada'), sessionId: snapshot.sessionId }), token('ada', null), { type: 'authenticated' })
      const next = nextState(known, reports(snapshot))
      expect(next).toMatchObject({ status: 'loading', user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
      expect(isIdentityChange(known, next)).toBe(true)
    })

    it('remembers the session of the previous user as ended', () => {
      const bea = [reports(session('bea', 'ada-1')), token('bea', 'ada-1'), { type: 'authenticated' } as const].reduce(nextState, adaAuthenticated)
      expect(bea.endedSessions.get(key('ada'))).toBe(false)
      expect(nextState(bea, reports(session('ada')))).toMatchObject({ user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
    })
  })

  describe('session data', () => {
    const known = [reports(described()), { type: 'authenticated' } as const].reduce(nextState, after(reports({ status: 'pending' }), token('ada')))

    it('cause no request when they are first reported after a token', () => {
      expect(known).toMatchObject({ status: 'authenticated', user: { profile: { name: 'Ada' } }, request: null })
    })

    it.each([
      ['the user\'s name', described({ name: 'Ada L.' })],
      ['the active organization', described({}, { activeOrganizationId: 'org' })],
      ['a field that has come', described({ role: 'admin' })],
      ['a field in a field', described({ roles: ['admin'] })],
    ])('request another token if they change, and keep the user: %s', (_name, snapshot) => {
      const next = nextState(known, reports(snapshot))
      expect(next).toMatchObject({ status: 'authenticated', user: { profile: snapshot.user }, request: { status: 'pending', kind: 'token', failures: 0 } })
      expect(nextState(nextState(next, token('ada')), reports(structuredClone(snapshot))).request).toBeNull()
    })

    it.each([
      ['nothing at all', structuredClone(described())],
      ['only the order of the fields', { ...described(), user: { name: 'Ada', id: 'ada' } }],
      ['only when the session ends, since a provider moves that on by itself', described({}, { expiresAt: new Date(2), updatedAt: new Date(1) })],
      ['only when the user was last written', described({ updatedAt: new Date(1) })],
    ])('cause no request if only this changes: %s', (_name, snapshot) => {
      expect(nextState(known, reports(snapshot)).request).toBeNull()
    })

    it('are not compared if a token cannot contain them', () => {
      const cycle: Record<string, unknown> = {}
      cycle.self = cycle
      expect(nextState(known, reports(described({ cycle }))).request).toBeNull()
      expect(nextState(known, reports(described({ big: 1n }))).request).toBeNull()
    })

    it('request another token if they change during a token request', () => {
      const requesting = nextState(known, { type: 'tokenRequested' })
      const next = nextState(requesting, reports(described({ name: 'Ada L.' })))
      expect(next.request).toMatchObject({ status: 'pending', kind: 'token' })
      expect(next.request).not.toBe(requesting.request)
    })

    it('do not cut a back-off short if they change', () => {
      const waiting = [{ type: 'tokenRequested' } as const, { type: 'failed', error: failure } as const].reduce(nextState, known)
      expect(nextState(waiting, reports(described({ name: 'Ada L.' }))).request).toBe(waiting.request)
    })
  })

  describe('a refresh', () => {
    const request = { status: 'pending', kind: 'session', failures: 0, sentBeforeUserKnown: false, isRefresh: true }

    it.each([
      ['nothing is under way', adaAuthenticated],
      ['a token is under way, which may have the previous claims', nextState(adaAuthenticated, { type: 'tokenRequested' })],
      ['an attempt is to be made in an hour', [{ type: 'tokenRequested' } as const, { type: 'failed', error: failure, retryAfterMs: 3_600_000 } as const].reduce(nextState, adaAuthenticated)],
    ])('requests the session and then a token, and keeps the user: %s', (_name, state) => {
      const next = nextState(state, refresh)
      expect(next).toEqual({ ...state, request })
      for (const answer of [reports(session('ada')), reports({ ...session('ada'), user: { name: 'Ada L.' } }), reports(session('ada', 'ada-2'))])
        expect(nextState(next, answer)).toMatchObject({ status: 'authenticated', request: { status: 'pending', kind: 'token', failures: 0 } })
    })

    it('requests a token also if the session request fails', () => {
      for (const answer of [reports({ status: 'failed', error: failure }), { type: 'failed', error: failure } as const]) {
        const next = [refresh, answer].reduce(nextState, adaAuthenticated)
        expect(next).toMatchObject({ status: 'authenticated', error: null })
        expect(next.request).toEqual({ status: 'pending', kind: 'token', failures: 0, sentBeforeUserKnown: false })
      }
    })

    it('requests a token at once if the provider has no `refresh`', () => {
      expect(nextState(adaAuthenticated, { type: 'refresh', hasSession: false }).request).toEqual({ status: 'pending', kind: 'token', failures: 0, sentBeforeUserKnown: false })
    })

    it('requests a token for an anonymous page only if there is a session', () => {
      const anonymous = nextState(after(reports({ status: 'signedOut' })), refresh)
      expect(nextState(anonymous, reports({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', request: null })
      expect(nextState(anonymous, reports(session('ada')))).toMatchObject({ status: 'loading', user: { id: 'ada' }, request: { kind: 'token' } })
    })
  })

  describe('sessionCheckRequested', () => {
    const checkRequested: AuthEvent = { type: 'sessionCheckRequested' }
    const request = { status: 'pending', kind: 'session', failures: 0, sentBeforeUserKnown: false }

    it.each([['a user', adaAuthenticated], ['anonymous', after(reports({ status: 'signedOut' }))]])('keeps the identity until the provider has answered: %s', (_name, state) => {
      const next = nextState(state, checkRequested)
      expect(next).toEqual({ ...state, request })
      expect(nextState(next, reports({ status: 'failed', error: failure }))).toMatchObject({ status: state.status, request: { status: 'waiting', kind: 'session', failures: 1 } })
    })

    it('ends at any definite answer of the provider', () => {
      const waiting = [checkRequested, reports({ status: 'failed', error: failure })].reduce(nextState, adaAuthenticated)
      for (const state of [nextState(adaAuthenticated, checkRequested), waiting]) {
        expect(nextState(state, reports(session('ada')))).toMatchObject({ status: 'authenticated', request: null })
        expect(nextState(state, reports({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', request: null })
        expect(nextState(state, token('ada'))).toMatchObject({ status: 'authenticated', request: null })
        for (const change of [reports(session('bea')), reports(session('ada', 'ada-2'))])
          expect(nextState(state, change)).toMatchObject({ request: { status: 'pending', kind: 'token', failures: 0 } })
      }
    })

    it('starts no request while another one is under way or backs off', () => {
      const requesting = nextState(adaAuthenticated, tokenRequested)
      expect(nextState(requesting, checkRequested)).toBe(requesting)
      const waiting = [checkRequested, reports({ status: 'failed', error: failure })].reduce(nextState, adaAuthenticated)
      expect(nextState(waiting, checkRequested)).toBe(waiting)
    })
  })

  describe('an inconclusive session', () => {
    const inconclusive = reports({ status: 'failed', error: failure, isInconclusive: true })

    it('keeps the user and requests a token', () => {
      const next = nextState(adaAuthenticated, inconclusive)
      expect(next).toMatchObject({ status: 'authenticated', request: { status: 'pending', kind: 'token' } })
      expect(nextState(next, token('ada'))).toMatchObject({ status: 'authenticated', request: null })
      expect(nextState(next, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
    })

    it('starts a token request if a session request is backing off', () => {
      const waiting = [{ type: 'sessionCheckRequested' } as const, reports({ status: 'failed', error: failure })].reduce(nextState, adaAuthenticated)
      expect(nextState(waiting, inconclusive).request).toMatchObject({ status: 'pending', kind: 'token' })
    })

    it('does not interrupt a token request or its back-off', () => {
      const requesting = nextState(adaAuthenticated, tokenRequested)
      expect(nextState(requesting, inconclusive)).toBe(requesting)
      const waiting = nextState(requesting, { type: 'failed', error: failure })
      expect(nextState(waiting, inconclusive)).toBe(waiting)
    })

    it('causes a token request whose token is ignored if another user is reported meanwhile', () => {
      const bea = after(inconclusive, reports(session('bea')))
      expect(nextState(bea, token('ada'))).toMatchObject({ status: 'loading', user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
    })
  })

  describe('a failure', () => {
    const requesting = nextState(adaAuthenticated, tokenRequested)
    const failed: AuthEvent = { type: 'failed', error: failure }

    it('keeps the identity and backs off', () => {
      expect(nextState(requesting, failed)).toEqual({ ...adaAuthenticated, error: failure, request: expect.objectContaining({ status: 'waiting', failures: 1 }) })
    })

    it('is ignored if no request is under way', () => {
      expect(nextState(adaAuthenticated, failed)).toBe(adaAuthenticated)
    })

    it('counts the failures until there is an answer', () => {
      const failedThrice = [failed, due, failed, due, failed].reduce(nextState, requesting)
      expect(failedThrice.request?.failures).toBe(3)
      const answered = [due, token('ada'), tokenRequested].reduce(nextState, failedThrice)
      expect(answered.request?.failures).toBe(0)
    })

    it('keeps its error until a retry succeeds', () => {
      const again = [failed, due].reduce(nextState, requesting)
      expect(again).toMatchObject({ error: failure, request: { status: 'pending' } })
      expect(nextState(again, token('ada')).error).toBeNull()
    })

    it('is retried at once when the page wakes, once in each back-off step', () => {
      const woken = [failed, wake].reduce(nextState, requesting)
      expect(woken.request).toMatchObject({ status: 'pending', failures: 1 })
      expect(nextState(woken, wake)).toBe(woken)
      const failedAgain = nextState(woken, failed)
      expect(nextState(failedAgain, wake)).toBe(failedAgain)
      const nextStep = [due, failed].reduce(nextState, failedAgain)
      expect(nextState(nextStep, wake).request).toMatchObject({ status: 'pending' })
    })

    it('is retried early only once if the provider asks for a delay and the page wakes twice', () => {
      const delayed = nextState(requesting, { ...failed, retryAfterMs: 60_000 })
      expect(delayed.request).toMatchObject({ status: 'waiting', retryAfterMs: 60_000 })
      const woken = nextState(delayed, wake)
      expect(woken.request).toMatchObject({ status: 'pending', failures: 1, isEarly: true })
      const delayedAgain = nextState(woken, { ...failed, retryAfterMs: 60_000 })
      expect(nextState(delayedAgain, wake)).toBe(delayedAgain)
    })
  })

  describe('a rejected token', () => {
  /** The deployment rejects one token after another, each at its time. */
    function reject(state: AuthState, ...times: number[]): AuthState {
      return times.reduce((next, at) => [rejectedAt(at), due, token('ada')].reduce(nextState, next), state)
    }

    it('is replaced at once the first time, then after growing delays', () => {
      let state = nextState(adaRefreshing, tokenRequested)
      expect(state).toMatchObject({ error: null, request: { status: 'pending' } })
      for (const failures of [1, 2, 3, 4, 5]) {
        state = [token('ada'), tokenRequested].reduce(nextState, state)
        expect(state).toMatchObject({ error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', failures } })
        state = nextState(state, due)
      }
    })

    it('is not sent again, and counts once however often a token is requested', () => {
      const requesting = nextState(adaRefreshing, tokenRequested)
      expect([adaRefreshing, requesting, nextState(requesting, token('ada'))].map(isTokenUsable)).toEqual([true, false, true])
      expect(nextState(requesting, tokenRequested)).toBe(requesting)
    })

    it('signs out only after six rejections and five minutes', () => {
      const ends = (...times: number[]): boolean => reject(adaRefreshing, ...times).status !== 'refreshing'
      expect(ends(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)).toBe(false)
      expect(ends(0, 2.4 * MINUTE, 4.8 * MINUTE, 7 * MINUTE, 9 * MINUTE)).toBe(false)
      expect(ends(0, MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE, 5 * MINUTE - 1)).toBe(false)
      expect(nextState(reject(adaRefreshing, 0, MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE), rejectedAt(5 * MINUTE)))
        .toMatchObject({ status: 'unauthenticated', user: null, error: { code: 'TOKEN_REJECTED' } })
    })

    it('does not count the time in which the page slept, was offline or was authenticated', () => {
      const before = reject(adaRefreshing, 0, 1000, 2000, 3000, 4000, 5000)
      expect(nextState(before, rejectedAt(60 * MINUTE))).toMatchObject({ status: 'refreshing', consecutiveRejections: { count: 1 } })
    })

    it('requests a token for another client if the current client has ended', () => {
      const sent = nextState(adaRefreshing, { type: 'rejected', at: 0 })
      expect(sent).toMatchObject({ status: 'refreshing', consecutiveRejections: { count: 1 }, request: { status: 'pending', kind: 'token' } })
      expect([token('ada'), { type: 'rejected', at: 1 } as const].reduce(nextState, sent))
        .toMatchObject({ status: 'refreshing', error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', failures: 1 } })
    })

    it('is ignored if the page has no token', () => {
      for (const state of [after(reports({ status: 'signedOut' })), after(reports(session('ada')))])
        expect(nextState(state, { type: 'rejected', at: 0 })).toBe(state)
    })

    it('does not count once it has expired', () => {
      let state = adaRefreshing
      for (let wakes = 0; wakes < 20; wakes++)
        state = [{ type: 'tokenRequested' } as const, token('ada'), { type: 'authenticated' } as const, { type: 'refreshing' } as const].reduce(nextState, state)
      expect(state).toMatchObject({ status: 'refreshing', user: { id: 'ada' } })
    })

    it('is forgotten after a renewal that the deployment accepts', () => {
      let state = adaRefreshing
      for (let minutes = 0; minutes < 20; minutes++) {
        const renewal = [{ type: 'authenticated' } as const, { type: 'tokenRequested' } as const, token('ada'), { type: 'refreshing' } as const]
        state = [rejectedAt(minutes * MINUTE), token('ada'), ...renewal].reduce(nextState, state)
      }
      expect(state).toMatchObject({ status: 'refreshing', user: { id: 'ada' } })
    })

    it('does not count for the next user', () => {
      const rejectedState = reject(adaRefreshing, 0, MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE)
      const state = [token('bea'), { type: 'refreshing' } as const, rejectedAt(5 * MINUTE)].reduce(nextState, rejectedState)
      expect(state).toMatchObject({ status: 'refreshing', user: { id: 'bea' }, request: { status: 'pending' } })
    })
  })

  describe('a user who was signed out by rejections', () => {
    const times = [0, 1, 2, 3, 4, 5].map(minutes => minutes * MINUTE)
    const rejected = times.reduce((next, at) => [rejectedAt(at), due, token('ada')].slice(0, at === times.at(-1) ? 1 : 3).reduce(nextState, next), adaRefreshing)

    it('is anonymous, while a token is requested every five minutes', () => {
      expect(rejected).toMatchObject({ status: 'unauthenticated', user: null, error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', kind: 'token', retryAfterMs: 5 * MINUTE } })
    })

    it.each([['after the back-off', due], ['when the page wakes', wake]])('is signed in again with an accepted token: %s', (_name, retry) => {
      const back = [retry, token('ada')].reduce(nextState, rejected)
      expect(back).toMatchObject({ status: 'authenticating', user: { id: 'ada' }, error: null })
      expect(nextState(back, { type: 'authenticated' })).toMatchObject({ status: 'authenticated', consecutiveRejections: null })
    })

    it('is anonymous again after the next rejection', () => {
      const again = [due, token('ada'), { type: 'refreshing' } as const, rejectedAt(10 * MINUTE)].reduce(nextState, rejected)
      expect(again).toMatchObject({ status: 'unauthenticated', error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', retryAfterMs: 5 * MINUTE } })
    })

    it('is known again at once with another session, without the previous rejections', () => {
      expect(nextState(rejected, reports(session('ada', 'ada-2')))).toMatchObject({ status: 'loading', user: { id: 'ada' }, error: null, consecutiveRejections: null, request: { status: 'pending', kind: 'token' } })
    })

    it('requests a token at once, without a back-off, after a refresh', () => {
      const requesting = nextState(rejected, refresh)
      expect(nextState(requesting, reports(session('ada')))).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
    })

    it('has no request once the provider reports the sign-out', () => {
      expect(nextState(rejected, reports({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', request: null })
    })
  })
})

describe('isIdentityChange', () => {
  const loading: Identity = { status: 'loading', user: undefined }
  const anonymous: Identity = { status: 'unauthenticated', user: null }
  const ada: Identity = { status: 'authenticated', user: user('ada') }
  const bea: Identity = { status: 'loading', user: user('bea') }

  it('is true from one known identity to another, anonymous included', () => {
    expect([[ada, bea], [ada, anonymous], [anonymous, ada]].map(([from, to]) => isIdentityChange(from!, to!))).toEqual([true, true, true])
  })

  it('is false for the first answer and for the same user', () => {
    const refreshing: Identity = { status: 'refreshing', user: user('ada', 'ada-2') }
    expect([[loading, ada], [loading, anonymous], [ada, refreshing], [anonymous, anonymous]].map(([from, to]) => isIdentityChange(from!, to!)))
      .toEqual([false, false, false, false])
  })
})
