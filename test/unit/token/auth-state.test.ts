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

/** What a page remembers a session by. */
function key(userId: string, sessionId: string | null = `${userId}-1`): string {
  return JSON.stringify([userId, sessionId])
}

/** A session as Better Auth describes it. */
function described(user: object = {}, sessionData: object = {}): SignedIn {
  return { ...session('ada'), user: { id: 'ada', name: 'Ada', ...user }, session: { id: 'ada-1', activeOrganizationId: null, ...sessionData } }
}

function hears(snapshot: SessionSnapshot): AuthEvent {
  return { type: 'session', snapshot }
}

const MINUTE = 60_000
const demand: AuthEvent = { type: 'tokenRequested', rejectedAt: 0 }
/** A demand for the token after one that was refused at this time. */
const refusedAt = (at: number): AuthEvent => ({ type: 'tokenRequested', rejectedAt: at })
const refresh: AuthEvent = { type: 'refresh', hasSession: true }
const due: AuthEvent = { type: 'retry', isEarly: false }
const woke: AuthEvent = { type: 'retry', isEarly: true }

/** The first state of a page. */
function boot(snapshot: SessionSnapshot, isHinted = false, handedOver?: SignedInUser | null): AuthState {
  return nextState(initialAuthState(isHinted, handedOver), hears(snapshot))
}

/** A state after a walk of events from a page that has just loaded. */
function after(...events: AuthEvent[]): AuthState {
  return events.reduce(nextState, boot({ status: 'pending' }))
}

const adaAuthenticated = after(hears(session('ada')), token('ada'), { type: 'authenticated' })
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
function refusals(tokens: number): ConsecutiveRejections {
  return { userId: 'ada', count: tokens, firstAt: -5 * MINUTE, lastAt: -1000, isFinal: false }
}
const memories: Omit<AuthState, 'status' | 'user' | 'request'>[] = [
  { lastReportedSession: null, endedSessions: new Map(), consecutiveRejections: null, error: null, anonymousTimedOut: false },
  { lastReportedSession: null, endedSessions: new Map([[key('bea'), false]]), consecutiveRejections: refusals(1), error: failure, anonymousTimedOut: true },
  { lastReportedSession: user('ada'), endedSessions: new Map([[key('ada', 'ada-2'), true], [key('bea'), false]]), consecutiveRejections: refusals(5), error: null, anonymousTimedOut: true },
  { lastReportedSession: user('bea'), endedSessions: new Map([[key('bea'), true]]), consecutiveRejections: refusals(6), error: failure, anonymousTimedOut: false },
  { lastReportedSession: user('ada', null), endedSessions: new Map([[key('ada', null), false]]), consecutiveRejections: { ...refusals(7), isFinal: true }, error: failure, anonymousTimedOut: false },
]
/** Every shape of state that the type allows, reachable or not. */
const states: AuthState[] = identities.flatMap(identity => requests.flatMap(request => memories.map(memory => ({ ...identity, request, ...memory }))))

const events: AuthEvent[] = [
  hears({ status: 'pending' }),
  hears({ status: 'pending', mayBeSignedIn: true }),
  hears({ status: 'failed', error: failure }),
  hears({ status: 'failed', error: failure, isInconclusive: true }),
  hears({ status: 'signedOut' }),
  hears(session('ada')),
  hears(session('ada', 'ada-2')),
  hears(session('bea')),
  hears(session('bea', 'ada-1')),
  hears({ ...session('ada'), sessionId: undefined }),
  hears({ ...session('bea'), sessionId: null }),
  hears({ ...session('ada'), user: { name: 'Ada L.' } }),
  demand,
  refusedAt(10 * MINUTE),
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
  woke,
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

describe('every event in every state', { timeout: 30_000 }, () => {
  it('gives a well-formed state and leaves the former as it was', () => {
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

  it('is no surprise to an event that nobody has thought of', () => {
    for (const state of states)
      expect(nextState(state, { type: 'unheard of' } as never)).toBe(state)
  })

  it('signs out only at a definite answer', () => {
    forEveryTransition((next, state, event) => {
      if (next.user !== null || state.user === null)
        return
      const isDefinite = ['denied', 'signedOut'].includes(event.type) || (event.type === 'session' && event.snapshot.status === 'signedOut')
      const at = event.type === 'tokenRequested' ? event.rejectedAt : event.type === 'rejected' ? event.at : undefined
      const { consecutiveRejections: refusals } = state
      const isRefusedForLong = at !== undefined && (refusals?.isFinal || (refusals!.count >= 5 && at - refusals!.firstAt >= 5 * MINUTE))
      expect(isDefinite || isRefusedForLong).toBe(true)
    })
  })

  it('turns to another person only by a session or a token', () => {
    forEveryTransition((next, state, event) => {
      const userId = next.user?.id
      if (userId !== undefined && userId !== state.user?.id) {
        expect(['session', 'token']).toContain(event.type)
        expect(['loading', 'authenticating']).toContain(next.status)
      }
    })
  })

  it('says `authenticated` only after the deployment has confirmed', () => {
    forEveryTransition((next, state, event) => {
      if (next.status === 'authenticated' && state.status !== 'authenticated')
        expect(event.type).toBe('authenticated')
    })
  })

  it('says `authenticating` only with a token', () => {
    forEveryTransition((next, state, event) => {
      if (next.status === 'authenticating' && state.status !== 'authenticating')
        expect(event.type).toBe('token')
    })
  })

  it('makes no attempt during a back-off but the one that is due, or brought forward, or for another session, or on request', () => {
    forEveryTransition((next, state, event) => {
      if (state.request?.status !== 'waiting' || state.request.kind === 'session' || next.request?.status !== 'pending')
        return
      const isOtherSession = event.type === 'session' && (next.lastReportedSession?.id !== state.lastReportedSession?.id || next.lastReportedSession?.sessionId !== state.lastReportedSession?.sessionId)
      const isDue = event.type === 'retry' && !(event.isEarly && state.request.isEarly)
      const isPreviousUsers = event.type === 'token' && state.request.sentBeforeUserKnown
      expect(isOtherSession || isDue || isPreviousUsers || event.type === 'refresh').toBe(true)
    })
  })

  it('offers a token for sending only where there is one that was not refused', () => {
    forEveryTransition((next, state, event) => {
      if (isTokenUsable(next))
        expect(hasToken(next)).toBe(true)
      // A refused one is used again only once another has come.
      if (state.status === 'refreshing' && !isTokenUsable(state) && isTokenUsable(next) && next.user?.id === state.user?.id)
        expect(['token', 'authenticated']).toContain(event.type)
    })
  })

  it('accepts only a token of the user that it makes the current one', () => {
    forEveryTransition((next, state, event, token) => {
      if (token === 'accept' || token === 'replace') {
        expect(event.type === 'token' && event.token.user.id === next.user?.id && next.request === null).toBe(true)
        expect(token).toBe(isIdentityChange(state, next) ? 'replace' : 'accept')
      }
    })
  })

  it('keeps no token of a previous identity, nor of an anonymous one', () => {
    forEveryTransition((next, state, _event, token) => {
      if (token === 'keep' || token === 'accept')
        expect(next.user !== null && !isIdentityChange(state, next)).toBe(true)
      if (token === 'clear')
        expect(next.user === null || isIdentityChange(state, next)).toBe(true)
    })
  })

  it('keeps no secret of a token', () => {
    forEveryTransition(next => expect(JSON.stringify(next)).not.toMatch(/secret|lifetimeMs/))
  })
})

describe('a page that has just loaded', () => {
  it('asks for the session first, and for a token with a hint', () => {
    expect(boot({ status: 'pending' })).toMatchObject({ status: 'loading', request: { kind: 'session' } })
    expect(boot({ status: 'pending' }, true)).toMatchObject({ status: 'loading', request: { kind: 'token' } })
  })

  it('asks for nothing where the provider knows already that nobody is there, whatever the hint', () => {
    expect(boot({ status: 'signedOut' }, true)).toMatchObject({ status: 'unauthenticated', error: null, request: null })
  })

  it('believes whom a server has found', () => {
    expect(boot({ status: 'pending' }, true, user('ada'))).toMatchObject({ status: 'authenticated', user: { id: 'ada' }, request: null })
    expect(boot({ status: 'pending' }, true, null)).toMatchObject({ status: 'unauthenticated', error: null, request: null })
  })

  it('asks for a token once the session names somebody', () => {
    expect(after(hears(session('ada')))).toMatchObject({ status: 'loading', user: { id: 'ada' }, request: { status: 'pending', kind: 'token' } })
  })

  it('keeps the token request of the first moment when the session names somebody', () => {
    const hinted = boot({ status: 'pending' }, true)
    expect(nextState(hinted, hears(session('ada'))).request).toBe(hinted.request)
  })

  it('waits no shorter for a token after it has learnt who is there', () => {
    expect(after({ type: 'anonymousTimedOut' }, hears(session('ada')))).toMatchObject({ status: 'loading', anonymousTimedOut: true })
    expect(after(hears(session('ada')), hears(session('bea')))).toMatchObject({ status: 'loading', anonymousTimedOut: false })
  })

  it('lets somebody who comes later wait anew', () => {
    expect(after({ type: 'anonymousTimedOut' }, hears({ status: 'signedOut' }), hears(session('ada')))).toMatchObject({ status: 'loading', anonymousTimedOut: false })
  })
})

describe('a token that was asked for before anybody was known', () => {
  const named = nextState(boot({ status: 'pending' }, true), hears(session('bea')))

  it('is theirs who is known by now', () => {
    expect(nextState(named, token('bea'))).toMatchObject({ status: 'authenticating', user: { id: 'bea' }, request: null })
  })

  it('is asked for again if it is of somebody else, who was there before: then the answer counts', () => {
    const again = nextState(named, token('ada'))
    expect(again).toMatchObject({ status: 'loading', user: { id: 'bea' }, request: { status: 'pending', kind: 'token', failures: 0 } })
    expect(again.request).not.toBe(named.request)
    expect(nextState(again, token('bea'))).toMatchObject({ status: 'authenticating', user: { id: 'bea' }, request: null })
    expect(nextState(again, token('ada'))).toMatchObject({ status: 'authenticating', user: { id: 'ada' }, request: null })
  })
})

describe('an answer that says nothing new', () => {
  it.each([
    ['a session of the same person', adaAuthenticated, hears(session('ada'))],
    ['a session in a new object while the token is refused', adaRefreshing, hears(structuredClone(session('ada')))],
    ['pending', adaAuthenticated, hears({ status: 'pending' })],
    ['a failure', adaAuthenticated, hears({ status: 'failed', error: failure })],
  ])('causes no request: %s', (_name, state, event) => {
    const next = nextState(state, event)
    expect(next.request).toBe(state.request)
    expect(next.status).toBe(state.status)
    expect(next.user?.id).toBe('ada')
  })

  it('does not bring back who has left', () => {
    const gone = nextState(adaAuthenticated, { type: 'signedOut' })
    const named = nextState(gone, hears(session('ada')))
    expect(named).toMatchObject({ status: 'unauthenticated', user: null, request: { kind: 'token' } })
    expect(nextState(named, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', error: null, request: null })
  })

  it('does not replace the person whom a token has named', () => {
    const bea = nextState(adaAuthenticated, token('bea'))
    expect(nextState(bea, hears(session('ada')))).toMatchObject({ user: { id: 'bea' }, request: null })
  })
})

describe('a session that was left', () => {
  const bea = nextState(adaAuthenticated, token('bea'))

  it('is asked about, not believed', () => {
    const backAndForth = [hears(session('bea')), hears(session('ada'))].reduce(nextState, bea)
    expect(backAndForth).toMatchObject({ user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
  })

  it('comes back with a token', () => {
    const back = [hears(session('bea')), hears(session('ada')), token('ada')].reduce(nextState, bea)
    expect(back).toMatchObject({ status: 'authenticating', user: { id: 'ada', profile: { name: 'ada' } } })
  })

  it('is asked about when the provider names it again, after it has said that nobody is there', () => {
    const again = [hears({ status: 'signedOut' }), hears(session('ada'))].reduce(nextState, adaAuthenticated)
    expect(again).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
  })

  it('is asked about also under the name that the provider has for it, if the token has another', () => {
    const renewed = nextState(adaAuthenticated, token('ada', 'ada-2'))
    expect(renewed).toMatchObject({ user: { sessionId: 'ada-2' }, lastReportedSession: { sessionId: 'ada-1' } })
    const again = [hears({ status: 'signedOut' }), hears(session('ada'))].reduce(nextState, renewed)
    expect(again).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
  })

  it('requests a token for a snapshot without a session id, which may be of any session of that user', () => {
    const signedOut = nextState(after(token('ada'), { type: 'authenticated' }), { type: 'signedOut' })
    const named = nextState(signedOut, hears({ ...session('ada'), sessionId: null }))
    expect(named).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
  })

  it('is asked about however long ago it was left', () => {
    const zoe = [hears(session('bea')), hears(session('cid')), hears(session('zoe'))].reduce(nextState, bea)
    expect(nextState(zoe, hears(session('ada')))).toMatchObject({ user: { id: 'zoe' } })
  })
})

describe('a denial', () => {
  const denied = nextState(adaAuthenticated, { type: 'denied' })

  it('signs out and says why', () => {
    expect(denied).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' }, request: null })
  })

  it('has nothing to say to a visitor of whom nothing was known', () => {
    expect(after({ type: 'denied' })).toMatchObject({ status: 'unauthenticated', user: null, error: null })
  })

  it('keeps that session out: its tokens do not count', () => {
    const again = [{ type: 'tokenRequested' } as const, token('ada')].reduce(nextState, denied)
    expect(again).toMatchObject({ status: 'unauthenticated', user: null, request: null })
  })

  it('keeps it out also after somebody else has come and gone', () => {
    const later = [hears(session('bea')), token('bea'), hears({ status: 'signedOut' }), token('ada')].reduce(nextState, denied)
    expect(later).toMatchObject({ status: 'unauthenticated', request: null })
  })

  // Providers with one session id for all sessions sign the same user in again with it.
  it.each([
    ['after it has said that there is none', [hears({ status: 'signedOut' }), hears(session('ada'))]],
    ['at once', [hears(session('ada'))]],
  ])('is settled by a token when the provider names the session again: %s', (_name, answers) => {
    const named = answers.reduce(nextState, denied)
    expect(named).toMatchObject({ status: 'unauthenticated', user: null, request: { status: 'pending', kind: 'token' } })
    expect(nextState(named, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' }, request: null })
    expect(nextState(named, token('ada'))).toMatchObject({ status: 'authenticating', user: { id: 'ada' } })
  })

  it('of one user says nothing about another with the same session id', () => {
    const named = nextState(denied, hears(session('bea', 'ada-1')))
    expect(named).toMatchObject({ status: 'loading', user: { id: 'bea' }, error: null, request: { kind: 'token' } })
    expect(nextState(named, token('bea', 'ada-1'))).toMatchObject({ status: 'authenticating', user: { id: 'bea' } })
  })

  it('is not remembered where sessions have no id, since the next one could not be told from it', () => {
    const withoutId = after(hears({ ...session('ada'), sessionId: undefined }), token('ada', null), { type: 'authenticated' }, { type: 'denied' })
    expect(withoutId).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
    expect(nextState(withoutId, token('ada', null))).toMatchObject({ status: 'authenticating', user: { id: 'ada', sessionId: null } })
  })

  it('lets the same person in with another session', () => {
    expect(nextState(denied, hears(session('ada', 'ada-2')))).toMatchObject({ status: 'loading', user: { id: 'ada' }, error: null, request: { kind: 'token' } })
  })

  it('keeps its reason when the provider agrees that nobody is there', () => {
    expect(nextState(denied, hears({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
  })
})

describe('a token of a session that was denied', () => {
  const bea = [{ type: 'denied' } as const, hears(session('bea')), token('bea'), { type: 'authenticated' } as const].reduce(nextState, adaAuthenticated)

  it('is a failed attempt to whoever is there', () => {
    const asked = nextState(bea, demand)
    expect(nextState(asked, token('ada'))).toMatchObject({ status: 'authenticated', user: { id: 'bea' }, request: { status: 'waiting' } })
  })

  it('is a failed attempt to whoever is about to come', () => {
    const coming = [{ type: 'denied' } as const, hears(session('bea'))].reduce(nextState, adaAuthenticated)
    expect(nextState(coming, token('ada'))).toMatchObject({ status: 'loading', user: { id: 'bea' }, request: { status: 'waiting' } })
  })

  it('is nothing to nobody', () => {
    const asked = [{ type: 'denied' } as const, { type: 'tokenRequested' } as const].reduce(nextState, adaAuthenticated)
    expect(nextState(asked, token('ada'))).toMatchObject({ status: 'unauthenticated', request: null })
  })
})

describe('a doubt whether it is still them', () => {
  it('asks for a token, and shares what is under way', () => {
    const asked = nextState(adaAuthenticated, { type: 'tokenRequested' })
    expect(asked).toEqual({ ...adaAuthenticated, request: expect.objectContaining({ status: 'pending', kind: 'token' }) })
    expect(nextState(asked, { type: 'tokenRequested' }).request).toBe(asked.request)
    expect(after(hears({ status: 'signedOut' }), { type: 'tokenRequested' })).toMatchObject({ status: 'unauthenticated', request: { kind: 'token' } })
  })

  it('that comes to nothing is no error to a visitor', () => {
    const asked = after(hears({ status: 'signedOut' }), { type: 'tokenRequested' }, { type: 'failed', error: failure })
    expect(asked).toMatchObject({ status: 'unauthenticated', error: null, request: { status: 'waiting' } })
  })
})

describe('the provider\'s word after a doubt', () => {
  it('is news, even if it is the same again', () => {
    const back = [{ type: 'tokenRequested' } as const, token('ada')].reduce(nextState, after(hears({ status: 'signedOut' })))
    expect(back).toMatchObject({ status: 'authenticating', user: { id: 'ada' } })
    expect(nextState(back, hears({ status: 'signedOut' })).status).toBe('unauthenticated')
  })
})

describe('the same person with another session', () => {
  it('stays, and gets a token of that session', () => {
    expect(nextState(adaAuthenticated, hears(session('ada', 'ada-2')))).toMatchObject({
      status: 'authenticated',
      user: { id: 'ada', sessionId: 'ada-2' },
      request: { status: 'pending', kind: 'token' },
    })
  })

  it.each([
    ['while a token is being renewed', nextState(adaAuthenticated, demand)],
    ['before the first token', after(hears(session('ada')))],
  ])('is not asked for with the former session\'s request: %s', (_name, state) => {
    const next = nextState(state, hears(session('ada', 'ada-2')))
    expect(next.request).toMatchObject({ status: 'pending' })
    expect(next.request).not.toBe(state.request)
  })

  it('does not wait for the back-off of the previous session, however long the provider wants to be left alone', () => {
    const waiting = [demand, { type: 'failed', error: failure, retryAfterMs: 86_400_000 } as const].reduce(nextState, adaAuthenticated)
    expect(nextState(waiting, hears(session('ada', 'ada-2'))).request).toEqual({ status: 'pending', kind: 'token', failures: 0, sentBeforeUserKnown: false })
  })

  it('starts without the refusals of the previous one', () => {
    const refused = [demand, token('ada'), demand].reduce(nextState, adaRefreshing)
    expect(refused.consecutiveRejections?.count).toBe(2)
    expect(nextState(refused, hears(session('ada', 'ada-2'))).consecutiveRejections).toBeNull()
  })

  it('that a token has named stays named, whatever the provider says again', () => {
    const rotated = [token('ada', 'ada-2'), hears(session('ada'))].reduce(nextState, adaAuthenticated)
    expect(rotated).toMatchObject({ status: 'authenticated', user: { sessionId: 'ada-2' }, request: null })
    const denied = nextState(rotated, { type: 'denied' })
    const named = nextState(denied, hears(session('ada', 'ada-2')))
    expect(named).toMatchObject({ status: 'unauthenticated', user: null, request: { kind: 'token' } })
    expect(nextState(named, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', request: null })
  })

  it('may have a token without a session id', () => {
    const next = [token('ada', null), { type: 'authenticated' } as const, hears(session('ada'))].reduce(nextState, after(hears({ status: 'pending' })))
    expect(next).toMatchObject({ status: 'authenticated', user: { sessionId: 'ada-1' }, request: null })
  })
})

describe('another user under a known session id', () => {
  it.each([
    ['the same id', session('bea', 'ada-1')],
    ['no id', { ...session('bea'), sessionId: undefined }],
  ])('is a change of identity in that tick: %s', (_name, snapshot) => {
    const known = after(hears({ ...session('ada'), sessionId: snapshot.sessionId }), token('ada', null), { type: 'authenticated' })
    const next = nextState(known, hears(snapshot))
    expect(next).toMatchObject({ status: 'loading', user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
    expect(isIdentityChange(known, next)).toBe(true)
  })

  it('does not make the previous user\'s session unknown', () => {
    const bea = [hears(session('bea', 'ada-1')), token('bea', 'ada-1'), { type: 'authenticated' } as const].reduce(nextState, adaAuthenticated)
    expect(bea.endedSessions.get(key('ada'))).toBe(false)
    expect(nextState(bea, hears(session('ada')))).toMatchObject({ user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
  })
})

describe('session data', () => {
  const known = [hears(described()), { type: 'authenticated' } as const].reduce(nextState, after(hears({ status: 'pending' }), token('ada')))

  it('that are the first after a token are no difference to it', () => {
    expect(known).toMatchObject({ status: 'authenticated', user: { profile: { name: 'Ada' } }, request: null })
  })

  it.each([
    ['the user\'s name', described({ name: 'Ada L.' })],
    ['the active organization', described({}, { activeOrganizationId: 'org' })],
    ['a field that has come', described({ role: 'admin' })],
    ['a field in a field', described({ roles: ['admin'] })],
  ])('that differ under the same id bring another token, and the user stays: %s', (_name, snapshot) => {
    const next = nextState(known, hears(snapshot))
    expect(next).toMatchObject({ status: 'authenticated', user: { profile: snapshot.user }, request: { status: 'pending', kind: 'token', failures: 0 } })
    expect(nextState(nextState(next, token('ada')), hears(structuredClone(snapshot))).request).toBeNull()
  })

  it.each([
    ['nothing at all', structuredClone(described())],
    ['only the order of the fields', { ...described(), user: { name: 'Ada', id: 'ada' } }],
    ['only when the session ends, since a provider moves that on by itself', described({}, { expiresAt: new Date(2), updatedAt: new Date(1) })],
    ['only when the user was last written', described({ updatedAt: new Date(1) })],
  ])('in which this differs cause no request: %s', (_name, snapshot) => {
    expect(nextState(known, hears(snapshot)).request).toBeNull()
  })

  it('that no token can hold are not compared', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    expect(nextState(known, hears(described({ cycle }))).request).toBeNull()
    expect(nextState(known, hears(described({ big: 1n }))).request).toBeNull()
  })

  it('that differ while a token is under way request another, since that one has the previous claims', () => {
    const asked = nextState(known, { type: 'tokenRequested' })
    const next = nextState(asked, hears(described({ name: 'Ada L.' })))
    expect(next.request).toMatchObject({ status: 'pending', kind: 'token' })
    expect(next.request).not.toBe(asked.request)
  })

  it('that differ overtake no back-off', () => {
    const waiting = [{ type: 'tokenRequested' } as const, { type: 'failed', error: failure } as const].reduce(nextState, known)
    expect(nextState(waiting, hears(described({ name: 'Ada L.' }))).request).toBe(waiting.request)
  })
})

describe('a refresh', () => {
  const asking = { status: 'pending', kind: 'session', failures: 0, sentBeforeUserKnown: false, isRefresh: true }

  it.each([
    ['nothing is under way', adaAuthenticated],
    ['a token is under way, which may have the previous claims', nextState(adaAuthenticated, { type: 'tokenRequested' })],
    ['an attempt is to be made in an hour', [{ type: 'tokenRequested' } as const, { type: 'failed', error: failure, retryAfterMs: 3_600_000 } as const].reduce(nextState, adaAuthenticated)],
  ])('requests the session and then a token, while the user stays: %s', (_name, state) => {
    const next = nextState(state, refresh)
    expect(next).toEqual({ ...state, request: asking })
    for (const answer of [hears(session('ada')), hears({ ...session('ada'), user: { name: 'Ada L.' } }), hears(session('ada', 'ada-2'))])
      expect(nextState(next, answer)).toMatchObject({ status: 'authenticated', request: { status: 'pending', kind: 'token', failures: 0 } })
  })

  it('requests a token also if the session request fails', () => {
    for (const answer of [hears({ status: 'failed', error: failure }), { type: 'failed', error: failure } as const]) {
      const next = [refresh, answer].reduce(nextState, adaAuthenticated)
      expect(next).toMatchObject({ status: 'authenticated', error: null })
      expect(next.request).toEqual({ status: 'pending', kind: 'token', failures: 0, sentBeforeUserKnown: false })
    }
  })

  it('requests a token at once from a provider that cannot be asked for the session', () => {
    expect(nextState(adaAuthenticated, { type: 'refresh', hasSession: false }).request).toEqual({ status: 'pending', kind: 'token', failures: 0, sentBeforeUserKnown: false })
  })

  it('of an anonymous page requests no token unless there is a session', () => {
    const anonymous = nextState(after(hears({ status: 'signedOut' })), refresh)
    expect(nextState(anonymous, hears({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', request: null })
    expect(nextState(anonymous, hears(session('ada')))).toMatchObject({ status: 'loading', user: { id: 'ada' }, request: { kind: 'token' } })
  })
})

describe('news that it has changed who is there', () => {
  const doubted: AuthEvent = { type: 'sessionCheckRequested' }
  const asking = { status: 'pending', kind: 'session', failures: 0, sentBeforeUserKnown: false }

  it.each([['somebody', adaAuthenticated], ['nobody', after(hears({ status: 'signedOut' }))]])('leaves %s there until the provider has answered', (_name, state) => {
    const next = nextState(state, doubted)
    expect(next).toEqual({ ...state, request: asking })
    expect(nextState(next, hears({ status: 'failed', error: failure }))).toMatchObject({ status: state.status, request: { status: 'waiting', kind: 'session', failures: 1 } })
  })

  it('is settled by any answer', () => {
    const waiting = [doubted, hears({ status: 'failed', error: failure })].reduce(nextState, adaAuthenticated)
    for (const state of [nextState(adaAuthenticated, doubted), waiting]) {
      expect(nextState(state, hears(session('ada')))).toMatchObject({ status: 'authenticated', request: null })
      expect(nextState(state, hears({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', request: null })
      expect(nextState(state, token('ada'))).toMatchObject({ status: 'authenticated', request: null })
      for (const change of [hears(session('bea')), hears(session('ada', 'ada-2'))])
        expect(nextState(state, change)).toMatchObject({ request: { status: 'pending', kind: 'token', failures: 0 } })
    }
  })

  it('waits for what is under way, and overtakes no back-off', () => {
    const asked = nextState(adaAuthenticated, demand)
    expect(nextState(asked, doubted)).toBe(asked)
    const waiting = [doubted, hears({ status: 'failed', error: failure })].reduce(nextState, adaAuthenticated)
    expect(nextState(waiting, doubted)).toBe(waiting)
  })
})

describe('an answer about the session that is inconclusive', () => {
  const inconclusive = hears({ status: 'failed', error: failure, isInconclusive: true })

  it('keeps the user, and requests a token that settles it', () => {
    const next = nextState(adaAuthenticated, inconclusive)
    expect(next).toMatchObject({ status: 'authenticated', request: { status: 'pending', kind: 'token' } })
    expect(nextState(next, token('ada'))).toMatchObject({ status: 'authenticated', request: null })
    expect(nextState(next, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
  })

  it('ends a back-off of requests for the session, whose answers would say no more', () => {
    const waiting = [{ type: 'sessionCheckRequested' } as const, hears({ status: 'failed', error: failure })].reduce(nextState, adaAuthenticated)
    expect(nextState(waiting, inconclusive).request).toMatchObject({ status: 'pending', kind: 'token' })
  })

  it('requests no second token, and ends no back-off of tokens', () => {
    const asked = nextState(adaAuthenticated, demand)
    expect(nextState(asked, inconclusive)).toBe(asked)
    const waiting = nextState(asked, { type: 'failed', error: failure })
    expect(nextState(waiting, inconclusive)).toBe(waiting)
  })

  it('lets the session that is then reported win over a token that was requested before', () => {
    const bea = after(inconclusive, hears(session('bea')))
    expect(nextState(bea, token('ada'))).toMatchObject({ status: 'loading', user: { id: 'bea' }, request: { status: 'pending', kind: 'token' } })
  })
})

describe('a failure', () => {
  const asked = nextState(adaAuthenticated, demand)
  const failed: AuthEvent = { type: 'failed', error: failure }

  it('changes nobody and backs off', () => {
    expect(nextState(asked, failed)).toEqual({ ...adaAuthenticated, error: failure, request: expect.objectContaining({ status: 'waiting', failures: 1 }) })
  })

  it('of nothing that was asked is nothing', () => {
    expect(nextState(adaAuthenticated, failed)).toBe(adaAuthenticated)
  })

  it('counts up until there is an answer', () => {
    const thrice = [failed, due, failed, due, failed].reduce(nextState, asked)
    expect(thrice.request?.failures).toBe(3)
    const answered = [due, token('ada'), demand].reduce(nextState, thrice)
    expect(answered.request?.failures).toBe(0)
  })

  it('stays the reason while it is being tried again, and no longer', () => {
    const again = [failed, due].reduce(nextState, asked)
    expect(again).toMatchObject({ error: failure, request: { status: 'pending' } })
    expect(nextState(again, token('ada')).error).toBeNull()
  })

  it('is tried again at once when the page comes back to life, once in a step', () => {
    const woken = [failed, woke].reduce(nextState, asked)
    expect(woken.request).toMatchObject({ status: 'pending', failures: 1 })
    expect(nextState(woken, woke)).toBe(woken)
    const failedAgain = nextState(woken, failed)
    expect(nextState(failedAgain, woke)).toBe(failedAgain)
    const nextStep = [due, failed].reduce(nextState, failedAgain)
    expect(nextState(nextStep, woke).request).toMatchObject({ status: 'pending' })
  })

  it('of a provider that named a time is tried again before it once in a step, when the page comes back to life', () => {
    const told = nextState(asked, { ...failed, retryAfterMs: 60_000 })
    expect(told.request).toMatchObject({ status: 'waiting', retryAfterMs: 60_000 })
    const woken = nextState(told, woke)
    expect(woken.request).toMatchObject({ status: 'pending', failures: 1, isEarly: true })
    const toldAgain = nextState(woken, { ...failed, retryAfterMs: 60_000 })
    expect(nextState(toldAgain, woke)).toBe(toldAgain)
  })
})

describe('a token that the deployment refuses', () => {
  /** One token after another is refused, each at its time. */
  function refuse(state: AuthState, ...times: number[]): AuthState {
    return times.reduce((next, at) => [refusedAt(at), due, token('ada')].reduce(nextState, next), state)
  }

  it('is replaced at once the first time, then ever more slowly', () => {
    let state = nextState(adaRefreshing, demand)
    expect(state).toMatchObject({ error: null, request: { status: 'pending' } })
    for (const failures of [1, 2, 3, 4, 5]) {
      state = [token('ada'), demand].reduce(nextState, state)
      expect(state).toMatchObject({ error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', failures } })
      state = nextState(state, due)
    }
  })

  it('is not sent again, and counts once however often it is asked for', () => {
    const asked = nextState(adaRefreshing, demand)
    expect([adaRefreshing, asked, nextState(asked, token('ada'))].map(isTokenUsable)).toEqual([true, false, true])
    expect(nextState(asked, demand)).toBe(asked)
  })

  it('ends the identity only after six of them and five minutes', () => {
    const ends = (...times: number[]): boolean => refuse(adaRefreshing, ...times).status !== 'refreshing'
    expect(ends(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)).toBe(false)
    expect(ends(0, 2.4 * MINUTE, 4.8 * MINUTE, 7 * MINUTE, 9 * MINUTE)).toBe(false)
    expect(ends(0, MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE, 5 * MINUTE - 1)).toBe(false)
    expect(nextState(refuse(adaRefreshing, 0, MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE), refusedAt(5 * MINUTE)))
      .toMatchObject({ status: 'unauthenticated', user: null, error: { code: 'TOKEN_REJECTED' } })
  })

  it('does not count the time in which the page slept, was offline, or the token was accepted', () => {
    const before = refuse(adaRefreshing, 0, 1000, 2000, 3000, 4000, 5000)
    expect(nextState(before, refusedAt(60 * MINUTE))).toMatchObject({ status: 'refreshing', consecutiveRejections: { count: 1 } })
  })

  it('has another client sought for it where the present one takes no other', () => {
    const sent = nextState(adaRefreshing, { type: 'rejected', at: 0 })
    expect(sent).toMatchObject({ status: 'refreshing', consecutiveRejections: { count: 1 }, request: { status: 'pending', kind: 'token' } })
    expect([token('ada'), { type: 'rejected', at: 1 } as const].reduce(nextState, sent))
      .toMatchObject({ status: 'refreshing', error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', failures: 1 } })
  })

  it('is nothing where no token was sent', () => {
    for (const state of [after(hears({ status: 'signedOut' })), after(hears(session('ada')))])
      expect(nextState(state, { type: 'rejected', at: 0 })).toBe(state)
  })

  it('is no reason for suspicion once it is old', () => {
    let state = adaRefreshing
    for (let wakes = 0; wakes < 20; wakes++)
      state = [{ type: 'tokenRequested' } as const, token('ada'), { type: 'authenticated' } as const, { type: 'refreshing' } as const].reduce(nextState, state)
    expect(state).toMatchObject({ status: 'refreshing', user: { id: 'ada' } })
  })

  it('is forgotten after a renewal that the deployment accepted', () => {
    let state = adaRefreshing
    for (let minutes = 0; minutes < 20; minutes++) {
      const renewal = [{ type: 'authenticated' } as const, { type: 'tokenRequested' } as const, token('ada'), { type: 'refreshing' } as const]
      state = [refusedAt(minutes * MINUTE), token('ada'), ...renewal].reduce(nextState, state)
    }
    expect(state).toMatchObject({ status: 'refreshing', user: { id: 'ada' } })
  })

  it('is nothing to hold against the next person', () => {
    const refused = refuse(adaRefreshing, 0, MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE)
    const state = [token('bea'), { type: 'refreshing' } as const, refusedAt(5 * MINUTE)].reduce(nextState, refused)
    expect(state).toMatchObject({ status: 'refreshing', user: { id: 'bea' }, request: { status: 'pending' } })
  })
})

describe('a user whose tokens were refused for long', () => {
  const times = [0, 1, 2, 3, 4, 5].map(minutes => minutes * MINUTE)
  const rejected = times.reduce((next, at) => [refusedAt(at), due, token('ada')].slice(0, at === times.at(-1) ? 1 : 3).reduce(nextState, next), adaRefreshing)

  it('is anonymous, and a token is requested every five minutes', () => {
    expect(rejected).toMatchObject({ status: 'unauthenticated', user: null, error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', kind: 'token', retryAfterMs: 5 * MINUTE } })
  })

  it.each([['in time', due], ['when the page comes back to life', woke]])('is back with a token that the deployment accepts: %s', (_name, retry) => {
    const back = [retry, token('ada')].reduce(nextState, rejected)
    expect(back).toMatchObject({ status: 'authenticating', user: { id: 'ada' }, error: null })
    expect(nextState(back, { type: 'authenticated' })).toMatchObject({ status: 'authenticated', consecutiveRejections: null })
  })

  it('is anonymous again at the first refusal, and so on', () => {
    const again = [due, token('ada'), { type: 'refreshing' } as const, refusedAt(10 * MINUTE)].reduce(nextState, rejected)
    expect(again).toMatchObject({ status: 'unauthenticated', error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', retryAfterMs: 5 * MINUTE } })
  })

  it('is back with another session at once, and starts without refusals', () => {
    expect(nextState(rejected, hears(session('ada', 'ada-2')))).toMatchObject({ status: 'loading', user: { id: 'ada' }, error: null, consecutiveRejections: null, request: { status: 'pending', kind: 'token' } })
  })

  it('is requested at once by a refresh, whatever the provider says', () => {
    const asked = nextState(rejected, refresh)
    expect(nextState(asked, hears(session('ada')))).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', kind: 'token' } })
  })

  it('is signed out where the provider says so', () => {
    expect(nextState(rejected, hears({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', request: null })
  })
})

describe('a change of person', () => {
  const loading: Identity = { status: 'loading', user: undefined }
  const nobody: Identity = { status: 'unauthenticated', user: null }
  const ada: Identity = { status: 'authenticated', user: user('ada') }
  const bea: Identity = { status: 'loading', user: user('bea') }

  it('is from one known identity to another, nobody included', () => {
    expect([[ada, bea], [ada, nobody], [nobody, ada]].map(([from, to]) => isIdentityChange(from!, to!))).toEqual([true, true, true])
  })

  it('is neither the first answer nor the same person', () => {
    const refreshing: Identity = { status: 'refreshing', user: user('ada', 'ada-2') }
    expect([[loading, ada], [loading, nobody], [ada, refreshing], [nobody, nobody]].map(([from, to]) => isIdentityChange(from!, to!)))
      .toEqual([false, false, false, false])
  })
})
