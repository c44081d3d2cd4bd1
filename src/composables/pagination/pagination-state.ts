/** The pages of a list as a pure state machine, without Vue and without the query store. */

import type { PaginationResult } from 'convex/server'
import type { Value } from 'convex/values'
import type { QueryState } from '../../store/query-entry.ts'

/** The `paginationOpts` of one page. Two requests are the same only if they are the same object. */
export interface PageRequest {
  /** The id of the list: lists must not share cursors and journals. */
  id: number
  numItems: number
  /** The cursor after which the page begins; `null`: the page begins at the start of the list. */
  cursor: string | null
  /**
   * The cursor at which the page ends. If it is not set, the first run of the query ends the page
   * after `numItems` rows, and the journal of the subscription keeps this end.
   */
  endCursor?: string
}

/** The state of the query of one page. */
export type PageState
  = | Exclude<QueryState, { status: 'success' }>
    | (Extract<QueryState, { status: 'success' }> & { value: PaginationResult<Value> })

export interface Page {
  request: PageRequest
  /** The last known end of the page. */
  end?: string
  /** Other requests for the same range. When all of them have results, they replace the page. */
  replacement?: readonly Page[]
}

/**
 * How often the list has restarted, and how many pages it had before. Removed when the list has as
 * many pages again.
 */
interface RestartCount { restarts: number, pages: number }

/**
 * The pages of one list. A list belongs to one query, one set of arguments and one identity.
 *
 * ```
 * idle ──start──▶ listing ──loadMore──▶ listing (one page more)
 *                  │   ▲
 *     invalid cursor   └─start──┐
 *                  ▼            │
 *                 lost (no pages)
 *
 * listing ──subscriptions lost, or on another client──▶ lost (pages) ──start──▶ restoring
 * restoring ──all pages have results──▶ listing
 * ```
 */
export type PaginationState
  /** No page is requested. */
  = | { status: 'idle' }
  /** The list shows the rows of the pages, in order. */
    | { status: 'listing', pages: readonly Page[], restartCount?: RestartCount }
  /**
   * All pages are requested again, each with a fixed end. The list shows them when all of them have
   * results.
   */
    | { status: 'restoring', pages: readonly Page[], restartCount?: RestartCount }
  /**
   * The subscriptions can no longer be used. The event `start` restores these pages, or requests
   * the first page if `pages` is empty.
   */
    | { status: 'lost', pages: readonly Page[], restartCount?: RestartCount }

type ReadPage = (request: PageRequest) => PageState

export type PaginationEvent
  = | { type: 'start', id: number, numItems: number }
  /** The states of pages may have changed. Repeating this event has no effect. */
    | { type: 'pagesChanged', read: ReadPage }
    | { type: 'loadMore', numItems: number, read: ReadPage }
  /**
   * The pages are subscribed again. The list had released them while its component was deactivated
   * in a `KeepAlive`.
   */
    | { type: 'resume', read: ReadPage }

/** The state of a list for its component. */
export interface PaginationView {
  status: 'LoadingFirstPage' | 'CanLoadMore' | 'LoadingMore' | 'Exhausted' | 'Paused' | 'Error'
  results: Value[]
  error?: Error
  isStale: boolean
}

export const IDLE: PaginationState = { status: 'idle' }
export const LOADING: PaginationView = { status: 'LoadingFirstPage', results: [], isStale: false }
export const PAUSED: PaginationView = { status: 'Paused', results: [], isStale: false }

/**
 * After this many restarts, an invalid cursor is an error, so that the list does not restart in an
 * endless loop.
 */
const MAX_RESTARTS = 3

/** The next state. A pure function; it returns the same object if nothing changes. */
export function transition(state: PaginationState, event: PaginationEvent): PaginationState {
  switch (event.type) {
    case 'start':
      return start(state, event.id, event.numItems)
    case 'pagesChanged':
      if (state.status === 'listing' || state.status === 'restoring')
        return settle(state, event.read)
      return state
    case 'loadMore':
      if (state.status !== 'listing' || viewOf(state, event.read).status !== 'CanLoadMore')
        return state
      return { ...state, pages: [...state.pages, nextPage(state.pages.at(-1)!, event.numItems, event.read)] }
    case 'resume': {
      // If a page loads again without a fixed end, it could end at another row than before.
      const isLost = (page: Page): boolean => page.end !== undefined && isLoading(event.read(page.request))
      if ('pages' in state && state.pages.some(isLost))
        return { ...state, status: 'lost' }
      return state
    }
    default:
      return event satisfies never
  }
}

/** Computes the view of a state. `previous` is the last view of the same list. */
export function viewOf(state: PaginationState, read: ReadPage, previous: PaginationView = LOADING): PaginationView {
  switch (state.status) {
    case 'idle':
      return PAUSED
    case 'lost':
    case 'restoring':
      if (state.pages.length === 0 || previous.results.length === 0)
        return LOADING
      return { status: 'LoadingMore', results: previous.results, isStale: true }
    case 'listing':
      return viewOfPages(state.pages, read)
    default:
      return state satisfies never
  }
}

/** All requests that must be subscribed in a state. */
export function requestsOf(state: PaginationState): PageRequest[] {
  const collect = (pages: readonly Page[]): PageRequest[] =>
    pages.flatMap(page => [page.request, ...collect(page.replacement ?? [])])
  if (state.status === 'listing' || state.status === 'restoring')
    return collect(state.pages)
  return []
}

function start(state: PaginationState, id: number, numItems: number): PaginationState {
  const restartCount = state.status === 'lost' ? state.restartCount : undefined
  if (state.status === 'lost' && state.pages.length > 0)
    return { status: 'restoring', pages: state.pages.map(page => withFixedEnd(page, id)), restartCount }
  return { status: 'listing', pages: [{ request: { id, numItems, cursor: null } }], restartCount }
}

function settle(state: Exclude<PaginationState, { status: 'idle' | 'lost' }>, read: ReadPage): PaginationState {
  const { pages, restartCount } = state
  const allStates = requestsOf(state).map(read)
  const shownStates = pages.map(page => read(page.request))
  const restarts = restartCount?.restarts ?? 0
  if (allStates.some(isInvalidCursor) && restarts < MAX_RESTARTS)
    return { status: 'lost', pages: [], restartCount: { restarts: restarts + 1, pages: pages.length } }
  // A new client does not have the journals of the previous client. Its pages could therefore
  // overlap or leave gaps.
  if (pages.length > 1 && allStates.some(page => page.status === 'success' && page.isStale && !page.isWithheld))
    return { status: 'lost', pages, restartCount }

  const settled = pages.flatMap((page, index) => settlePage(page, index === pages.length - 1, read))
  const status = shownStates.some(isLoading) ? state.status : 'listing'
  // The list has recovered: it has as many pages as before the restart, and all requests have
  // succeeded.
  const isRecovered = !!restartCount && settled.length >= restartCount.pages
    && shownStates.every(isComplete) && !settled.some(({ replacement }) => replacement)
  if (status === state.status && !isRecovered && areSamePages(settled, pages))
    return state
  return { status, pages: settled, restartCount: isRecovered ? undefined : restartCount }
}

function areSamePages(one: readonly Page[], other: readonly Page[]): boolean {
  return one.length === other.length && one.every((page, index) => page === other[index])
}

/**
 * Applies the current results to a page. Returns the page, or both halves of a page that was split.
 */
function settlePage(page: Page, isLast: boolean, read: ReadPage): readonly Page[] {
  const { request, replacement } = page
  const state = read(request)
  if (replacement) {
    const settled = replacement.flatMap(part => settlePage(part, isLast, read))
    if (settled.every(part => isComplete(read(part.request))))
      return settled
    if (areSamePages(settled, replacement))
      return [page]
    return [{ ...page, replacement: settled }]
  }
  const isWithheld = state.status === 'success' && state.isWithheld
  if (state.status === 'success' && !isWithheld) {
    const { continueCursor: end, splitCursor } = state.value
    if (splitCursor && needsSplit(request, state.value)) {
      return [{
        ...page,
        end,
        replacement: [
          { request: { ...request, endCursor: splitCursor } },
          { request: { ...request, cursor: splitCursor, endCursor: end } },
        ],
      }]
    }
    if (end === page.end)
      return [page]
    return [{ ...page, end }]
  }
  // If a query fails before it reads its page, its journal is lost, and the next result could end
  // at any row.
  const isFailing = state.status === 'error' || isWithheld
  const mayLoseItsEnd = isFailing && !isLast && request.endCursor === undefined && page.end !== undefined
  if (mayLoseItsEnd)
    return [{ ...page, replacement: [withFixedEnd(page, request.id)] }]
  return [page]
}

function needsSplit({ numItems }: PageRequest, { page, pageStatus }: PaginationResult<Value>): boolean {
  return !!pageStatus || page.length > 2 * numItems
}

/**
 * A request for the same page with an `endCursor`, so that the range of the page does not depend on
 * a query journal.
 */
function withFixedEnd({ request, end }: Page, id: number): Page {
  if (end === undefined)
    return { request: { ...request, id }, end }
  return { request: { ...request, id, endCursor: end }, end }
}

function nextPage(last: Page, numItems: number, read: ReadPage): Page {
  const { value } = read(last.request) as { value: PaginationResult<Value> }
  return { request: { id: last.request.id, numItems, cursor: value.continueCursor } }
}

function viewOfPages(pages: readonly Page[], read: ReadPage): PaginationView {
  const results: Value[] = []
  let isStale = false
  let isOnPreviousClient = false
  let isDone = false
  for (const [index, { request }] of pages.entries()) {
    const state = read(request)
    // The list must not have gaps, so rows after a missing page are not shown.
    if (state.status === 'error')
      return { status: 'Error', results, error: state.error, isStale }
    if (state.status === 'paused')
      return PAUSED
    if (!isComplete(state))
      return { status: index === 0 ? 'LoadingFirstPage' : 'LoadingMore', results, isStale }
    for (const row of state.value.page)
      results.push(row)
    isStale ||= state.isStale
    isOnPreviousClient ||= state.isStale && !state.isPreloaded && !state.isWithheld
    isDone = state.value.isDone
  }
  // A page of the previous client is shown. More rows can only be loaded when the current client
  // has returned the pages.
  if (isOnPreviousClient)
    return { status: 'LoadingMore', results, isStale }
  return { status: isDone ? 'Exhausted' : 'CanLoadMore', results, isStale }
}

/**
 * Whether the page has all of its rows. A page that is too large but cannot be split counts as
 * complete.
 */
function isComplete(state: PageState): state is PageState & { status: 'success' } {
  return state.status === 'success' && !(state.value.pageStatus === 'SplitRequired' && state.value.splitCursor)
}

function isLoading({ status }: PageState): boolean {
  return status === 'pending' || status === 'paused'
}

/**
 * Whether the cursor is invalid, because the query has changed since it returned the cursor. In
 * production, only the data of the error shows this.
 */
function isInvalidCursor(state: PageState): boolean {
  if (state.status !== 'error')
    return false
  const { message, data } = state.error as Error & { data?: { paginationError?: unknown } }
  return !!message?.includes('InvalidCursor') || (typeof data === 'object' && data?.paginationError === 'InvalidCursor')
}
