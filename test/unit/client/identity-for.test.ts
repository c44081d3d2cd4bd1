import type { AuthMode, RunsAs } from '../../../src/client/identity-for.ts'
import type { AuthState } from '../../../src/token/auth-state.ts'
import type { SignedInUser } from '../../../src/token/token.ts'
import { describe, expect, it } from 'vitest'
import { isUserExpected, runsAs, userIdFor } from '../../../src/client/identity-for.ts'
import { initialAuthState } from '../../../src/token/auth-state.ts'

const user: SignedInUser = { id: 'ada', sessionId: 's1', profile: {}, session: null }
const loading = initialAuthState(false, undefined)
const states: Record<string, AuthState> = {
  'a confirmed user': initialAuthState(false, user),
  'a user whose token is not confirmed': { ...loading, status: 'authenticating', user },
  'a user whose token was refused': { ...loading, status: 'refreshing', user },
  'a user without a first token': { ...loading, status: 'loading', user },
  'an unknown identity': loading,
  'an identity that is unknown for too long': { ...loading, anonymousTimedOut: true },
  'a page that is signed out': initialAuthState(false, null),
}

describe('runsAs', () => {
  it.each<[string, Record<AuthMode, RunsAs>]>([
    ['a confirmed user', { public: 'anonymous', optional: 'user', call: 'user', required: 'user' }],
    ['a user whose token is not confirmed', { public: 'anonymous', optional: 'user', call: 'user', required: 'user' }],
    ['a user whose token was refused', { public: 'anonymous', optional: 'user', call: 'user', required: 'user' }],
    ['a user without a first token', { public: 'anonymous', optional: 'waiting', call: 'waiting', required: 'waiting' }],
    ['an unknown identity', { public: 'anonymous', optional: 'waiting', call: 'waiting', required: 'waiting' }],
    ['an identity that is unknown for too long', { public: 'anonymous', optional: 'anonymous', call: 'waiting', required: 'waiting' }],
    ['a page that is signed out', { public: 'anonymous', optional: 'anonymous', call: 'anonymous', required: 'unavailable' }],
  ])('returns the identity of a query or call in each auth mode: %s', (name, expected) => {
    const modes = Object.keys(expected) as AuthMode[]
    expect(Object.fromEntries(modes.map(mode => [mode, runsAs(mode, states[name]!)]))).toEqual(expected)
  })
})

describe('userIdFor', () => {
  it('returns a user id, null for anonymous, or undefined if the query does not run', () => {
    const state = states['a confirmed user']!
    expect(userIdFor('required', state)).toBe('ada')
    expect(userIdFor('public', state)).toBeNull()
    expect(userIdFor('required', states['a page that is signed out']!)).toBeUndefined()
  })
})

describe('isUserExpected', () => {
  it('is true if a user is known, or if a token was requested while the identity is unknown', () => {
    expect(isUserExpected(states['a user without a first token']!)).toBe(true)
    expect(isUserExpected(initialAuthState(true, undefined))).toBe(true)
    expect(isUserExpected(loading)).toBe(false)
    expect(isUserExpected(states['a page that is signed out']!)).toBe(false)
  })
})
