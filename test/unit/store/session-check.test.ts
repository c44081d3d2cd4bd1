import type { SessionCheck } from '../../../src/store/session-check.ts'
import type { AuthState } from '../../../src/token/auth-state.ts'
import type { SignedInUser } from '../../../src/token/token.ts'
import { describe, expect, it } from 'vitest'
import { nextCheck, NO_CHECK, startCheck } from '../../../src/store/session-check.ts'
import { initialAuthState } from '../../../src/token/auth-state.ts'

const user: SignedInUser = { id: 'ada', sessionId: 's1', profile: {}, session: null }
const signedIn: AuthState = { ...initialAuthState(false, user), lastReportedSession: user }
const requesting: AuthState = { ...signedIn, request: { status: 'pending', kind: 'session', failures: 0 } }
/** The auth state after the provider has reported this session. */
const reported = (sessionId: string): AuthState => ({ ...signedIn, lastReportedSession: { ...user, sessionId } })

const due: SessionCheck = { kind: 'due', sessionId: 's1' }
const requested: SessionCheck = { kind: 'requested', sessionId: 's1' }
const replaced: SessionCheck = { kind: 'replaced' }

describe('startCheck', () => {
  it('checks the reported session, or else the session of the token', () => {
    expect(startCheck(signedIn)).toEqual(due)
    expect(startCheck(reported('s2'))).toEqual({ kind: 'due', sessionId: 's2' })
    expect(startCheck({ ...signedIn, lastReportedSession: null })).toEqual(due)
    expect(startCheck(initialAuthState(false, null))).toEqual({ kind: 'due', sessionId: null })
  })
})

describe('nextCheck', () => {
  it('ends a requested check when the same session is reported or the request has settled', () => {
    expect(nextCheck(requested, { ...reported('s1'), request: requesting.request }, requesting)).toBe(NO_CHECK)
    expect(nextCheck(requested, signedIn, requesting)).toBe(NO_CHECK)
  })

  it('continues a requested check while the request is under way', () => {
    expect(nextCheck(requested, requesting, signedIn)).toBe(requested)
  })

  it('keeps a due check until its request is sent', () => {
    expect(nextCheck(due, reported('s1'), signedIn)).toBe(due)
    expect(nextCheck(due, signedIn, requesting)).toBe(due)
  })

  it('waits for the time limit once another session is reported', () => {
    for (const check of [due, requested])
      expect(nextCheck(check, reported('s2'), signedIn)).toEqual(replaced)
    for (const state of [reported('s1'), signedIn])
      expect(nextCheck(replaced, state, requesting)).toBe(replaced)
  })

  it('starts no check by itself', () => {
    expect(nextCheck(NO_CHECK, reported('s2'), signedIn)).toBe(NO_CHECK)
  })
})
