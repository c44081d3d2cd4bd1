import type { QueueEvent, QueueState, StoredCall } from '../../../src/offline/queue-state.ts'
import type { StoredError } from '../../../src/offline/stored-error.ts'
import { describe, expect, it } from 'vitest'
import { dueCalls, EMPTY_QUEUE, hasWork, transition } from '../../../src/offline/queue-state.ts'

const refused: StoredError = { kind: 'other', message: 'refused' }

function call(sequence: number, error?: StoredError): StoredCall {
  return { sequence, owner: 'ada', key: `key-${sequence}`, name: 'notes:add', args: {}, createdAt: 0, error }
}

function after(...events: QueueEvent[]): QueueState {
  return events.reduce(transition, EMPTY_QUEUE)
}

const loaded = (calls: StoredCall[], isSender = true): QueueEvent => ({ type: 'loaded', calls, isSender })
const due = (state: QueueState): string[] => dueCalls(state).map(({ key }) => key)

describe('dueCalls', () => {
  it('returns the waiting calls in order, without those that were sent or have failed', () => {
    const state = after(loaded([call(1), call(2, refused), call(3), call(4)]), { type: 'passed', key: 'key-1' })
    expect(due(state)).toEqual(['key-3', 'key-4'])
  })

  it('returns nothing while another tab sends', () => {
    expect(due(after(loaded([call(1)], false)))).toEqual([])
    expect(due(after(loaded([call(1)]), { type: 'lockReleased' }))).toEqual([])
  })

  it('does not return a call that has ended, although the database still contains it', () => {
    const ended = after(loaded([call(1), call(2)]), { type: 'passed', key: 'key-1' }, { type: 'ended', key: 'key-1' })
    expect(due(ended)).toEqual(['key-2'])
    expect(due(transition(ended, loaded([call(1), call(2)])))).toEqual(['key-2'])
    const removed = transition(ended, loaded([call(2)]))
    expect(removed.ended.size).toBe(0)
  })

  it('does not return a call that has failed, even before the database contains the error', () => {
    const failed = after(loaded([call(1)]), { type: 'passed', key: 'key-1' }, { type: 'failed', key: 'key-1', error: refused })
    expect(failed.calls[0]!.error).toBe(refused)
    const read = transition(failed, loaded([call(1)]))
    expect(due(read)).toEqual([])
    expect(read.calls[0]!.error).toBe(refused)
    expect(transition(read, loaded([call(1, refused)])).failed.size).toBe(0)
  })

  it('returns a failed call again after `retried`', () => {
    const retried = after(
      loaded([call(1)]),
      { type: 'passed', key: 'key-1' },
      { type: 'failed', key: 'key-1', error: refused },
      { type: 'retried', key: 'key-1' },
    )
    expect(due(retried)).toEqual(['key-1'])
    expect(due(transition(retried, loaded([call(1)])))).toEqual(['key-1'])
  })
})

describe('hasWork', () => {
  it('is true while a call waits for its turn or its result, and false for failed calls', () => {
    expect(hasWork(after(loaded([call(1, refused)])))).toBe(false)
    expect(hasWork(after(loaded([call(1)]), { type: 'passed', key: 'key-1' }))).toBe(true)
    expect(hasWork(after(loaded([call(1)]), { type: 'ended', key: 'key-1' }))).toBe(false)
  })
})

describe('sentByOtherTab', () => {
  it('is empty once this tab is the sender', () => {
    const other = after(loaded([call(1)], false), { type: 'otherTabSent', keys: ['key-1'] })
    expect([...other.sentByOtherTab]).toEqual(['key-1'])
    expect([...transition(other, loaded([call(1)], false)).sentByOtherTab]).toEqual(['key-1'])
    expect(transition(other, loaded([call(1)])).sentByOtherTab.size).toBe(0)
  })
})
