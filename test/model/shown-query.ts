import type { QueryAuth } from '../../src/shared/query-descriptor.ts'
import type { Topic } from './commands.ts'
import type { Answer } from './model-backend.ts'
import { isDeepStrictEqual } from 'node:util'

/** The name that stands for the user of initial data, which the app itself provides. */
export const APP = 'the app'

/** Whether a page's `transform` throws. */
export function isTransformFailing({ count }: Answer): boolean {
  return count % 4 === 3
}

/** The readable state of one query on the page. */
export interface ShownQuery {
  name: string
  auth: QueryAuth
  isLive: boolean
  keepPreviousData: boolean
  keepDataOnError: boolean
  /** Whether the query is active: its page is not deactivated by a `KeepAlive`. */
  isActive: () => boolean
  topic: () => Topic
  /** The initial data: its topic, and the number of identity changes at that time. */
  given?: { topic: Topic, changes: number }
  isTransformed?: boolean
  read: () => Reading
  refresh: () => Promise<void>
  /** Only for lists. Loads one more page, and returns whether there is one. */
  loadMore?: () => boolean
  /** Only for lists. Whether all pages are loaded. */
  isExhausted?: () => boolean
}

export interface Reading {
  status: 'paused' | 'pending' | 'success' | 'error'
  /** The topic and the user of each shown value. */
  rows: { whose: string, topic: string }[]
  /** Whether the value is initial data of the app and not a result. */
  isGiven: boolean
  data: unknown
  error: Error | undefined
  isStale: boolean
}

/** The current user: `null` for anonymous, `undefined` while unknown. */
export interface Identity {
  who: string | null | undefined
  isRefreshing: boolean
  /**
   * Whether the user became known together with a token, so that no query ran anonymously before.
   */
  hadToken: boolean
  /** How often the identity has changed. */
  changes: number
  /**
   * The user whose stored results the page may show while the identity is unknown: the user of the
   * session cookie with which the page was opened, if an earlier page has used this session.
   */
  expected?: string | null
}

/** The current results of the server: of a query, and all rows of a list. */
export interface Oracle {
  answer: (topic: string, whose: string) => Answer
  rows: (topic: string, whose: string) => unknown[]
}

/** The invariants that the readable state of a query violates in one tick. */
export function faultsOf(shown: ShownQuery, { who, isRefreshing, hadToken, changes, expected }: Identity): string[] {
  const { status, rows, data, error, isStale, isGiven } = shown.read()
  const faults: string[] = []
  const expect = (isRight: boolean, fault: string): unknown => isRight || faults.push(fault)
  const topic = shown.topic()

  if (isGiven) {
    const { given } = shown
    expect(given?.topic === topic || (shown.keepPreviousData && status === 'pending'), `shows for ${topic} the initial data of ${given?.topic}`)
    expect(shown.auth === 'public' || given?.changes === changes, 'shows the initial data of another identity')
    expect(isStale, 'initial data is not stale')
  }

  const owners = [...rows.map(({ whose }) => whose), ...(error ? [/(\w+)'s \w+ failed/.exec(error.message)?.[1] ?? `an error of ours: ${error.message}`] : [])]
  for (const owner of new Set(owners)) {
    const isOfUser = owner === (shown.auth === 'public' ? 'anonymous' : who ?? 'anonymous')
    const isMine = (isGiven && owner === APP) || (isOfUser && !(shown.auth === 'required' && owner === 'anonymous'))
    // Anonymous results that were shown before the first token remain until the user's results
    // arrive.
    const isFromBefore = shown.auth === 'optional' && owner === 'anonymous' && !hadToken && (isStale || error !== undefined)
    // While the identity is unknown, a page shows the data that a server has fetched.
    const isGuess = isGiven && shown.auth !== 'public' && who === undefined
    const isResult = status === 'success' || (status === 'pending' && shown.keepPreviousData)
    const isExpected = who === undefined && owner === expected && shown.auth !== 'public' && isStale && isResult
    expect(isMine || isFromBefore || isGuess || isExpected, `shows ${owner}'s`)
  }

  for (const row of rows)
    expect(row.topic === topic || (shown.keepPreviousData && status === 'pending') || !shown.isActive(), `shows ${row.topic} for ${topic}`)
  expect((status === 'error') === (error !== undefined), `status ${status} with ${error ? 'an' : 'no'} error`)
  if (status === 'success')
    expect(data !== undefined, 'success without data')
  if (status === 'pending')
    expect(data === undefined || (shown.keepPreviousData && isStale), 'pending with data')
  if (status === 'error')
    expect(data === undefined || ((shown.keepDataOnError || shown.loadMore !== undefined) && isStale), 'error with data')
  if (status === 'paused')
    expect(data === undefined && !isStale, 'paused with data')
  expect(!isStale || data !== undefined, 'stale without data')
  // A deactivated query may keep its state.
  if (isRefreshing && shown.auth !== 'public' && shown.isActive())
    expect(data === undefined || isStale, 'not stale while refreshing')
  const isPaused = topic === null || (shown.auth === 'required' && who === null)
  if (shown.isActive())
    expect((status === 'paused') === isPaused, `${status} although ${isPaused ? 'the query has no arguments or no user' : 'the query should run'}`)
  return faults
}

/**
 * The invariants that a query violates once the page has settled: all requests have been answered,
 * and nothing is under way.
 */
export function faultsWhenSettled(shown: ShownQuery, who: string | null, oracle: Oracle): string[] {
  const topic = shown.topic()
  if (!shown.isActive() || topic === null || (shown.auth === 'required' && who === null))
    return []
  const { status, data, isStale, error } = shown.read()
  // A query that is not live may have been sent while the server failed.
  if (status === 'error' && !shown.isLive)
    return []
  const whose = shown.auth === 'public' ? 'anonymous' : who ?? 'anonymous'
  const faults: string[] = []
  if (isStale)
    faults.push('is stale although the page has settled')
  if (shown.loadMore)
    return [...faults, ...faultsOfList(shown, oracle.rows(topic, whose))]
  const expected = oracle.answer(topic, whose)
  const isFailing = shown.isTransformed && isTransformFailing(expected)
  if (status !== 'success' && !(isFailing && error?.message === `${whose}'s transform failed`))
    return [...faults, `is ${status} although the page has settled${error ? ` (${error.message})` : ''}`]
  if (isFailing)
    return faults
  if (shown.isLive && !isDeepStrictEqual(data, expected))
    faults.push(`shows ${JSON.stringify(data)} instead of ${JSON.stringify(expected)} although the page has settled`)
  return faults
}

/** A list must show its first rows, or all rows if all pages are loaded. */
function faultsOfList({ read, isExhausted }: ShownQuery, expected: unknown[]): string[] {
  const { status, error } = read()
  const data = read().data as unknown[] | undefined
  if (status !== 'success')
    return [`is ${status} although the page has settled${error ? ` (${error.message})` : ''}`]
  const isRight = isDeepStrictEqual(data, isExhausted!() ? expected : expected.slice(0, data!.length))
  return isRight ? [] : [`shows ${JSON.stringify(data)} instead of ${isExhausted!() ? '' : 'the beginning of '}${JSON.stringify(expected)} although the page has settled`]
}
