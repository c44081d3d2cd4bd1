/** Observes the queries, calls and connections of an app, and reports their events. */
import type { IdentityClient, Transition } from '../client/identity-client.ts'
import type { OpenClient } from '../client/identity-clients.ts'
import type { Call, PendingCall } from '../client/pending-call.ts'
import type { QueryEntry } from '../store/query-entry.ts'
import type { InspectedApp } from './inspected-app.ts'
import { effectScope, watch } from 'vue'

/** A call of this page. Times are in ms since 1970. */
export interface CallRecord {
  id: number
  kind: Call['kind']
  name: string
  args: unknown
  isOptimistic: boolean
  status: 'queued' | 'sent' | 'success' | 'error'
  startedAt: number
  sentAt?: number
  settledAt?: number
  error?: Error
}

/** The changes of a query, or of all queries of a list, since DevTools observe them. */
export interface QueryChanges {
  count: number
  /** The time of the last change, in ms since 1970. */
  at: number
  /** The cause of the last change. */
  cause: string
}

export type HistoryEvent
  = | { kind: 'transition', client: string, queries: string[], durationMs: number, cause: string }
    | { kind: 'call', call: CallRecord }
    | { kind: 'socket', client: string, event: 'opened' | 'connected' | 'disconnected' | 'closed' }
    | { kind: 'query' }

export interface History {
  /** The latest calls, the oldest first. */
  readonly calls: readonly CallRecord[]
  /** The changes of some queries together. The last change is the latest change of one of them. */
  changesOf: (entries: readonly QueryEntry[]) => QueryChanges | undefined
  /** A name of a client that remains the same, such as `user 1`. */
  nameOf: (client: OpenClient) => string
  stop: () => void
}

const KEPT_CALLS = 100

export const FROM_SERVER = 'the deployment'

/**
 * @param app The app.
 * @param emit Receives each event. Events of queries that several components show arrive once.
 */
export function createHistory(app: InspectedApp, emit: (event: HistoryEvent) => void): History {
  const { clients, store } = app
  const scope = effectScope(true)
  const calls: CallRecord[] = []
  const queued = new Map<CallRecord, PendingCall>()
  const changes = new WeakMap<QueryEntry, QueryChanges>()
  const names = new WeakMap<IdentityClient, string>()
  const connections = new Map<IdentityClient, () => void>()
  /** Changes whose cause is not known yet. */
  let unexplained: QueryChanges[] = []
  /**
   * The changes of a transition with results of mutations, kept until the page is informed
   * that these mutations have settled.
   */
  let reflected: { changes: QueryChanges[], mutations: string[], count: number } | undefined
  /** The call that is being passed to its client. */
  let starting: CallRecord | undefined
  let nextId = 1
  let isStopped = false

  function followQuery(entry: QueryEntry): void {
    if (isStopped || changes.has(entry))
      return
    const change: QueryChanges = { count: 0, at: Date.now(), cause: 'the first use' }
    changes.set(entry, change)
    // In a scope of its own, so that the watcher does not end with a component.
    effectScope(true).run(() => watch(entry.state, () => {
      change.count++
      change.at = Date.now()
      change.cause = causeNow('this page')
      if (!clients.calls.isSending)
        unexplained.push(change)
      emit({ kind: 'query' })
    }, { flush: 'sync' }))
  }

  function changesOf(entries: readonly QueryEntry[]): QueryChanges | undefined {
    const known = entries.map(entry => changes.get(entry)).filter(change => change !== undefined)
    const [latest] = known.toSorted((one, other) => other.at - one.at)
    return latest && { ...latest, count: known.reduce((sum, { count }) => sum + count, 0) }
  }

  /** While a call is being passed to its client, its optimistic update is the cause. */
  function causeNow(otherwise: string): string {
    if (!clients.calls.isSending)
      return otherwise
    return `the optimistic update of ${starting?.name ?? 'a call'}`
  }

  function onTransition(client: OpenClient, transition: Transition, durationMs: number): void {
    const count = transition.reflectedMutations.length
    const cause = causeNow(FROM_SERVER)
    for (const change of unexplained)
      change.cause = cause
    if (count > 0)
      reflected = { changes: unexplained, mutations: [], count }
    unexplained = []
    const queries = transition.queries.map(({ token }) => describeToken(token))
    emit({ kind: 'transition', client: nameOf(client), queries, durationMs, cause })
  }

  /** A transition contains the results of mutations of this page, which settle after it. */
  function explainByMutation({ name }: CallRecord): void {
    if (!reflected)
      return
    reflected.mutations.push(name)
    for (const change of reflected.changes)
      change.cause = `${reflected.mutations.join(', ')} of this page`
    if (reflected.mutations.length >= reflected.count)
      reflected = undefined
  }

  function noteSent(): void {
    for (const [call, pending] of queued) {
      if (pending.isQueued())
        continue
      queued.delete(call)
      call.status = 'sent'
      call.sentAt = Date.now()
      emit({ kind: 'call', call })
    }
  }

  function settle(call: CallRecord, error?: unknown): void {
    noteSent()
    queued.delete(call)
    call.status = error === undefined ? 'success' : 'error'
    call.settledAt = Date.now()
    if (error !== undefined)
      call.error = error as Error
    else if (call.kind === 'mutation')
      explainByMutation(call)
    emit({ kind: 'call', call })
  }

  const { acquire } = store
  store.acquire = (query) => {
    const entry = acquire(query)
    followQuery(entry)
    return entry
  }
  store.entries?.forEach(followQuery)

  const { start } = clients.calls
  clients.calls.start = (call) => {
    if (isStopped)
      return start(call)
    const { kind, name, args } = call
    const record: CallRecord = {
      id: nextId++,
      kind,
      name,
      args,
      isOptimistic: !!call.optimisticUpdate,
      status: 'queued',
      startedAt: Date.now(),
    }
    starting = record
    try {
      const pending = start(call)
      calls.push(record)
      if (calls.length > KEPT_CALLS)
        calls.shift()
      queued.set(record, pending)
      emit({ kind: 'call', call: record })
      noteSent()
      // The caller handles the rejection.
      pending.result.then(() => settle(record), error => settle(record, error))
      return pending
    }
    finally {
      starting = undefined
    }
  }

  function nameOf(client: OpenClient): string {
    const known = names.get(client.client)
    const name = known ?? `${client.kind} ${nextId++}`
    names.set(client.client, name)
    return name
  }

  function followClient(open: OpenClient): void {
    const { client } = open
    const name = nameOf(open)
    let isConnected = client.convex.connectionState().isWebSocketConnected
    emit({ kind: 'socket', client: name, event: isConnected ? 'connected' : 'opened' })
    client.onTransition = (transition, durationMs) => {
      if (!isStopped)
        onTransition(open, transition, durationMs)
    }
    const unsubscribe = client.convex.subscribeToConnectionState(({ isWebSocketConnected }) => {
      if (isWebSocketConnected !== isConnected) {
        isConnected = isWebSocketConnected
        emit({ kind: 'socket', client: name, event: isConnected ? 'connected' : 'disconnected' })
      }
      noteSent()
    })
    connections.set(client, () => {
      unsubscribe()
      emit({ kind: 'socket', client: name, event: 'closed' })
    })
  }

  scope.run(() => watch(() => clients.opened?.value ?? [], (opened) => {
    for (const [client, end] of connections) {
      if (opened.some(open => open.client === client))
        continue
      connections.delete(client)
      end()
    }
    for (const open of opened) {
      if (!connections.has(open.client))
        followClient(open)
    }
  }, { immediate: true, flush: 'sync' }))

  return {
    calls,
    changesOf,
    nameOf,
    stop() {
      isStopped = true
      scope.stop()
      connections.forEach(end => end())
      connections.clear()
    },
  }
}

/** A query of a transition, such as `tasks:list {"done":true}`. */
function describeToken(token: string): string {
  try {
    const { udfPath, args } = JSON.parse(token) as { udfPath: string, args: unknown }
    return `${udfPath.replace('.js:', ':')} ${JSON.stringify(args)}`
  }
  catch {
    return token
  }
}
