import type { PaginationResult } from 'convex/server'
import type { Value } from 'convex/values'
import type { QueryState } from '../../store/query-entry.ts'

/** What one page is asked with: its `paginationOpts`. Known by its identity. */
export interface PageRequest {
  /** Sets the pages of one list apart from those of all others, since cursors and journals are not to be shared. */
  id: number
  numItems: number
  /** Where the page begins, exclusive; `null`: at the beginning of the list. */
  cursor: string | null
  /** Where it ends, inclusive. Without it, the page ends after `numItems` rows when it is first asked for, and stays there. */
  endCursor?: string
}

/** What a page was answered. */
export type PageAnswer = Exclude<QueryState, { status: 'success' }> | (Extract<QueryState, { status: 'success' }> & { value: PaginationResult<Value> })

export interface Page {
  request: PageRequest
  /** Where it was last known to end. */
  end?: string
  /** The same range asked for in another way. It takes the page's place once all of it is there. */
  replacement?: readonly Page[]
}

/** Restarts on the way to a number of pages that has not been reached yet. */
interface Trouble { restarts: number, pages: number }

/**
 * The pages of one list: one query, one set of arguments, one person.
 *
 * ```
 * idle ──start──▶ listing ──loadMore──▶ listing (one page more)
 *                  │   ▲
 *     invalid cursor   └─start──┐
 *                  ▼            │
 *                 lost (no pages)
 *
 * listing ──subscriptions lost, or on another client──▶ lost (pages) ──start──▶ restoring ──all are there──▶ listing
 * ```
 */
export type PaginationState
  /** Nothing is asked. */
  = | { status: 'idle' }
  /** What is shown: the rows of the pages, in order. */
    | { status: 'listing', pages: readonly Page[], trouble?: Trouble }
  /** The pages of before are on their way, each with its end given; they are shown once they are all there. */
    | { status: 'restoring', pages: readonly Page[], trouble?: Trouble }
  /** What is subscribed does not hold: a new start brings these pages back, or without any begins with the first. */
    | { status: 'lost', pages: readonly Page[], trouble?: Trouble }

type Read = (request: PageRequest) => PageAnswer

export type PaginationEvent
  = | { type: 'start', id: number, numItems: number }
  /** Answers may have changed. The only event that may be repeated at will. */
    | { type: 'answers', read: Read }
    | { type: 'loadMore', numItems: number, read: Read }
  /** The pages are subscribed again after a rest. */
    | { type: 'resume', read: Read }

/** What a list shows. */
export interface PaginationView {
  status: 'LoadingFirstPage' | 'CanLoadMore' | 'LoadingMore' | 'Exhausted' | 'Paused' | 'Error'
  results: Value[]
  error?: Error
  isStale: boolean
}

export const IDLE: PaginationState = { status: 'idle' }
export const LOADING: PaginationView = { status: 'LoadingFirstPage', results: [], isStale: false }
export const PAUSED: PaginationView = { status: 'Paused', results: [], isStale: false }

/** A query whose cursors are never valid is an error after this many restarts, not an endless loop. */
const MAX_RESTARTS = 3

/** The next state. Pure, and the very same state where nothing changes. */
export function transition(state: PaginationState, event: PaginationEvent): PaginationState {
  switch (event.type) {
    case 'start':
      return start(state, event.id, event.numItems)
    case 'answers':
      return state.status === 'listing' || state.status === 'restoring' ? settle(state, event.read) : state
    case 'loadMore':
      return state.status === 'listing' && viewOf(state, event.read).status === 'CanLoadMore'
        ? { ...state, pages: [...state.pages, nextPage(state.pages.at(-1)!, event.numItems, event.read)] }
        : state
    case 'resume':
      return 'pages' in state && state.pages.some(page => page.end !== undefined && isLoading(event.read(page.request)))
        ? { ...state, status: 'lost' }
        : state
    default:
      return event satisfies never
  }
}

/** What a state shows. `former`: what the same list showed before. */
export function viewOf(state: PaginationState, read: Read, former: PaginationView = LOADING): PaginationView {
  switch (state.status) {
    case 'idle':
      return PAUSED
    case 'lost':
    case 'restoring':
      return state.pages.length > 0 && former.results.length > 0
        ? { status: 'LoadingMore', results: former.results, isStale: true }
        : LOADING
    case 'listing':
      return list(state.pages, read)
    default:
      return state satisfies never
  }
}

/** All requests that a state needs answered. */
export function requestsOf(state: PaginationState): PageRequest[] {
  const collect = (pages: readonly Page[]): PageRequest[] => pages.flatMap(page => [page.request, ...collect(page.replacement ?? [])])
  return state.status === 'listing' || state.status === 'restoring' ? collect(state.pages) : []
}

function start(state: PaginationState, id: number, numItems: number): PaginationState {
  const { pages, trouble }: Pick<PaginationState & { status: 'lost' }, 'pages' | 'trouble'> = state.status === 'lost' ? state : { pages: [] }
  return pages.length > 0
    ? { status: 'restoring', pages: pages.map(page => pin(page, id)), trouble }
    : { status: 'listing', pages: [{ request: { id, numItems, cursor: null } }], trouble }
}

function settle(state: Exclude<PaginationState, { status: 'idle' | 'lost' }>, read: Read): PaginationState {
  const { pages, trouble } = state
  const answers = requestsOf(state).map(read)
  const shown = pages.map(page => read(page.request))
  if (answers.some(isInvalidCursor) && (trouble?.restarts ?? 0) < MAX_RESTARTS)
    return { status: 'lost', pages: [], trouble: { restarts: (trouble?.restarts ?? 0) + 1, pages: pages.length } }
  // Another client has no journals: what it answers would not end where the next page begins.
  if (pages.length > 1 && answers.some(answer => answer.status === 'success' && answer.isStale && !answer.isWithheld))
    return { status: 'lost', pages, trouble }

  const settled = pages.flatMap((page, index) => settlePage(page, index === pages.length - 1, read))
  const status = shown.some(isLoading) ? state.status : 'listing'
  // Got as far as before, and nothing is on its way any more that could fail as it did before.
  const isOvercome = !!trouble && settled.length >= trouble.pages && shown.every(isWhole) && !settled.some(({ replacement }) => replacement)
  const isSame = status === state.status && !isOvercome && settled.length === pages.length && settled.every((page, index) => page === pages[index])
  return isSame ? state : { status, pages: settled, trouble: isOvercome ? undefined : trouble }
}

/** What becomes of a page with its present answer. */
function settlePage(page: Page, isLast: boolean, read: Read): readonly Page[] {
  const { request, replacement } = page
  const answer = read(request)
  if (replacement) {
    const settled = replacement.flatMap(part => settlePage(part, isLast, read))
    if (settled.every(part => isWhole(read(part.request))))
      return settled
    return settled.length === replacement.length && settled.every((part, index) => part === replacement[index])
      ? [page]
      : [{ ...page, replacement: settled }]
  }
  const isWithheld = answer.status === 'success' && answer.isWithheld
  if (answer.status === 'success' && !isWithheld) {
    const { continueCursor: end, splitCursor } = answer.value
    if (splitCursor && needsSplit(request, answer.value)) {
      return [{
        ...page,
        end,
        replacement: [
          { request: { ...request, endCursor: splitCursor } },
          { request: { ...request, cursor: splitCursor, endCursor: end } },
        ],
      }]
    }
    return [end === page.end ? page : { ...page, end }]
  }
  // A query that fails before it has read its page leaves no journal: once it is well again, it could end anywhere.
  const isFailing = answer.status === 'error' || isWithheld
  const mayForgetItsEnd = isFailing && !isLast && request.endCursor === undefined && page.end !== undefined
  return [mayForgetItsEnd ? { ...page, replacement: [pin(page, request.id)] } : page]
}

function needsSplit({ numItems }: PageRequest, { page, pageStatus }: PaginationResult<Value>): boolean {
  return !!pageStatus || page.length > 2 * numItems
}

/** The page with its end given, so that it is the same range whoever answers. */
function pin({ request, end }: Page, id: number): Page {
  return { request: { ...request, id, ...(end === undefined ? {} : { endCursor: end }) }, end }
}

function nextPage(last: Page, numItems: number, read: Read): Page {
  const { id } = last.request
  return { request: { id, numItems, cursor: (read(last.request) as { value: PaginationResult<Value> }).value.continueCursor } }
}

function list(pages: readonly Page[], read: Read): PaginationView {
  const results: Value[] = []
  let isStale = false
  let isAnothers = false
  let isDone = false
  for (const [index, { request }] of pages.entries()) {
    const answer = read(request)
    // Rows behind a page that is missing are not shown: a list has no holes.
    if (answer.status === 'error')
      return { status: 'Error', results, error: answer.error, isStale }
    if (answer.status === 'paused')
      return PAUSED
    if (!isWhole(answer))
      return { status: index === 0 ? 'LoadingFirstPage' : 'LoadingMore', results, isStale }
    for (const row of answer.value.page)
      results.push(row)
    isStale ||= answer.isStale
    isAnothers ||= answer.isStale && !answer.isPreloaded && !answer.isWithheld
    isDone = answer.value.isDone
  }
  return { status: isAnothers ? 'LoadingMore' : isDone ? 'Exhausted' : 'CanLoadMore', results, isStale }
}

/** It is there, and nothing is missing from it. One that is too large and cannot be split is as whole as it will ever be. */
function isWhole(answer: PageAnswer): answer is PageAnswer & { status: 'success' } {
  return answer.status === 'success' && !(answer.value.pageStatus === 'SplitRequired' && answer.value.splitCursor)
}

function isLoading({ status }: PageAnswer): boolean {
  return status === 'pending' || status === 'paused'
}

/** The query is not the one any more that the cursor was made for. In production, Convex says so in an error's data only. */
function isInvalidCursor(answer: PageAnswer): boolean {
  if (answer.status !== 'error')
    return false
  const { message, data } = answer.error as Error & { data?: { paginationError?: unknown } }
  return !!message?.includes('InvalidCursor') || (typeof data === 'object' && data?.paginationError === 'InvalidCursor')
}
