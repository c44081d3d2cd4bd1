/** The state of one user's queue of stored calls in one tab, as a pure function of its events. */
import type { Value } from 'convex/values'
import type { StoredError } from './stored-error.ts'

/** A call as the browser stores it. */
export interface StoredCall {
  /** The place in the order of all calls in this browser. */
  readonly sequence: number
  /** The hash of the deployment's URL and the user's id. */
  readonly owner: string
  /** The key by which the deployment recognizes the call if it arrives again. */
  readonly key: string
  /** The name of the mutation. */
  readonly name: string
  readonly args: Record<string, Value>
  /** In milliseconds since 1970. */
  readonly createdAt: number
  /** The error of a call that has failed. Without an error, the call waits for its turn. */
  readonly error?: StoredError | undefined
}

/**
 * ```text
 *              loaded (isSender)         passed
 *   waiting ─────────────────────► due ─────────► passed ──┬─ ended ──► (removed)
 *      ▲                                                   └─ failed ─► failed
 *      └─────────────────────────── retried ───────────────────────────────┘
 * ```
 */
export interface QueueState {
  /** The calls of the database that have not ended, in their order. */
  readonly calls: readonly StoredCall[]
  /** Whether this tab sends the calls. At most one tab of a browser sends the calls of a user. */
  readonly isSender: boolean
  /** The keys of the calls that this tab has passed to its connection. */
  readonly passed: ReadonlySet<string>
  /** The keys of calls that have ended, but that the database may still contain. */
  readonly ended: ReadonlySet<string>
  /** The errors of calls that have failed, and whose error the database may not contain yet. */
  readonly failed: ReadonlyMap<string, StoredError>
  /** The keys of the calls that the connection of another tab has sent. */
  readonly sentByOtherTab: ReadonlySet<string>
}

export type QueueEvent
  /** The database was read. `isSender`: whether this tab held the lock during the whole read. */
  = | { type: 'loaded', calls: readonly StoredCall[], isSender: boolean }
    | { type: 'passed', key: string }
  /** The call has run, or it was discarded. */
    | { type: 'ended', key: string }
    | { type: 'failed', key: string, error: StoredError }
    | { type: 'retried', key: string }
    | { type: 'lockReleased' }
    | { type: 'otherTabSent', keys: readonly string[] }

export const EMPTY_QUEUE: QueueState = {
  calls: [],
  isSender: false,
  passed: new Set(),
  ended: new Set(),
  failed: new Map(),
  sentByOtherTab: new Set(),
}

export function transition(state: QueueState, event: QueueEvent): QueueState {
  switch (event.type) {
    case 'loaded':
      return onLoaded(state, event)
    case 'passed':
      return { ...state, passed: new Set(state.passed).add(event.key) }
    case 'ended':
      return {
        ...state,
        calls: state.calls.filter(({ key }) => key !== event.key),
        passed: without(state.passed, event.key),
        ended: new Set(state.ended).add(event.key),
      }
    case 'failed':
      return {
        ...state,
        calls: withError(state.calls, event.key, event.error),
        passed: without(state.passed, event.key),
        failed: new Map(state.failed).set(event.key, event.error),
      }
    case 'retried':
      return {
        ...state,
        calls: withError(state.calls, event.key, undefined),
        failed: new Map([...state.failed].filter(([key]) => key !== event.key)),
      }
    case 'lockReleased':
      return { ...state, isSender: false }
    case 'otherTabSent':
      return { ...state, sentByOtherTab: new Set(event.keys) }
    default:
      return event satisfies never
  }
}

function onLoaded(state: QueueState, { calls, isSender }: QueueEvent & { type: 'loaded' }): QueueState {
  const keys = new Set(calls.map(({ key }) => key))
  const stored = new Set(calls.filter(({ error }) => error).map(({ key }) => key))
  return {
    calls: calls
      .filter(({ key }) => !state.ended.has(key))
      .map(call => call.error ? call : { ...call, error: state.failed.get(call.key) }),
    isSender,
    passed: state.passed,
    ended: new Set([...state.ended].filter(key => keys.has(key))),
    failed: new Map([...state.failed].filter(([key]) => keys.has(key) && !stored.has(key))),
    sentByOtherTab: isSender ? EMPTY_QUEUE.sentByOtherTab : state.sentByOtherTab,
  }
}

/** The calls that this tab has to pass to its connection now, in their order. */
export function dueCalls({ calls, isSender, passed }: QueueState): StoredCall[] {
  return isSender ? calls.filter(({ key, error }) => !error && !passed.has(key)) : []
}

/** Whether a call waits for its turn or its result, in this tab or in another. */
export function hasWork({ calls }: QueueState): boolean {
  return calls.some(({ error }) => !error)
}

function without(keys: ReadonlySet<string>, removed: string): Set<string> {
  return new Set([...keys].filter(key => key !== removed))
}

function withError(calls: readonly StoredCall[], failed: string, error: StoredError | undefined): StoredCall[] {
  return calls.map(call => call.key === failed ? { ...call, error } : call)
}
