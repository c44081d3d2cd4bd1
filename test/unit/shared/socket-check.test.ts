import type { SocketCheck, SocketCheckEvent } from '../../../src/shared/socket-check.ts'
import { describe, expect, it } from 'vitest'
import { transition, waitFor } from '../../../src/shared/socket-check.ts'

type State = SocketCheck<string>
type Event = SocketCheckEvent<string>

const IDLE: State = { status: 'idle' }
const WAITING: State = { status: 'waiting', socket: 'one' }
const PROBING: State = { status: 'probing', socket: 'one', attempt: 0 }
const COMPARING: State = { status: 'comparing', socket: 'one', attempt: 0 }
const STALLED: State = { status: 'stalled', socket: 'one' }

const returned: Event = { type: 'returned', socket: 'one', canProbe: true }
const returnedExpired: Event = { type: 'returned', socket: 'one', canProbe: false }
const answer: Event = { type: 'received', socket: 'one', isAnswer: true }
const message: Event = { type: 'received', socket: 'one', isAnswer: false }
const late: Event = { type: 'received', socket: 'zero', isAnswer: true }
const same: Event = { type: 'socketChanged', socket: 'one' }
const other: Event = { type: 'socketChanged', socket: 'two' }
const none: Event = { type: 'socketChanged', socket: undefined }
const hidden: Event = { type: 'hidden' }
const overdue: Event = { type: 'overdue' }
const answered: Event = { type: 'answered' }
const failed: Event = { type: 'failed' }

describe('transition', () => {
  it.each<[State, Event, State]>([
    [IDLE, returned, PROBING],
    [IDLE, returnedExpired, WAITING],
    [WAITING, returned, PROBING],
    [WAITING, hidden, IDLE],
    [WAITING, other, IDLE],
    [WAITING, none, IDLE],
    [PROBING, answer, IDLE],
    [PROBING, overdue, COMPARING],
    [PROBING, hidden, IDLE],
    [PROBING, other, IDLE],
    [PROBING, none, IDLE],
    [COMPARING, answer, IDLE],
    [COMPARING, message, PROBING],
    [COMPARING, answered, STALLED],
    [COMPARING, failed, { ...PROBING, attempt: 1 } as State],
    [COMPARING, hidden, IDLE],
    [COMPARING, other, IDLE],
    [STALLED, other, IDLE],
    [STALLED, none, IDLE],
    [STALLED, hidden, IDLE],
    [STALLED, returned, PROBING],
  ])('%j and %j lead to %j', (state, event, next) => {
    expect(transition(state, event)).toEqual(next)
  })

  it.each<[State, Event]>([
    ...[answer, message, late, same, other, none, overdue, answered, failed].map(event => [IDLE, event] as [State, Event]),
    ...[answer, message, late, same, overdue, answered, failed].map(event => [WAITING, event] as [State, Event]),
    ...[returned, returnedExpired, late, same, answered, failed].map(event => [PROBING, event] as [State, Event]),
    ...[late, same, overdue].map(event => [COMPARING, event] as [State, Event]),
    ...[answer, message, late, same, overdue, answered, failed].map(event => [STALLED, event] as [State, Event]),
  ])('%j is the same object after %j', (state, event) => {
    expect(transition(state, event)).toBe(state)
  })

  it('begins another wait with each message that is not the answer', () => {
    const next = transition(PROBING, message)
    expect(next).toEqual(PROBING)
    expect(next).not.toBe(PROBING)
  })

  it('begins another wait while the client has no valid token', () => {
    const next = transition(WAITING, returnedExpired)
    expect(next).toEqual(WAITING)
    expect(next).not.toBe(WAITING)
  })

  it('begins another comparison when the page is shown or online during a comparison', () => {
    const next = transition(COMPARING, returned)
    expect(next).toEqual(COMPARING)
    expect(next).not.toBe(COMPARING)
  })
})

describe('waitFor', () => {
  it.each([
    ['at least a quarter of a second', 20, 0, 250],
    ['twice the longest answer', 400, 0, 800],
    ['twice as long after each failed comparison', 400, 2, 3200],
    ['at most ten seconds', 9000, 0, 10_000],
    ['at most ten seconds after many failed comparisons', 400, 60, 10_000],
    ['one second while no answer was measured', undefined, 0, 1000],
  ])('is %s', (_name, longestAnswerMs, attempt, expected) => {
    expect(waitFor(longestAnswerMs, attempt)).toBe(expected)
  })
})
