import type { QueryAuth } from '../../src/plugin/query-key.ts'
import type { Topic } from './commands.ts'
import type { Answer, ModelBackend } from './model-backend.ts'
import { isDeepStrictEqual } from 'node:util'

/** All that can be read of one query on the page. */
export interface ShownQuery {
  name: string
  auth: QueryAuth
  isLive: boolean
  keepPrevious: boolean
  keepOnError: boolean
  /** It is not resting with its page. */
  isActive: () => boolean
  topic: () => Topic
  read: () => Reading
  refresh: () => Promise<void>
}

export interface Reading {
  status: 'paused' | 'pending' | 'success' | 'error'
  /** The topic and the owner of everything that is shown. */
  rows: { whose: string, topic: string }[]
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
}

/** What is wrong with what can be read in one tick. */
export function faultsOf(shown: ShownQuery, { who, isRefreshing, hadToken }: Identity): string[] {
  const { status, rows, data, error, isStale } = shown.read()
  const faults: string[] = []
  const expect = (isRight: boolean, fault: string): unknown => isRight || faults.push(fault)
  const topic = shown.topic()

  const owners = [...rows.map(({ whose }) => whose), ...(error ? [/(\w+)'s \w+ failed/.exec(error.message)?.[1] ?? `an error of ours: ${error.message}`] : [])]
  for (const owner of new Set(owners)) {
    const isMine = owner === (shown.auth === 'public' ? 'nobody' : who ?? 'nobody') && !(shown.auth === 'required' && owner === 'nobody')
    // What nobody is shown while there is no token yet stays until that person's own is there.
    const isFromBefore = shown.auth === 'optional' && owner === 'nobody' && !hadToken && (isStale || error !== undefined)
    expect(isMine || isFromBefore, `shows ${owner}'s`)
  }

  for (const row of rows)
    expect(row.topic === topic || (shown.keepPrevious && status === 'pending') || !shown.isActive(), `shows ${row.topic} for ${topic}`)
  expect((status === 'error') === (error !== undefined), `status ${status} with ${error ? 'an' : 'no'} error`)
  if (status === 'success')
    expect(data !== undefined, 'success without data')
  if (status === 'pending')
    expect(data === undefined || (shown.keepPrevious && isStale), 'pending with data')
  if (status === 'error')
    expect(data === undefined || ((shown.keepOnError || shown.name === 'tasks:page') && isStale), 'error with data')
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
export function faultsAtRest(shown: ShownQuery, who: string | null, backend: ModelBackend): string[] {
  const topic = shown.topic()
  if (!shown.isActive() || topic === null || (shown.auth === 'required' && who === null))
    return []
  const { status, data, isStale, error } = shown.read()
  // One that asked once may have asked while the server failed.
  if (status === 'error' && !shown.isLive)
    return []
  if (status !== 'success')
    return [`is ${status} at rest${error ? ` (${error.message})` : ''}`]
  const answer: Answer = backend.answer(topic, shown.auth === 'public' ? 'nobody' : who ?? 'nobody')
  const expected = shown.name === 'tasks:page' ? answer.rows : answer
  const faults: string[] = []
  if (isStale)
    faults.push('is stale at rest')
  if (shown.isLive && !isDeepStrictEqual(data, expected))
    faults.push(`shows ${JSON.stringify(data)} for ${JSON.stringify(expected)} at rest`)
  return faults
}
