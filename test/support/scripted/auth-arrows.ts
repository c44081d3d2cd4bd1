import type { AuthEvent, AuthState } from '../../../src/token/auth-state.ts'
import type { SignedInUser } from '../../../src/token/token.ts'
import fc from 'fast-check'
import { initialAuthState, transition } from '../../../src/token/auth-state.ts'

const failure = new Error('no answer')
const MINUTE = 60_000

/** An event at a time of the engine's clock. */
type Step = (now: number) => AuthEvent

const userIds = fc.constantFrom('ada', 'bea')
const sessionIds = fc.constantFrom('1', '2', null)

const reports: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(userIds, sessionIds).map(([userId, sessionId]): AuthEvent => ({
    type: 'session',
    snapshot: { status: 'signedIn', userId, sessionId, user: { name: userId }, session: { id: sessionId } },
  })),
  fc.constantFrom<AuthEvent>(
    { type: 'session', snapshot: { status: 'pending' } },
    { type: 'session', snapshot: { status: 'failed', error: failure } },
    { type: 'session', snapshot: { status: 'failed', error: failure, isInconclusive: true } },
    { type: 'session', snapshot: { status: 'signedOut' } },
  ),
).map(event => () => event)

const tokens: fc.Arbitrary<Step> = fc.tuple(userIds, sessionIds).map(([id, sessionId]) => () => ({
  type: 'token',
  token: { value: `secret-of-${id}`, user: { id, sessionId, profile: { id }, session: null }, lifetimeMs: 15 * MINUTE, expiresAt: 1e12 },
}))

const answers: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  () => ({ type: 'denied' }),
  () => ({ type: 'failed', error: failure }),
  () => ({ type: 'retry', isEarly: false }),
  () => ({ type: 'retry', isEarly: true }),
  () => ({ type: 'sessionCheckRequested' }),
  () => ({ type: 'refresh', hasSession: true }),
  () => ({ type: 'refresh', hasSession: false }),
  () => ({ type: 'tokenRequested' }),
  () => ({ type: 'anonymousTimedOut' }),
  () => ({ type: 'signedOut' }),
)

const confirmations: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  () => ({ type: 'authenticated' }),
  () => ({ type: 'refreshing' }),
)

const rejections: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  now => ({ type: 'rejected', at: now }),
  now => ({ type: 'tokenRequested', rejectedAt: now }),
)

/** Any events, or those of a user whose tokens the deployment rejects until it signs the user out. */
const sequences = fc.oneof(
  fc.array(fc.oneof(reports, tokens, answers, confirmations, rejections), { maxLength: 20 }),
  fc.array(fc.oneof(rejections, rejections, tokens, confirmations), { minLength: 10, maxLength: 30 }),
)

const ada: SignedInUser = { id: 'ada', sessionId: '1', profile: null, session: null }
const starts = [
  initialAuthState(true, ada),
  initialAuthState(true, ada, false),
  initialAuthState(true, null),
  initialAuthState(true, undefined),
  initialAuthState(false, undefined),
]

/** The statuses of a page at its start. */
export const FIRST_STATUSES = [...new Set(starts.map(({ status }) => status))]

/**
 * The changes of the status that random events cause, as `from --> to: event`. Sorted, and the same
 * in each run.
 */
export function causedArrows(): string[] {
  const arrows = new Set<string>()
  fc.assert(fc.property(fc.constantFrom(...starts), sequences, fc.integer({ min: 1, max: 150 }), (start, steps, seconds) => {
    let state: AuthState = start
    steps.forEach((step, index) => {
      const event = step(index * seconds * 1000)
      const { state: next } = transition(state, event)
      if (next.status !== state.status)
        arrows.add(`${state.status} --> ${next.status}: ${event.type}`)
      state = next
    })
  }), { numRuns: 4000, seed: 1 })
  return [...arrows].sort()
}
