/** The details of the node that is selected in the inspector. They never contain a token. */
import type { Value } from 'convex/values'
import type { OpenClient } from '../client/identity-clients.ts'
import type { QueryEntry } from '../store/query-entry.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { Token } from '../token/token.ts'
import type { InspectorState } from './devtools-api.ts'
import type { CallRecord, History } from './history.ts'
import type { InspectedApp } from './inspected-app.ts'
import type { ShownItem } from './record.ts'
import { convexToJson } from 'convex/values'
import { renewalDelay } from '../token/token.ts'
import { AUTH_DIAGRAM } from './auth-diagram.ts'
import { shownId } from './shown-id.ts'

type Fields = Record<string, unknown>

/** The sections of a node, each with its fields. */
export function describeNode(app: InspectedApp, history: History, id: string): InspectorState {
  const sections = sectionsOf(app, history, id) ?? {}
  return Object.fromEntries(Object.entries(sections).map(([section, fields]) => [
    section,
    Object.entries(fields).filter(([, value]) => value !== undefined).map(([key, value]) => ({ key, value })),
  ]))
}

/** `undefined` if the node does not exist any more. */
function sectionsOf(app: InspectedApp, history: History, id: string): Record<string, Fields> | undefined {
  const [kind] = id.split(':', 1)
  const name = id.slice(kind!.length + 1)
  switch (kind) {
    case 'auth':
      if (name === '')
        return describeAuth(app)
      return describeAuthState(app, name as AuthState['status'])
    case 'connections':
      return { Deployment: { url: app.url } }
    case 'connection': {
      const open = app.clients.opened?.value.find(open => history.nameOf(open) === name)
      return open && describeConnection(open)
    }
    case 'query': {
      const entry = app.store.entries?.get(name)
      return entry && describeQuery(app, history, entry)
    }
    case 'call': {
      const call = history.calls.find(call => String(call.id) === name)
      return call && describeCall(call)
    }
    default: {
      const item = [...app.record.shown].find(item => shownId(item) === id)
      return item && describeShown(app, history, item)
    }
  }
}

function describeAuth({ engine }: InspectedApp): Record<string, Fields> {
  const { state, token } = engine
  const { status, user, request, error, endedSessions, consecutiveRejections } = state
  return {
    'State': { status, error: error ?? undefined, rejections: consecutiveRejections?.count },
    'User': describeUser(user),
    'Token': describeToken(token, engine.tokenIssuedAt!()),
    'Request to the provider': { ...request ?? { request: 'none' } },
    'Sessions': { ended: endedSessions.size },
  }
}

function describeUser(user: AuthState['user']): Fields {
  if (!user)
    return { user: user === null ? 'anonymous' : 'not known yet' }
  return { id: user.id, sessionId: user.sessionId, profile: user.profile }
}

/** The age of the token, and when it is renewed. The token itself is not shown. */
function describeToken(token: Token | null, issuedAt: number): Fields {
  if (!token)
    return { token: 'none' }
  const { lifetimeMs, expiresAt } = token
  if (!Number.isFinite(lifetimeMs))
    return { age: seconds(Date.now() - issuedAt), lifetime: 'unlimited' }
  return {
    'age': seconds(Date.now() - issuedAt),
    'lifetime': seconds(lifetimeMs),
    'expires at': time(expiresAt),
    'next renewal in': seconds(issuedAt + renewalDelay(lifetimeMs) - Date.now()),
  }
}

function describeAuthState({ engine }: InspectedApp, status: AuthState['status']): Record<string, Fields> {
  const { means, arrows } = AUTH_DIAGRAM[status]
  return {
    'State': { status, means, 'is current': engine.state.status === status },
    'Event → next state': arrows,
  }
}

function describeConnection({ kind, client }: OpenClient): Record<string, Fields> {
  return {
    Client: { 'identity': kind, 'has ended': client.hasEnded, 'has subscriptions': !client.isIdle },
    Connection: { ...client.convex.connectionState() },
  }
}

function describeQuery(app: InspectedApp, history: History, entry: QueryEntry): Record<string, Fields> {
  const { query, state, users, lingersUntil } = entry
  const { status, value, error, isStale } = state.value
  return {
    'Query': { 'function': query.name, 'args': query.args, 'auth mode': query.auth, 'live': query.isLive },
    'State': {
      status,
      'why it does not run': reasonOf(app, entry),
      'data': value,
      error,
      'stale': isStale,
      'size': sizeOf([entry]),
    },
    'Use': {
      'subscribers': users,
      'lingers for': users === 0 ? seconds(lingersUntil - performance.now()) : undefined,
    },
    'Last change': describeChanges(history, [entry]),
  }
}

/** The last change of a query, or of all pages of a list. */
function describeChanges(history: History, entries: QueryEntry[]): Fields {
  const changes = history.changesOf(entries)
  return { 'at': time(changes?.at), 'caused by': changes?.cause, 'changes': changes?.count }
}

/** Why a query is paused or waits. */
function reasonOf({ clients }: InspectedApp, { query, state }: QueryEntry): string | undefined {
  const identity = clients.runsAs(query.auth)
  if (state.value.status === 'paused')
    return 'It requires a user, and the page is signed out.'
  if (state.value.status === 'pending' && identity === 'waiting')
    return 'It waits until the identity is known, or until the first token of the user arrives.'
  return undefined
}

function describeCall(call: CallRecord): Record<string, Fields> {
  const { kind, name, args, isOptimistic, status, startedAt, sentAt, settledAt, error } = call
  return {
    Call: { 'function': name, kind, args, 'optimistic update': isOptimistic },
    State: {
      status,
      error,
      'called at': time(startedAt),
      'sent after': between(startedAt, sentAt),
      'settled after': between(startedAt, settledAt),
    },
  }
}

function describeShown(app: InspectedApp, history: History, item: ShownItem): Record<string, Fields> {
  const { kind, name, auth } = item
  const { status, pausedBy, args, rows, pages, queryKeys, uploads } = item.read()
  const sections: Record<string, Fields> = {
    Function: { 'name': name, args, 'used by': kind, 'auth mode': auth },
    State: { status, 'paused by': pausedBy, rows, pages, uploads },
  }
  if (!queryKeys)
    return sections
  const entries = queryKeys.map(key => app.store.entries?.get(key)).filter(entry => entry !== undefined)
  return {
    ...sections,
    'State': { ...sections.State, size: sizeOf(entries) },
    'Last change': describeChanges(history, entries),
  }
}

/** The size of the results as JSON, which is the form in which Convex sends them. */
function sizeOf(entries: QueryEntry[]): string | undefined {
  const values = entries.map(({ state }) => state.value.value).filter((value): value is Value => value !== undefined)
  if (values.length === 0)
    return undefined
  const texts = values.map(value => JSON.stringify(convexToJson(value)))
  const bytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0)
  if (bytes < 1024)
    return `${bytes} bytes`
  return `${(bytes / 1024).toFixed(1)} KiB`
}

function between(start: number, end: number | undefined): string | undefined {
  if (end !== undefined)
    return `${end - start} ms`
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

function time(ms: number | undefined): string | undefined {
  if (ms !== undefined)
    return new Date(ms).toLocaleTimeString()
}
