import type { AuthEvent, AuthState } from '../../../src/token/auth-state.ts'
import type { SignedInUser } from '../../../src/token/token.ts'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
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
const starts = fc.constantFrom(
  initialAuthState(true, ada),
  initialAuthState(true, ada, false),
  initialAuthState(true, null),
  initialAuthState(true, undefined),
  initialAuthState(false, undefined),
)

/** The arrows of the diagram, one for each event. The text in parentheses explains the event. */
function drawnArrows(): string[] {
  const page = readFileSync('docs/contributing/architecture.md', 'utf8')
  const diagram = /```mermaid\nstateDiagram-v2\n(.*?)```/s.exec(page)![1]!
  return [...diagram.matchAll(/^ *(\w+|\[\*\]) --> (\w+)(?:: (.*))?$/gm)].flatMap(([, from, to, label = '']) =>
    label.replaceAll(/ ?\(.*?\)/g, '').split(', ').map(event => arrow(from!, to!, event)))
}

function arrow(from: string, to: string, event: string): string {
  return `${from} --> ${to}: ${event}`
}

describe('the diagram of the auth state in architecture.md', () => {
  it('has exactly the arrows that random events cause', () => {
    const arrows = new Set<string>()
    fc.assert(fc.property(starts, sequences, fc.integer({ min: 1, max: 150 }), (start, steps, seconds) => {
      arrows.add(arrow('[*]', start.status, ''))
      let state: AuthState = start
      steps.forEach((step, index) => {
        const event = step(index * seconds * 1000)
        const { state: next } = transition(state, event)
        if (next.status !== state.status)
          arrows.add(arrow(state.status, next.status, event.type))
        state = next
      })
    }), { numRuns: 4000, seed: 1 })
    expect(drawnArrows().sort()).toEqual([...arrows].sort())
  })
})
