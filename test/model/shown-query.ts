import type { QueryAuth } from '../../src/shared/query-descriptor.ts'
import type { Topic } from './commands.ts'
import type { Answer } from './model-backend.ts'
import { isDeepStrictEqual } from 'node:util'

/** The user name of data that the app itself provides initially. */
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
  /** The query is not deactivated with its page. */
  isActive: () => boolean
  topic: () => Topic
  /** The initial data: its topic, and the number of identity changes at that time. */
  given?: { topic: Topic, changes: number }
  isTransformed?: boolean
  read: () => Reading
  refresh: () => Promise<void>
  /** Of a list: whether there was another page, which is now loading. */
  loadMore?: () => boolean
  /** Of a list: all pages are loaded. */
  isExhausted?: () => boolean
}

export interface Reading {
  status: 'paused' | 'pending' | 'success' | 'error'
  /** The topic and the user of each shown value. */
  rows: { whose: string, topic: string }[]
  /** The value is not a result: the app provided it initially. */
  isGiven: boolean
  data: unknown
  error: Error | undefined
  isStale: boolean
}

/** The current user: `null` for anonymous, `undefined` while unknown. */
export interface Identity {
  who: string | null | undefined
  isRefreshing: boolean
  /** The user became known together with a token, so that no query has run anonymously before. */
  hadToken: boolean
  /** How often the identity has changed. */
  changes: number
}

/** The result of the server at this moment, and all rows of a list. */
export interface Oracle {
  answer: (topic: string, whose: string) => Answer
  rows: (topic: string, whose: string) => unknown[]
}

/** The broken promises about the readable state of one tick. */
export function faultsOf(shown: ShownQuery, { who, isRefreshing, hadToken, changes }: Identity): string[] {
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
    // Anonymous results that are shown before the first token stay until the user's results arrive.
    const isFromBefore = shown.auth === 'optional' && owner === 'anonymous' && !hadToken && (isStale || error !== undefined)
    // While the identity is unknown, a page shows the data that a server has fetched.
    const isGuess = isGiven && shown.auth !== 'public' && who === undefined
    expect(isMine || isFromBefore || isGuess, `shows ${owner}'s`)
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
 * The broken promises about a query at rest: all requests are answered, and nothing is under way.
 */
export function faultsAtRest(shown: ShownQuery, who: string | null, oracle: Oracle): string[] {
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
    faults.push('is stale at rest')
  if (shown.loadMore)
    return [...faults, ...faultsOfList(shown, oracle.rows(topic, whose))]
  const expected = oracle.answer(topic, whose)
  const isFailing = shown.isTransformed && isTransformFailing(expected)
  if (status !== 'success' && !(isFailing && error?.message === `${whose}'s transform failed`))
    return [...faults, `is ${status} at rest${error ? ` (${error.message})` : ''}`]
  if (isFailing)
    return faults
  if (shown.isLive && !isDeepStrictEqual(data, expected))
    faults.push(`shows ${JSON.stringify(data)} for ${JSON.stringify(expected)} at rest`)
  return faults
}

/** A list shows its first rows, and all of them once there are no more to load. */
function faultsOfList({ read, isExhausted }: ShownQuery, expected: unknown[]): string[] {
  const { status, error } = read()
  const data = read().data as unknown[] | undefined
  if (status !== 'success')
    return [`is ${status} at rest${error ? ` (${error.message})` : ''}`]
  const isRight = isDeepStrictEqual(data, isExhausted!() ? expected : expected.slice(0, data!.length))
  return isRight ? [] : [`shows ${JSON.stringify(data)} for ${isExhausted!() ? '' : 'the beginning of '}${JSON.stringify(expected)} at rest`]
}
