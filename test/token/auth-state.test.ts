import type { AuthEvent, AuthState, Identity, ProviderRequest } from '../../src/token/auth-state.ts'
import type { SessionSnapshot } from '../../src/token/token-source.ts'
import type { Person } from '../../src/token/token.ts'
import { describe, expect, it } from 'vitest'
import { hasToken, initialAuthState, isChangeOfPerson, transition } from '../../src/token/auth-state.ts'

type SignedIn = Extract<SessionSnapshot, { status: 'signedIn' }>
type Status = Identity['status']

const failure = new Error('no answer')

function session(userId: string, sessionId = `${userId}-1`): SignedIn {
  return { status: 'signedIn', userId, sessionId, user: { name: userId }, session: { id: sessionId } }
}

function person(userId: string, sessionId: string | null = `${userId}-1`): Person {
  return { userId, sessionId, user: { name: userId }, session: { id: sessionId } }
}

function token(userId: string, sessionId: string | null = `${userId}-1`): AuthEvent {
  return { type: 'token', token: { value: `secret-of-${userId}`, person: { userId, sessionId, user: { id: userId }, session: null }, lifetimeMs: 900_000 } }
}

function hears(snapshot: SessionSnapshot): AuthEvent {
  return { type: 'session', snapshot }
}

const demand: AuthEvent = { type: 'demand', isYoung: true }
const due: AuthEvent = { type: 'retry', isEarly: false }
const woke: AuthEvent = { type: 'retry', isEarly: true }

/** The first state of a page. */
function boot(snapshot: SessionSnapshot, isHinted = false, handedOver?: Person | null): AuthState {
  return transition(initialAuthState(isHinted, handedOver), hears(snapshot))
}

/** A state after a walk of events from a page that has just loaded. */
function after(...events: AuthEvent[]): AuthState {
  return events.reduce(transition, boot({ status: 'pending' }))
}

const adaAuthenticated = after(hears(session('ada')), token('ada'), { type: 'authenticated' })
const adaRefreshing = transition(adaAuthenticated, { type: 'refreshing' })

const identities: Identity[] = [
  { status: 'loading', person: undefined },
  { status: 'loading', person: person('ada') },
  { status: 'unauthenticated', person: null },
  ...(['authenticating', 'authenticated', 'refreshing'] as const).flatMap((status): Identity[] => [
    { status, person: person('ada') },
    { status, person: person('ada', null) },
    { status, person: { ...person('ada'), user: null, session: null } },
  ]),
]
const requests: (ProviderRequest | null)[] = [
  null,
  ...(['session', 'token'] as const).flatMap((question): ProviderRequest[] => [
    { status: 'pending', question, failures: 0 },
    { status: 'pending', question, failures: 3, isEarly: true },
    { status: 'waiting', question, failures: 1, isEarly: false },
    { status: 'waiting', question, failures: 2, isEarly: true },
    { status: 'waiting', question, failures: 9, retryAfterMs: 5000 },
  ]),
]
const memories: Omit<AuthState, 'status' | 'person' | 'request'>[] = [
  { said: null, left: new Map(), refusals: 0, error: null, overdue: false },
  { said: null, left: new Map([['bea-1', null]]), refusals: 1, error: failure, overdue: true },
  { said: session('ada'), left: new Map([['ada-2', failure], ['bea-1', null]]), refusals: 5, error: null, overdue: true },
  { said: session('bea'), left: new Map([['bea-1', failure]]), refusals: 6, error: failure, overdue: false },
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
  demand,
  { type: 'demand' },
  token('ada'),
  token('ada', null),
  token('ada', 'ada-2'),
  token('bea'),
  { type: 'denied' },
  { type: 'failed', error: failure },
  { type: 'failed', error: failure, retryAfterMs: 60_000 },
  due,
  woke,
  { type: 'doubted' },
  { type: 'overdue' },
  { type: 'authenticated' },
  { type: 'refreshing' },
  { type: 'rejected' },
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
function forEveryTransition(check: (next: AuthState, state: AuthState, event: AuthEvent) => void): void {
  for (const state of states) {
    for (const event of events) {
      const next = transition(deepFreeze(state), deepFreeze(event))
      try {
        check(next, state, event)
      }
      catch (cause) {
        throw new Error(`${JSON.stringify(event)} in ${JSON.stringify(state)} gives ${JSON.stringify(next)}`, { cause })
      }
    }
  }
}

describe('every event in every state', () => {
  it('gives a well-formed state and leaves the former as it was', () => {
    const statuses: Status[] = ['loading', 'unauthenticated', 'authenticating', 'authenticated', 'refreshing']
    forEveryTransition((next) => {
      const { status, person, request } = next
      expect(statuses).toContain(status)
      expect(Object.keys(next).sort()).toEqual(['error', 'left', 'overdue', 'person', 'refusals', 'request', 'said', 'status'])
      if (status === 'unauthenticated')
        expect(person).toBeNull()
      else if (status !== 'loading')
        expect(person?.userId).toBeTypeOf('string')
      else
        expect(person).not.toBeNull()
      expect(hasToken(next)).toBe(['authenticating', 'authenticated', 'refreshing'].includes(status))
      if (request) {
        expect(['pending', 'waiting']).toContain(request.status)
        expect(request.failures).toBeGreaterThanOrEqual(0)
      }
    })
  })

  it('is no surprise to an event that nobody has thought of', () => {
    for (const state of states)
      expect(transition(state, { type: 'unheard of' } as never)).toBe(state)
  })

  it('signs out only at a definite answer', () => {
    forEveryTransition((next, state, event) => {
      if (next.person !== null || state.person === null)
        return
      const isDefinite = ['denied', 'rejected', 'signedOut'].includes(event.type)
        || (event.type === 'session' && event.snapshot.status === 'signedOut')
        // All that the provider knows of is a session that was denied.
        || (event.type === 'session' && event.snapshot.status === 'signedIn' && state.status === 'loading' && !!state.left.get(event.snapshot.sessionId))
        || (event.type === 'demand' && state.status === 'refreshing' && state.refusals >= 6)
      expect(isDefinite).toBe(true)
    })
  })

  it('turns to another person only by a session or a token', () => {
    forEveryTransition((next, state, event) => {
      const userId = next.person?.userId
      if (userId !== undefined && userId !== state.person?.userId) {
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

  it('makes no attempt during a back-off but the one that is due, or brought forward, or for another session or nobody', () => {
    forEveryTransition((next, state, event) => {
      if (state.request?.status !== 'waiting' || state.request.question === 'session' || next.request?.status !== 'pending')
        return
      const isOtherPerson = next.person?.userId !== state.person?.userId
      const isOtherSession = next.person?.sessionId !== state.person?.sessionId
      const isDue = event.type === 'retry' && !(event.isEarly && state.request.isEarly)
      expect(isOtherPerson || isOtherSession || isDue).toBe(true)
    })
  })

  it('keeps no secret of a token', () => {
    forEveryTransition(next => expect(JSON.stringify(next)).not.toMatch(/secret|lifetimeMs/))
  })
})

describe('a page that has just loaded', () => {
  it('asks for the session first, and for a token with a hint', () => {
    expect(boot({ status: 'pending' })).toMatchObject({ status: 'loading', request: { question: 'session' } })
    expect(boot({ status: 'pending' }, true)).toMatchObject({ status: 'loading', request: { question: 'token' } })
  })

  it('asks for nothing where the provider knows already that nobody is there, whatever the hint', () => {
    expect(boot({ status: 'signedOut' }, true)).toMatchObject({ status: 'unauthenticated', error: null, request: null })
  })

  it('believes whom a server has found', () => {
    expect(boot({ status: 'pending' }, true, person('ada'))).toMatchObject({ status: 'authenticated', person: { userId: 'ada' }, request: null })
    expect(boot({ status: 'pending' }, true, null)).toMatchObject({ status: 'unauthenticated', error: null, request: null })
  })

  it('asks for a token once the session names somebody', () => {
    expect(after(hears(session('ada')))).toMatchObject({ status: 'loading', person: { userId: 'ada' }, request: { status: 'pending', question: 'token' } })
  })

  it('keeps the token request of the first moment when the session names somebody', () => {
    const hinted = boot({ status: 'pending' }, true)
    expect(transition(hinted, hears(session('ada'))).request).toBe(hinted.request)
  })

  it('waits no shorter for a token after it has learnt who is there', () => {
    expect(after({ type: 'overdue' }, hears(session('ada')))).toMatchObject({ status: 'loading', overdue: true })
    expect(after(hears(session('ada')), hears(session('bea')))).toMatchObject({ status: 'loading', overdue: false })
  })

  it('lets somebody who comes later wait anew', () => {
    expect(after({ type: 'overdue' }, hears({ status: 'signedOut' }), hears(session('ada')))).toMatchObject({ status: 'loading', overdue: false })
  })
})

describe('a token that was asked for before anybody was known', () => {
  const named = transition(boot({ status: 'pending' }, true), hears(session('bea')))

  it('is theirs who is known by now', () => {
    expect(transition(named, token('bea'))).toMatchObject({ status: 'authenticating', person: { userId: 'bea' }, request: null })
  })

  it('is asked for again if it is of somebody else, who was there before: then the answer counts', () => {
    const again = transition(named, token('ada'))
    expect(again).toMatchObject({ status: 'loading', person: { userId: 'bea' }, request: { status: 'pending', question: 'token', failures: 0 } })
    expect(again.request).not.toBe(named.request)
    expect(transition(again, token('bea'))).toMatchObject({ status: 'authenticating', person: { userId: 'bea' }, request: null })
    expect(transition(again, token('ada'))).toMatchObject({ status: 'authenticating', person: { userId: 'ada' }, request: null })
  })
})

describe('an answer that says nothing new', () => {
  it.each([
    ['a session of the same person', adaAuthenticated, hears(session('ada'))],
    ['a session in a new object while the token is refused', adaRefreshing, hears(structuredClone(session('ada')))],
    ['pending', adaAuthenticated, hears({ status: 'pending' })],
    ['a failure', adaAuthenticated, hears({ status: 'failed', error: failure })],
  ])('causes no request: %s', (_name, state, event) => {
    const next = transition(state, event)
    expect(next.request).toBe(state.request)
    expect(next.status).toBe(state.status)
    expect(next.person?.userId).toBe('ada')
  })

  it('does not bring back who has left', () => {
    const gone = transition(adaAuthenticated, { type: 'signedOut' })
    expect(transition(gone, hears(session('ada')))).toMatchObject({ status: 'unauthenticated', request: null })
  })

  it('does not replace the person whom a token has named', () => {
    const bea = transition(adaAuthenticated, token('bea'))
    expect(transition(bea, hears(session('ada')))).toMatchObject({ person: { userId: 'bea' }, request: null })
  })
})

describe('a session that was left', () => {
  const bea = transition(adaAuthenticated, token('bea'))

  it('is asked about, not believed', () => {
    const backAndForth = [hears(session('bea')), hears(session('ada'))].reduce(transition, bea)
    expect(backAndForth).toMatchObject({ person: { userId: 'bea' }, request: { status: 'pending', question: 'token' } })
  })

  it('comes back with a token', () => {
    const back = [hears(session('bea')), hears(session('ada')), token('ada')].reduce(transition, bea)
    expect(back).toMatchObject({ status: 'authenticating', person: { userId: 'ada', user: { name: 'ada' } } })
  })

  it('is asked about when the provider names it again, after it has said that nobody is there', () => {
    const again = [hears({ status: 'signedOut' }), hears(session('ada'))].reduce(transition, adaAuthenticated)
    expect(again).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', question: 'token' } })
  })

  it('is asked about also under the name that the provider has for it, if the token has another', () => {
    const renewed = transition(adaAuthenticated, token('ada', 'ada-2'))
    expect(renewed).toMatchObject({ person: { sessionId: 'ada-2' }, said: { sessionId: 'ada-1' } })
    const again = [hears({ status: 'signedOut' }), hears(session('ada'))].reduce(transition, renewed)
    expect(again).toMatchObject({ status: 'unauthenticated', request: { status: 'pending', question: 'token' } })
  })

  it('is asked about however long ago it was left', () => {
    const zoe = [hears(session('bea')), hears(session('cid')), hears(session('zoe'))].reduce(transition, bea)
    expect(transition(zoe, hears(session('ada')))).toMatchObject({ person: { userId: 'zoe' } })
  })
})

describe('a denial', () => {
  const denied = transition(adaAuthenticated, { type: 'denied' })

  it('signs out and says why', () => {
    expect(denied).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' }, request: null })
  })

  it('has nothing to say to a visitor of whom nothing was known', () => {
    expect(after({ type: 'denied' })).toMatchObject({ status: 'unauthenticated', person: null, error: null })
  })

  it('keeps that session out, however often it is named', () => {
    const again = [hears({ status: 'signedOut' }), hears(session('ada')), token('ada')].reduce(transition, denied)
    expect(again).toMatchObject({ status: 'unauthenticated', request: null })
  })

  it('keeps it out also after somebody else has come and gone', () => {
    const later = [hears(session('bea')), token('bea'), hears({ status: 'signedOut' }), hears(session('ada')), token('ada')].reduce(transition, denied)
    expect(later).toMatchObject({ status: 'unauthenticated', request: null })
  })

  it('is not asked about again', () => {
    expect([hears({ status: 'signedOut' }), hears(session('ada'))].reduce(transition, denied).request).toBeNull()
  })

  it('lets the same person in with another session', () => {
    expect(transition(denied, hears(session('ada', 'ada-2')))).toMatchObject({ status: 'loading', person: { userId: 'ada' }, error: null, request: { question: 'token' } })
  })

  it('keeps its reason when the provider agrees that nobody is there', () => {
    expect(transition(denied, hears({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
  })
})

describe('a token of a session that was denied', () => {
  const bea = [{ type: 'denied' } as const, hears(session('bea')), token('bea'), { type: 'authenticated' } as const].reduce(transition, adaAuthenticated)

  it('is a failed attempt to whoever is there', () => {
    const asked = transition(bea, demand)
    expect(transition(asked, token('ada'))).toMatchObject({ status: 'authenticated', person: { userId: 'bea' }, request: { status: 'waiting' } })
  })

  it('is a failed attempt to whoever is about to come', () => {
    const coming = [{ type: 'denied' } as const, hears(session('bea'))].reduce(transition, adaAuthenticated)
    expect(transition(coming, token('ada'))).toMatchObject({ status: 'loading', person: { userId: 'bea' }, request: { status: 'waiting' } })
  })

  it('is nothing to nobody', () => {
    const asked = [{ type: 'denied' } as const, { type: 'demand' } as const].reduce(transition, adaAuthenticated)
    expect(transition(asked, token('ada'))).toMatchObject({ status: 'unauthenticated', request: null })
  })
})

describe('a doubt whether it is still them', () => {
  it('asks for a token, and shares what is under way', () => {
    const asked = transition(adaAuthenticated, { type: 'demand' })
    expect(asked).toEqual({ ...adaAuthenticated, request: expect.objectContaining({ status: 'pending', question: 'token' }) })
    expect(transition(asked, { type: 'demand' }).request).toBe(asked.request)
    expect(after(hears({ status: 'signedOut' }), { type: 'demand' })).toMatchObject({ status: 'unauthenticated', request: { question: 'token' } })
  })

  it('that comes to nothing is no error to a visitor', () => {
    const asked = after(hears({ status: 'signedOut' }), { type: 'demand' }, { type: 'failed', error: failure })
    expect(asked).toMatchObject({ status: 'unauthenticated', error: null, request: { status: 'waiting' } })
  })
})

describe('the provider\'s word after a doubt', () => {
  it('is news, even if it is the same again', () => {
    const back = [{ type: 'demand' } as const, token('ada')].reduce(transition, after(hears({ status: 'signedOut' })))
    expect(back).toMatchObject({ status: 'authenticating', person: { userId: 'ada' } })
    expect(transition(back, hears({ status: 'signedOut' })).status).toBe('unauthenticated')
  })
})

describe('the same person with another session', () => {
  it('stays, and gets a token of that session', () => {
    expect(transition(adaAuthenticated, hears(session('ada', 'ada-2')))).toMatchObject({
      status: 'authenticated',
      person: { userId: 'ada', sessionId: 'ada-2' },
      request: { status: 'pending', question: 'token' },
    })
  })

  it.each([
    ['while a token is being renewed', transition(adaAuthenticated, demand)],
    ['before the first token', after(hears(session('ada')))],
  ])('is not asked for with the former session\'s request: %s', (_name, state) => {
    const next = transition(state, hears(session('ada', 'ada-2')))
    expect(next.request).toMatchObject({ status: 'pending' })
    expect(next.request).not.toBe(state.request)
  })

  it('does not wait for the back-off of the previous session, however long the provider wants to be left alone', () => {
    const waiting = [demand, { type: 'failed', error: failure, retryAfterMs: 86_400_000 } as const].reduce(transition, adaAuthenticated)
    expect(transition(waiting, hears(session('ada', 'ada-2'))).request).toEqual({ status: 'pending', question: 'token', failures: 0 })
  })

  it('is described anew without traffic where only the description differs', () => {
    const renamed = { ...session('ada'), user: { name: 'Ada L.' } }
    const next = transition(adaAuthenticated, hears(renamed))
    expect(next.person?.user).toEqual({ name: 'Ada L.' })
    expect(next.request).toBeNull()
  })

  it('that a token has named stays named, whatever the provider says again', () => {
    const rotated = [token('ada', 'ada-2'), hears(session('ada'))].reduce(transition, adaAuthenticated)
    expect(rotated).toMatchObject({ status: 'authenticated', person: { sessionId: 'ada-2' }, request: null })
    const denied = transition(rotated, { type: 'denied' })
    expect(transition(denied, hears(session('ada', 'ada-2')))).toMatchObject({ status: 'unauthenticated', request: null })
  })

  it('may have a token without a session id', () => {
    const next = [token('ada', null), { type: 'authenticated' } as const, hears(session('ada'))].reduce(transition, after(hears({ status: 'pending' })))
    expect(next).toMatchObject({ status: 'authenticated', person: { sessionId: 'ada-1' }, request: null })
  })
})

describe('news that it has changed who is there', () => {
  const doubted: AuthEvent = { type: 'doubted' }
  const asking = { status: 'pending', question: 'session', failures: 0 }

  it.each([['somebody', adaAuthenticated], ['nobody', after(hears({ status: 'signedOut' }))]])('leaves %s there until the provider has answered', (_name, state) => {
    const next = transition(state, doubted)
    expect(next).toEqual({ ...state, request: asking })
    expect(transition(next, hears({ status: 'failed', error: failure }))).toMatchObject({ status: state.status, request: { status: 'waiting', question: 'session', failures: 1 } })
  })

  it('is settled by any answer', () => {
    const waiting = [doubted, hears({ status: 'failed', error: failure })].reduce(transition, adaAuthenticated)
    for (const state of [transition(adaAuthenticated, doubted), waiting]) {
      expect(transition(state, hears(session('ada')))).toMatchObject({ status: 'authenticated', request: null })
      expect(transition(state, hears({ status: 'signedOut' }))).toMatchObject({ status: 'unauthenticated', request: null })
      expect(transition(state, token('ada'))).toMatchObject({ status: 'authenticated', request: null })
      for (const change of [hears(session('bea')), hears(session('ada', 'ada-2'))])
        expect(transition(state, change)).toMatchObject({ request: { status: 'pending', question: 'token', failures: 0 } })
    }
  })

  it('waits for what is under way, and overtakes no back-off', () => {
    const asked = transition(adaAuthenticated, demand)
    expect(transition(asked, doubted)).toBe(asked)
    const waiting = [doubted, hears({ status: 'failed', error: failure })].reduce(transition, adaAuthenticated)
    expect(transition(waiting, doubted)).toBe(waiting)
  })
})

describe('an answer about the session that is inconclusive', () => {
  const inconclusive = hears({ status: 'failed', error: failure, isInconclusive: true })

  it('keeps the user, and requests a token that settles it', () => {
    const next = transition(adaAuthenticated, inconclusive)
    expect(next).toMatchObject({ status: 'authenticated', request: { status: 'pending', question: 'token', isBlind: false } })
    expect(transition(next, token('ada'))).toMatchObject({ status: 'authenticated', request: null })
    expect(transition(next, { type: 'denied' })).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
  })

  it('ends a back-off of requests for the session, whose answers would say no more', () => {
    const waiting = [{ type: 'doubted' } as const, hears({ status: 'failed', error: failure })].reduce(transition, adaAuthenticated)
    expect(transition(waiting, inconclusive).request).toMatchObject({ status: 'pending', question: 'token' })
  })

  it('requests no second token, and ends no back-off of tokens', () => {
    const asked = transition(adaAuthenticated, demand)
    expect(transition(asked, inconclusive)).toBe(asked)
    const waiting = transition(asked, { type: 'failed', error: failure })
    expect(transition(waiting, inconclusive)).toBe(waiting)
  })

  it('lets the session that is then reported win over a token that was requested before', () => {
    const bea = after(inconclusive, hears(session('bea')))
    expect(transition(bea, token('ada'))).toMatchObject({ status: 'loading', person: { userId: 'bea' }, request: { status: 'pending', question: 'token' } })
  })
})

describe('a failure', () => {
  const asked = transition(adaAuthenticated, demand)
  const failed: AuthEvent = { type: 'failed', error: failure }

  it('changes nobody and backs off', () => {
    expect(transition(asked, failed)).toEqual({ ...adaAuthenticated, error: failure, request: expect.objectContaining({ status: 'waiting', failures: 1 }) })
  })

  it('of nothing that was asked is nothing', () => {
    expect(transition(adaAuthenticated, failed)).toBe(adaAuthenticated)
  })

  it('counts up until there is an answer', () => {
    const thrice = [failed, due, failed, due, failed].reduce(transition, asked)
    expect(thrice.request?.failures).toBe(3)
    const answered = [due, token('ada'), demand].reduce(transition, thrice)
    expect(answered.request?.failures).toBe(0)
  })

  it('stays the reason while it is being tried again, and no longer', () => {
    const again = [failed, due].reduce(transition, asked)
    expect(again).toMatchObject({ error: failure, request: { status: 'pending' } })
    expect(transition(again, token('ada')).error).toBeNull()
  })

  it('is tried again at once when the page comes back to life, once in a step', () => {
    const woken = [failed, woke].reduce(transition, asked)
    expect(woken.request).toMatchObject({ status: 'pending', failures: 1 })
    expect(transition(woken, woke)).toBe(woken)
    const failedAgain = transition(woken, failed)
    expect(transition(failedAgain, woke)).toBe(failedAgain)
    const nextStep = [due, failed].reduce(transition, failedAgain)
    expect(transition(nextStep, woke).request).toMatchObject({ status: 'pending' })
  })

  it('of a provider that named a time is tried again before it once in a step, when the page comes back to life', () => {
    const told = transition(asked, { ...failed, retryAfterMs: 60_000 })
    expect(told.request).toMatchObject({ status: 'waiting', retryAfterMs: 60_000 })
    const woken = transition(told, woke)
    expect(woken.request).toMatchObject({ status: 'pending', failures: 1, isEarly: true })
    const toldAgain = transition(woken, { ...failed, retryAfterMs: 60_000 })
    expect(transition(toldAgain, woke)).toBe(toldAgain)
  })
})

describe('a token that the deployment refuses', () => {
  it('is replaced at once the first time, then ever more slowly, then never', () => {
    let state = transition(adaRefreshing, demand)
    expect(state).toMatchObject({ error: null, request: { status: 'pending' } })
    for (const failures of [1, 2, 3, 4, 5]) {
      state = [token('ada'), demand].reduce(transition, state)
      expect(state).toMatchObject({ error: { code: 'TOKEN_REJECTED' }, request: { status: 'waiting', failures } })
      state = transition(state, due)
    }
    state = [token('ada'), demand].reduce(transition, state)
    expect(state).toMatchObject({ status: 'unauthenticated', error: { code: 'TOKEN_REJECTED' } })
    expect([hears({ status: 'signedOut' }), hears(session('ada'))].reduce(transition, state)).toMatchObject({ status: 'unauthenticated', request: null })
  })

  it('is no reason for suspicion once it is old', () => {
    let state = adaRefreshing
    for (let wakes = 0; wakes < 20; wakes++)
      state = [{ type: 'demand' } as const, token('ada'), { type: 'authenticated' } as const, { type: 'refreshing' } as const].reduce(transition, state)
    expect(state).toMatchObject({ status: 'refreshing', person: { userId: 'ada' } })
  })

  it('is forgotten after a renewal that the deployment accepted', () => {
    let state = adaRefreshing
    for (let days = 0; days < 20; days++)
      state = [demand, token('ada'), { type: 'authenticated' } as const, demand, token('ada'), { type: 'refreshing' } as const].reduce(transition, state)
    expect(state).toMatchObject({ status: 'refreshing', person: { userId: 'ada' } })
  })

  it('is nothing to hold against the next person', () => {
    let state = adaRefreshing
    for (let refusals = 0; refusals < 6; refusals++)
      state = [demand, due, token('ada')].reduce(transition, state)
    state = [token('bea'), { type: 'refreshing' } as const, demand].reduce(transition, state)
    expect(state).toMatchObject({ status: 'refreshing', person: { userId: 'bea' }, request: { status: 'pending' } })
  })
})

describe('a change of person', () => {
  const loading: Identity = { status: 'loading', person: undefined }
  const nobody: Identity = { status: 'unauthenticated', person: null }
  const ada: Identity = { status: 'authenticated', person: person('ada') }
  const bea: Identity = { status: 'loading', person: person('bea') }

  it('is from one known identity to another, nobody included', () => {
    expect([[ada, bea], [ada, nobody], [nobody, ada]].map(([from, to]) => isChangeOfPerson(from!, to!))).toEqual([true, true, true])
  })

  it('is neither the first answer nor the same person', () => {
    const refreshing: Identity = { status: 'refreshing', person: person('ada', 'ada-2') }
    expect([[loading, ada], [loading, nobody], [ada, refreshing], [nobody, nobody]].map(([from, to]) => isChangeOfPerson(from!, to!)))
      .toEqual([false, false, false, false])
  })
})
