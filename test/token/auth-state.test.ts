import type { AuthEvent, AuthState, Identity, Person, ProviderRequest } from '../../src/token/auth-state.ts'
import type { SessionSnapshot } from '../../src/token/token-source.ts'
import { describe, expect, it } from 'vitest'
import { initialAuthState, isChangeOfPerson, transition } from '../../src/token/auth-state.ts'

type SignedIn = Extract<SessionSnapshot, { status: 'signedIn' }>
type Status = Identity['status']

const failure = new Error('no answer')

function session(userId: string, sessionId = `${userId}-1`): SignedIn {
  return { status: 'signedIn', userId, sessionId, user: { name: userId }, session: { id: sessionId } }
}

function person(userId: string, sessionId: string | null = `${userId}-1`): Person {
  return { userId, sessionId, user: { name: userId }, session: { id: sessionId } }
}

function token(userId: string, sessionId: string | null = `${userId}-1`, isRepeated = false): AuthEvent {
  return { type: 'token', claims: { userId, sessionId, user: { id: userId }, lifetimeMs: 900_000 }, isRepeated }
}

function hears(snapshot: SessionSnapshot): AuthEvent {
  return { type: 'session', snapshot }
}

/** A state after a walk of events from a page that has just loaded. */
function after(...events: AuthEvent[]): AuthState {
  return events.reduce(transition, initialAuthState({ status: 'pending' }, false, undefined))
}

const adaAuthenticated = after(hears(session('ada')), token('ada'), { type: 'confirmed' })
const adaRefreshing = transition(adaAuthenticated, { type: 'refused' })

const identities: Identity[] = [
  { status: 'loading', person: undefined, overdue: false },
  { status: 'loading', person: undefined, overdue: true },
  { status: 'loading', person: person('ada'), overdue: false },
  { status: 'loading', person: person('ada'), overdue: true },
  { status: 'unauthenticated', person: null, error: null },
  { status: 'unauthenticated', person: null, error: failure },
  ...(['authenticating', 'authenticated', 'refreshing'] as const).flatMap((status): Identity[] => [
    { status, person: person('ada') },
    { status, person: person('ada', null) },
    { status, person: { ...person('ada'), user: null, session: null } },
  ]),
]
const requests: (ProviderRequest | null)[] = [
  null,
  ...(['session', 'token', 'newToken'] as const).flatMap((question): ProviderRequest[] => [
    { status: 'pending', question, failures: 0, isEarly: false, error: null },
    { status: 'pending', question, failures: 3, isEarly: true, error: failure },
    { status: 'waiting', question, failures: 1, error: failure, retryAfterMs: 0, isWakeable: true },
    { status: 'waiting', question, failures: 9, error: failure, retryAfterMs: 5000, isWakeable: false },
  ]),
]
const memories: Pick<AuthState, 'said' | 'deniedSessionId' | 'leftSessionIds' | 'refusals'>[] = [
  { said: null, deniedSessionId: null, leftSessionIds: [], refusals: 0 },
  { said: { status: 'signedOut' }, deniedSessionId: null, leftSessionIds: ['bea-1'], refusals: 1 },
  { said: session('ada'), deniedSessionId: 'ada-2', leftSessionIds: ['ada-2', 'bea-1'], refusals: 5 },
  { said: session('bea'), deniedSessionId: 'bea-1', leftSessionIds: Array.from({ length: 8 }, (_, i) => `old-${i}`), refusals: 6 },
]
/** Every shape of state that the type allows, reachable or not. */
const states: AuthState[] = identities.flatMap(identity => requests.flatMap(request => memories.map(memory => ({ identity, request, ...memory }))))

const events: AuthEvent[] = [
  hears({ status: 'pending' }),
  hears({ status: 'pending', mayBeSignedIn: true }),
  hears({ status: 'failed', error: failure }),
  hears({ status: 'signedOut' }),
  hears(session('ada')),
  hears(session('ada', 'ada-2')),
  hears(session('bea')),
  ...[true, false].flatMap(isForced => [true, false].map((isAged): AuthEvent => ({ type: 'demand', isForced, isAged }))),
  token('ada'),
  token('ada', null),
  token('ada', 'ada-2'),
  token('ada', 'ada-1', true),
  token('bea'),
  { type: 'denied' },
  { type: 'failed', error: failure },
  { type: 'failed', error: failure, retryAfterMs: 60_000 },
  { type: 'due' },
  { type: 'woke', isAged: true },
  { type: 'woke', isAged: false },
  { type: 'overdue' },
  { type: 'doubted' },
  { type: 'confirmed' },
  { type: 'refused' },
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
      expect(statuses).toContain(next.identity.status)
      expect(Object.keys(next).sort()).toEqual(['deniedSessionId', 'identity', 'leftSessionIds', 'refusals', 'request', 'said'])
      const { identity, request } = next
      if (identity.status === 'unauthenticated')
        expect(identity.person).toBeNull()
      else if (identity.status !== 'loading')
        expect(identity.person?.userId).toBeTypeOf('string')
      else
        expect(identity.person).not.toBeNull()
      if (request) {
        expect(['pending', 'waiting']).toContain(request.status)
        expect(request.failures).toBeGreaterThanOrEqual(0)
      }
      expect(next.leftSessionIds.length).toBeLessThanOrEqual(8)
    })
  })

  it('is no surprise to an event that nobody has thought of', () => {
    for (const state of states)
      expect(transition(state, { type: 'unheard of' } as never)).toBe(state)
  })

  it('signs out only at a definite answer', () => {
    forEveryTransition((next, state, event) => {
      if (next.identity.person !== null || state.identity.person === null)
        return
      const isDefinite = ['denied', 'rejected', 'signedOut'].includes(event.type)
        || (event.type === 'session' && event.snapshot.status === 'signedOut')
        || (event.type === 'demand' && state.identity.status === 'refreshing' && state.refusals >= 6)
      expect(isDefinite).toBe(true)
    })
  })

  it('turns to another person only by a session or a token', () => {
    forEveryTransition((next, state, event) => {
      const userId = next.identity.person?.userId
      if (userId !== undefined && userId !== state.identity.person?.userId) {
        expect(['session', 'token']).toContain(event.type)
        expect(['loading', 'authenticating']).toContain(next.identity.status)
      }
    })
  })

  it('says `authenticated` only after the deployment has confirmed', () => {
    forEveryTransition((next, state, event) => {
      if (next.identity.status === 'authenticated' && state.identity.status !== 'authenticated')
        expect(event.type).toBe('confirmed')
    })
  })

  it('says `authenticating` only with a token', () => {
    forEveryTransition((next, state, event) => {
      if (next.identity.status === 'authenticating' && state.identity.status !== 'authenticating')
        expect(event.type).toBe('token')
    })
  })

  it('makes no attempt during a back-off but the one that is due, or brought forward, or for another person or nobody', () => {
    forEveryTransition((next, state, event) => {
      if (state.request?.status !== 'waiting' || state.request.question === 'session' || next.request?.status !== 'pending')
        return
      const isOtherPerson = next.identity.person?.userId !== state.identity.person?.userId
      expect(isOtherPerson || event.type === 'due' || (event.type === 'woke' && state.request.isWakeable)).toBe(true)
    })
  })

  it('keeps no secret of a token', () => {
    forEveryTransition(next => expect(JSON.stringify(next)).not.toMatch(/lifetimeMs|claims/))
  })
})

describe('a page that has just loaded', () => {
  it('asks for the session first, and for a token with a hint', () => {
    expect(initialAuthState({ status: 'pending' }, false, undefined)).toMatchObject({ identity: { status: 'loading' }, request: { question: 'session' } })
    expect(initialAuthState({ status: 'pending' }, true, undefined)).toMatchObject({ identity: { status: 'loading' }, request: { question: 'token' } })
  })

  it('asks for nothing where the provider knows already that nobody is there, whatever the hint', () => {
    expect(initialAuthState({ status: 'signedOut' }, true, undefined)).toMatchObject({ identity: { status: 'unauthenticated', error: null }, request: null })
  })

  it('believes whom a server has found', () => {
    expect(initialAuthState({ status: 'pending' }, true, person('ada'))).toMatchObject({ identity: { status: 'authenticated', person: { userId: 'ada' } }, request: null })
    expect(initialAuthState({ status: 'pending' }, true, null)).toMatchObject({ identity: { status: 'unauthenticated', error: null }, request: null })
  })

  it('asks for a token once the session names somebody', () => {
    expect(after(hears(session('ada')))).toMatchObject({ identity: { status: 'loading', person: { userId: 'ada' } }, request: { status: 'pending', question: 'token' } })
  })

  it('keeps the token request of the first moment when the session names somebody', () => {
    const hinted = initialAuthState({ status: 'pending' }, true, undefined)
    expect(transition(hinted, hears(session('ada'))).request).toBe(hinted.request)
  })

  it('waits no shorter for a token after it has learnt who is there', () => {
    expect(after({ type: 'overdue' }, hears(session('ada'))).identity).toMatchObject({ status: 'loading', overdue: true })
    expect(after(hears(session('ada')), hears(session('bea'))).identity).toMatchObject({ status: 'loading', overdue: false })
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
    expect(next.identity.status).toBe(state.identity.status)
    expect(next.identity.person?.userId).toBe('ada')
  })

  it('does not bring back who has left', () => {
    const gone = transition(adaAuthenticated, { type: 'signedOut' })
    expect(transition(gone, hears(session('ada')))).toMatchObject({ identity: { status: 'unauthenticated' }, request: null })
  })

  it('does not replace the person whom a token has named', () => {
    const bea = transition(adaAuthenticated, token('bea'))
    expect(transition(bea, hears(session('ada')))).toMatchObject({ identity: { person: { userId: 'bea' } }, request: null })
  })
})

describe('a session that was left', () => {
  const bea = transition(adaAuthenticated, token('bea'))

  it('is asked about, not believed', () => {
    const backAndForth = [hears(session('bea')), hears(session('ada'))].reduce(transition, bea)
    expect(backAndForth).toMatchObject({ identity: { person: { userId: 'bea' } }, request: { status: 'pending', question: 'newToken' } })
  })

  it('comes back with a token', () => {
    const back = [hears(session('bea')), hears(session('ada')), token('ada')].reduce(transition, bea)
    expect(back.identity).toMatchObject({ status: 'authenticating', person: { userId: 'ada', user: { name: 'ada' } } })
  })
})

describe('a denial', () => {
  const denied = transition(adaAuthenticated, { type: 'denied' })

  it('signs out and says why', () => {
    expect(denied.identity).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
    expect(denied.request).toBeNull()
  })

  it('has nothing to say to a visitor of whom nothing was known', () => {
    expect(after({ type: 'denied' }).identity).toEqual({ status: 'unauthenticated', person: null, error: null })
  })

  it('keeps that session out, however often it is named', () => {
    const again = [hears({ status: 'signedOut' }), hears(session('ada')), token('ada')].reduce(transition, denied)
    expect(again).toMatchObject({ identity: { status: 'unauthenticated' }, request: null, deniedSessionId: 'ada-1' })
  })

  it('is not asked about again', () => {
    expect([hears({ status: 'signedOut' }), hears(session('ada'))].reduce(transition, denied).request).toBeNull()
  })

  it('lets the same person in with another session', () => {
    expect(transition(denied, hears(session('ada', 'ada-2')))).toMatchObject({ identity: { status: 'loading', person: { userId: 'ada' } }, request: { question: 'token' } })
  })

  it('keeps its reason when the provider agrees that nobody is there', () => {
    expect(transition(denied, hears({ status: 'signedOut' })).identity).toBe(denied.identity)
  })
})

describe('a token of a session that was denied', () => {
  const bea = [{ type: 'denied' } as const, hears(session('bea')), token('bea'), { type: 'confirmed' } as const].reduce(transition, adaAuthenticated)

  it('is a failed attempt to whoever is there', () => {
    const asked = transition(bea, { type: 'demand', isForced: true, isAged: false })
    expect(transition(asked, token('ada'))).toMatchObject({ identity: { status: 'authenticated', person: { userId: 'bea' } }, request: { status: 'waiting' } })
  })

  it('is a failed attempt to whoever is about to come', () => {
    const coming = [{ type: 'denied' } as const, hears(session('bea'))].reduce(transition, adaAuthenticated)
    expect(transition(coming, token('ada'))).toMatchObject({ identity: { status: 'loading', person: { userId: 'bea' } }, request: { status: 'waiting' } })
  })
})

describe('a doubt whether it is still them', () => {
  it('asks for a token, and shares what is under way', () => {
    const asked = transition(adaAuthenticated, { type: 'doubted' })
    expect(asked).toMatchObject({ identity: adaAuthenticated.identity, request: { status: 'pending', question: 'newToken' } })
    expect(transition(asked, { type: 'doubted' }).request).toBe(asked.request)
    expect(after(hears({ status: 'signedOut' }), { type: 'doubted' })).toMatchObject({ identity: { status: 'unauthenticated' }, request: { question: 'token' } })
  })
})

describe('the provider\'s word after a doubt', () => {
  it('is news, even if it is the same again', () => {
    const back = [{ type: 'doubted' } as const, token('ada')].reduce(transition, after(hears({ status: 'signedOut' })))
    expect(back.identity).toMatchObject({ status: 'authenticating', person: { userId: 'ada' } })
    expect(transition(back, hears({ status: 'signedOut' })).identity.status).toBe('unauthenticated')
  })
})

describe('the same person with another session', () => {
  it('stays, and gets a token of that session', () => {
    expect(transition(adaAuthenticated, hears(session('ada', 'ada-2')))).toMatchObject({
      identity: { status: 'authenticated', person: { userId: 'ada', sessionId: 'ada-2' } },
      request: { status: 'pending', question: 'newToken' },
    })
  })

  it.each([
    ['while a token is being renewed', transition(adaAuthenticated, { type: 'demand', isForced: true, isAged: false })],
    ['before the first token', after(hears(session('ada')))],
  ])('is not asked for with the former session\'s request: %s', (_name, state) => {
    const next = transition(state, hears(session('ada', 'ada-2')))
    expect(next.request).toMatchObject({ status: 'pending' })
    expect(next.request).not.toBe(state.request)
  })

  it('is no reason to overtake a back-off', () => {
    const waiting = [{ type: 'demand', isForced: true, isAged: false } as const, { type: 'failed', error: failure } as const].reduce(transition, adaAuthenticated)
    expect(transition(waiting, hears(session('ada', 'ada-2'))).request).toBe(waiting.request)
  })

  it('is described anew without traffic where only the description differs', () => {
    const renamed = { ...session('ada'), user: { name: 'Ada L.' } }
    const next = transition(adaAuthenticated, hears(renamed))
    expect(next.identity.person?.user).toEqual({ name: 'Ada L.' })
    expect(next.request).toBeNull()
  })

  it('that a token has named stays named, whatever the provider says again', () => {
    const rotated = [token('ada', 'ada-2'), hears(session('ada'))].reduce(transition, adaAuthenticated)
    expect(rotated).toMatchObject({ identity: { status: 'authenticated', person: { sessionId: 'ada-2' } }, request: null })
    expect(transition(rotated, { type: 'denied' }).deniedSessionId).toBe('ada-2')
  })

  it('may have a token without a session id', () => {
    const next = [token('ada', null), { type: 'confirmed' } as const, hears(session('ada'))].reduce(transition, after(hears({ status: 'pending' })))
    expect(next).toMatchObject({ identity: { status: 'authenticated', person: { sessionId: 'ada-1' } }, request: null })
  })
})

describe('a failure', () => {
  const asked = transition(adaAuthenticated, { type: 'demand', isForced: true, isAged: false })
  const failed: AuthEvent = { type: 'failed', error: failure }

  it('changes nobody and backs off', () => {
    expect(transition(asked, failed)).toMatchObject({ identity: adaAuthenticated.identity, request: { status: 'waiting', failures: 1, error: failure } })
  })

  it('of nothing that was asked is nothing', () => {
    expect(transition(adaAuthenticated, failed)).toBe(adaAuthenticated)
  })

  it('counts up until there is an answer', () => {
    const thrice = [failed, { type: 'due' } as const, failed, { type: 'due' } as const, failed].reduce(transition, asked)
    expect(thrice.request?.failures).toBe(3)
    const answered = [{ type: 'due' } as const, token('ada'), { type: 'demand', isForced: true, isAged: false } as const].reduce(transition, thrice)
    expect(answered.request?.failures).toBe(0)
  })

  it('stays the reason while it is being tried again', () => {
    expect([failed, { type: 'due' } as const].reduce(transition, asked).request).toMatchObject({ status: 'pending', error: failure })
  })

  it('is tried again at once when the page comes back to life, once in a step', () => {
    const woken = [failed, { type: 'woke', isAged: false } as const].reduce(transition, asked)
    expect(woken.request).toMatchObject({ status: 'pending', isEarly: true })
    const failedAgain = transition(woken, failed)
    expect(transition(failedAgain, { type: 'woke', isAged: false })).toBe(failedAgain)
    const nextStep = [{ type: 'due' } as const, failed].reduce(transition, failedAgain)
    expect(transition(nextStep, { type: 'woke', isAged: false }).request).toMatchObject({ status: 'pending' })
  })

  it('of a provider that named a time is not tried again before it', () => {
    const told = transition(asked, { ...failed, retryAfterMs: 60_000 })
    expect(told.request).toMatchObject({ status: 'waiting', retryAfterMs: 60_000 })
    expect(transition(told, { type: 'woke', isAged: true })).toBe(told)
  })
})

describe('the very token that was there before', () => {
  it('is a failed attempt where another one was wanted', () => {
    const asked = transition(adaAuthenticated, { type: 'demand', isForced: true, isAged: false })
    expect(transition(asked, token('ada', 'ada-1', true))).toMatchObject({ identity: { status: 'authenticated' }, request: { status: 'waiting' } })
  })
})

describe('a token that the deployment refuses', () => {
  const demand: AuthEvent = { type: 'demand', isForced: true, isAged: false }

  it('is replaced at once the first time, then ever more slowly, then never', () => {
    let state = transition(adaRefreshing, demand)
    expect(state.request).toMatchObject({ status: 'pending' })
    for (const failures of [1, 2, 3, 4, 5]) {
      state = [token('ada'), demand].reduce(transition, state)
      expect(state.request).toMatchObject({ status: 'waiting', failures })
      state = transition(state, { type: 'due' })
    }
    state = [token('ada'), demand].reduce(transition, state)
    expect(state.identity).toMatchObject({ status: 'unauthenticated', error: { code: 'TOKEN_REJECTED' } })
    expect(state.deniedSessionId).toBe('ada-1')
  })

  it('is no reason for suspicion once it is old', () => {
    let state = adaRefreshing
    for (let wakes = 0; wakes < 20; wakes++)
      state = [{ ...demand, isAged: true } as const, token('ada'), { type: 'confirmed' } as const, { type: 'refused' } as const].reduce(transition, state)
    expect(state.identity).toMatchObject({ status: 'refreshing', person: { userId: 'ada' } })
  })

  it('is forgotten after a renewal that the deployment accepted', () => {
    let state = adaRefreshing
    for (let days = 0; days < 20; days++)
      state = [demand, token('ada'), { type: 'confirmed' } as const, demand, token('ada'), { type: 'refused' } as const].reduce(transition, state)
    expect(state.identity).toMatchObject({ status: 'refreshing', person: { userId: 'ada' } })
  })
})

describe('a change of person', () => {
  const loading: Identity = { status: 'loading', person: undefined, overdue: true }
  const nobody: Identity = { status: 'unauthenticated', person: null, error: null }
  const ada: Identity = { status: 'authenticated', person: person('ada') }
  const bea: Identity = { status: 'loading', person: person('bea'), overdue: false }

  it('is from one known identity to another, nobody included', () => {
    expect([[ada, bea], [ada, nobody], [nobody, ada]].map(([from, to]) => isChangeOfPerson(from!, to!))).toEqual([true, true, true])
  })

  it('is neither the first answer nor the same person', () => {
    const refreshing: Identity = { status: 'refreshing', person: person('ada', 'ada-2') }
    expect([[loading, ada], [loading, nobody], [ada, refreshing], [nobody, nobody]].map(([from, to]) => isChangeOfPerson(from!, to!)))
      .toEqual([false, false, false, false])
  })
})
