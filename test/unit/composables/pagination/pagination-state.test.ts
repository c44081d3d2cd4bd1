import type { PageRequest, PageState, PaginationEvent, PaginationState } from '../../../../src/composables/pagination/pagination-state.ts'
import { describe, expect, it } from 'vitest'
import { IDLE, requestsOf, transition, viewOf } from '../../../../src/composables/pagination/pagination-state.ts'

const pending: PageState = { status: 'pending' }
const invalid: PageState = { status: 'error', error: new Error('InvalidCursor') }

function answer(rows: number[], end = String(rows.at(-1)), more: object = {}): PageState {
  return { status: 'success', isStale: false, value: { page: rows, isDone: end === 'end', continueCursor: end, ...more } }
}

/** Page states by the cursors where a page begins and ends; all other pages are pending. */
function read(answers: Record<string, PageState>): (request: PageRequest) => PageState {
  return ({ cursor, endCursor }) => answers[`${cursor ?? ''}-${endCursor ?? ''}`] ?? pending
}

const started = transition(IDLE, { type: 'start', id: 1, numItems: 2 })
const twoPages = { '-': answer([1, 2]), '2-': answer([3, 4]) }
const loaded = apply(
  started,
  { type: 'pagesChanged', read: read(twoPages) },
  { type: 'loadMore', numItems: 2, read: read(twoPages) },
  { type: 'pagesChanged', read: read(twoPages) },
)

function apply(state: PaginationState, ...events: PaginationEvent[]): PaginationState {
  return events.reduce(transition, state)
}

function rangesOf(state: PaginationState): string[] {
  return requestsOf(state).map(({ id, cursor, endCursor }) => `${id}: ${cursor ?? 'start'}-${endCursor ?? ''}`)
}

const states: Record<string, PaginationState> = {
  idle: IDLE,
  started,
  loaded,
  split: apply(loaded, { type: 'pagesChanged', read: read({ ...twoPages, '-': answer([1, 1.5, 2], '2', { splitCursor: '1.5', pageStatus: 'SplitRecommended' }) }) }),
  broken: apply(loaded, { type: 'pagesChanged', read: read({ ...twoPages, '-': { status: 'error', error: new Error('no') } }) }),
  invalid: apply(loaded, { type: 'pagesChanged', read: read({ ...twoPages, '2-': invalid }) }),
  moved: apply(loaded, { type: 'pagesChanged', read: read({ ...twoPages, '-': { ...answer([1, 2]), isStale: true } as PageState }) }),
}
states.restoring = apply(states.moved!, { type: 'start', id: 2, numItems: 2 })

const answers: Record<string, (request: PageRequest) => PageState> = {
  'nothing': () => pending,
  'pauses': () => ({ status: 'paused' }),
  'errors': () => ({ status: 'error', error: new Error('no') }),
  'invalid cursors': () => invalid,
  'pages': () => answer([1, 2, 3, 4, 5], 'end', { splitCursor: '3' }),
  'stale pages': () => ({ ...answer([1]), isStale: true } as PageState),
  'incomplete pages': () => answer([], '3', { splitCursor: '2', pageStatus: 'SplitRequired' }),
}

describe('pagination-state', () => {
  describe('transition and viewOf', () => {
    const cases = Object.keys(states).flatMap(state => Object.keys(answers).map(name => [state, name] as const))

    it.each(cases)('return a state and a view for every event (state: %s, pages: %s)', (name, answered) => {
      const state = states[name]!
      const before = JSON.stringify(state)
      const events: PaginationEvent[] = [
        { type: 'start', id: 9, numItems: 2 },
        { type: 'pagesChanged', read: answers[answered]! },
        { type: 'loadMore', numItems: 2, read: answers[answered]! },
        { type: 'resume', read: answers[answered]! },
      ]
      for (const event of events) {
        const next = transition(state, event)
        expect(JSON.stringify(next)).toBe(JSON.stringify(transition(state, event)))
        expect(viewOf(next, answers[answered]!)).toHaveProperty('results')
      }
      expect(JSON.stringify(state)).toBe(before)
    })

    it.each(cases)('reach a final state if the pages do not change (state: %s, pages: %s)', (name, answered) => {
      let state = states[name]!
      // These pages are equal for every range, so the halves would be split again without end.
      const isOnceOnly = answered === 'pages' || answered === 'incomplete pages'
      const rounds = isOnceOnly ? 3 : 20
      for (let round = 0; round < rounds; round++) {
        state = transition(state, { type: 'pagesChanged', read: answers[answered]! })
        if (state.status === 'lost' && (answered !== 'stale pages' || round < 3))
          state = transition(state, { type: 'start', id: round, numItems: 2 })
      }
      if (!isOnceOnly)
        expect(transition(state, { type: 'pagesChanged', read: answers[answered]! })).toBe(state)
    })

    it('return the same object if nothing changes', () => {
      expect(transition(loaded, { type: 'pagesChanged', read: read(twoPages) })).toBe(loaded)
      expect(transition(loaded, { type: 'resume', read: read(twoPages) })).toBe(loaded)
      expect(transition(loaded, { type: 'pagesChanged', read: () => pending })).toBe(loaded)
      expect(transition(IDLE, { type: 'loadMore', numItems: 2, read: read(twoPages) })).toBe(IDLE)
    })
  })

  describe('requestsOf', () => {
    it.each(Object.entries(states))('returns each request only once (state: %s)', (_name, state) => {
      expect(new Set(rangesOf(state)).size).toBe(requestsOf(state).length)
    })
  })

  describe('a page that is being split', () => {
    const whole = answer([1, 1.5, 2], '2', { splitCursor: '1.5', pageStatus: 'SplitRecommended' })

    it('is requested as a whole and in halves until both halves have results', () => {
      expect(rangesOf(states.split!)).toEqual(['1: start-', '1: start-1.5', '1: 1.5-2', '1: 2-'])
      const oneHalf = transition(states.split!, { type: 'pagesChanged', read: read({ ...twoPages, '-': whole, '-1.5': answer([1, 1.5]) }) })
      expect(rangesOf(oneHalf)).toEqual(rangesOf(states.split!))
      const both = read({ ...twoPages, '-': whole, '-1.5': answer([1, 1.5]), '1.5-2': answer([2]) })
      expect(rangesOf(transition(oneHalf, { type: 'pagesChanged', read: both }))).toEqual(['1: start-1.5', '1: 1.5-2', '1: 2-'])
    })
  })

  describe('the pages of a previous client', () => {
    it('are requested again with fixed ends, and are replaced once all new pages have results', () => {
      expect(rangesOf(states.restoring!)).toEqual(['2: start-2', '2: 2-4'])
      const former = { status: 'CanLoadMore', results: [1, 2, 3, 4], isStale: false } as const
      const one = transition(states.restoring!, { type: 'pagesChanged', read: read({ '-2': answer([1]) }) })
      expect(viewOf(one, read({ '-2': answer([1]) }), { ...former, results: [...former.results] })).toEqual({ status: 'LoadingMore', results: [1, 2, 3, 4], isStale: true })
      const all = read({ '-2': answer([1]), '2-4': answer([3]) })
      expect(viewOf(transition(one, { type: 'pagesChanged', read: all }), all).results).toEqual([1, 3])
    })
  })
})
