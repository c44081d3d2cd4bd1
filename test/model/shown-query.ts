import type { QueryAuth } from '../../src/shared/query-descriptor.ts'
import type { Topic } from './commands.ts'
import type { Answer } from './model-backend.ts'
import { isDeepStrictEqual } from 'node:util'

/** Whose what is that an app gives itself to begin with. */
export const APP = 'the app'

/** Whether a page's `transform` throws. */
export function isTransformFailing({ count }: Answer): boolean {
  return count % 4 === 3
}

/** All that can be read of one query on the page. */
export interface ShownQuery {
  name: string
  auth: QueryAuth
  isLive: boolean
  keepPreviousData: boolean
  keepDataOnError: boolean
  /** It is not resting with its page. */
  isActive: () => boolean
  topic: () => Topic
  /** What it was given to begin with: under which topic, and how often the person had changed by then. */
  given?: { topic: Topic, changes: number }
  isTransformed?: boolean
  read: () => Reading
  refresh: () => Promise<void>
  /** Of a list: whether there was more to load, which now is on its way. */
  loadMore?: () => boolean
  /** Of a list: all of it is there. */
  isExhausted?: () => boolean
}

export interface Reading {
  status: 'paused' | 'pending' | 'success' | 'error'
  /** The topic and the owner of everything that is shown. */
  rows: { whose: string, topic: string }[]
  /** It was not answered, but given by the app to begin with. */
  isGiven: boolean
  data: unknown
  error: Error | undefined
  isStale: boolean
}

/** Who is there: `null` for nobody, `undefined` while unknown. */
export interface Identity {
  who: string | null | undefined
  isRefreshing: boolean
  /** They came with a token, so that nothing has run as nobody until there was one. */
  hadToken: boolean
  /** How often the person has changed. */
  changes: number
}

/** What a server answers at this moment, and which rows a list has in the end. */
export interface Oracle {
  answer: (topic: string, whose: string) => Answer
  rows: (topic: string, whose: string) => unknown[]
}

/** What is wrong with what can be read in one tick. */
export function faultsOf(shown: ShownQuery, { who, isRefreshing, hadToken, changes }: Identity): string[] {
  const { status, rows, data, error, isStale, isGiven } = shown.read()
  const faults: string[] = []
  const expect = (isRight: boolean, fault: string): unknown => isRight || faults.push(fault)
  const topic = shown.topic()

  if (isGiven) {
    const { given } = shown
    expect(given?.topic === topic || (shown.keepPreviousData && status === 'pending'), `goes on showing for ${topic} what was given for ${given?.topic}`)
    expect(shown.auth === 'public' || given?.changes === changes, 'shows somebody what somebody else was given')
    expect(isStale, 'what was given to begin with is not stale')
  }

  const owners = [...rows.map(({ whose }) => whose), ...(error ? [/(\w+)'s \w+ failed/.exec(error.message)?.[1] ?? `an error of ours: ${error.message}`] : [])]
  for (const owner of new Set(owners)) {
    const isTheirs = owner === (shown.auth === 'public' ? 'nobody' : who ?? 'nobody')
    const isMine = (isGiven && owner === APP) || (isTheirs && !(shown.auth === 'required' && owner === 'nobody'))
    // What nobody is shown while there is no token yet stays until that person's own is there.
    const isFromBefore = shown.auth === 'optional' && owner === 'nobody' && !hadToken && (isStale || error !== undefined)
    // While nobody knows who is there, a page shows what a server has found.
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
  // What rests may stay as it was.
  if (isRefreshing && shown.auth !== 'public' && shown.isActive())
    expect(data === undefined || isStale, 'not stale while refreshing')
  const isPaused = topic === null || (shown.auth === 'required' && who === null)
  if (shown.isActive())
    expect((status === 'paused') === isPaused, `${status} although ${isPaused ? 'nothing is asked' : 'something is asked'}`)
  return faults
}

/** What is wrong with a query at rest: everything has been answered, and nothing is under way. */
export function faultsAtRest(shown: ShownQuery, who: string | null, oracle: Oracle): string[] {
  const topic = shown.topic()
  if (!shown.isActive() || topic === null || (shown.auth === 'required' && who === null))
    return []
  const { status, data, isStale, error } = shown.read()
  // One that asked once may have asked while the server failed.
  if (status === 'error' && !shown.isLive)
    return []
  const whose = shown.auth === 'public' ? 'nobody' : who ?? 'nobody'
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
