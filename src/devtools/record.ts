/** The events and items that a plugin records for Vue DevTools. Only in development. */
import type { Value } from 'convex/values'
import type { AuthEvent, AuthState } from '../token/auth-state.ts'
import { onScopeDispose } from 'vue'

/** An event of the auth engine. It contains no token. */
export interface AuthEventRecord {
  /** The time in ms since 1970. */
  at: number
  event: AuthEvent['type']
  from: AuthState['status']
  to: AuthState['status']
}

/** A page of a list. */
export interface ShownPage {
  numItems: number
  cursor: string | null
  status: string
  rows: number | undefined
}

/** The state that the component of a {@link ShownItem} shows now. */
export interface ShownState {
  /** Why the query does not run; `undefined` if it runs. */
  pausedBy?: string | undefined
  status: string
  /** The arguments of a list; `undefined` if they pause it. */
  args?: Record<string, Value> | undefined
  rows?: number
  pages?: ShownPage[]
  /** The keys of the queries whose results are the pages of a list. */
  queryKeys?: string[] | undefined
  uploads?: { id: number, file: string, size: number, status: string, progress?: number, error?: string | undefined }[]
}

/** A query, a list or the uploads of one component that exists. */
export interface ShownItem {
  kind: 'query' | 'list' | 'uploads'
  /** The name of the function. */
  name: string
  auth?: string
  read: () => ShownState
}

/** The record of one plugin. */
export interface DevelopmentRecord {
  /** The latest events, the oldest first. */
  readonly authEvents: readonly AuthEventRecord[]
  /** The items of all components that exist. */
  readonly shown: ReadonlySet<ShownItem>
  addAuthEvent: (event: AuthEvent['type'], from: AuthState, to: AuthState) => void
  /** Calls the listener for each further auth event, until the returned function is called. */
  onAuthEvent: (listener: (event: AuthEventRecord) => void) => () => void
  /** Adds an item until the current scope ends. */
  show: (item: ShownItem) => void
}

const KEPT_EVENTS = 200

/**
 * The record of a plugin; `undefined` on a server, and in a browser without Vue DevTools, so that
 * nothing is recorded in tests and other browsers. DevTools set their hook before an app starts.
 */
export function createRecord(): DevelopmentRecord | undefined {
  if (typeof window === 'undefined' || !('__VUE_DEVTOOLS_GLOBAL_HOOK__' in window))
    return undefined
  const authEvents: AuthEventRecord[] = []
  const listeners = new Set<(event: AuthEventRecord) => void>()
  const shown = new Set<ShownItem>()

  return {
    authEvents,
    shown,
    addAuthEvent(event, { status: from }, { status: to }) {
      const record: AuthEventRecord = { at: Date.now(), event, from, to }
      authEvents.push(record)
      if (authEvents.length > KEPT_EVENTS)
        authEvents.shift()
      listeners.forEach(listener => listener(record))
    },
    onAuthEvent(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    show(item) {
      shown.add(item)
      onScopeDispose(() => shown.delete(item), true)
    },
  }
}
