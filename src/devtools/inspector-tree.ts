/** The tree of the inspector. The id of a node contains the kind of the node. */
import type { Value } from 'convex/values'
import type { QueryEntry } from '../store/query-entry.ts'
import type { InspectorNode, InspectorTag } from './devtools-api.ts'
import type { CallRecord, History } from './history.ts'
import type { InspectedApp } from './inspected-app.ts'
import type { ShownItem } from './record.ts'
import { convexToJson } from 'convex/values'
import { AUTH_DIAGRAM } from './auth-diagram.ts'
import { shownId } from './shown-id.ts'

const WHITE = 0xFFFFFF
const COLORS = {
  good: 0x15803D,
  busy: 0x1D4ED8,
  quiet: 0x52525B,
  bad: 0xB91C1C,
}

const COLOR_OF: Record<string, keyof typeof COLORS> = {
  success: 'good',
  authenticated: 'good',
  connected: 'good',
  error: 'bad',
  disconnected: 'bad',
  pending: 'busy',
  queued: 'busy',
  sent: 'busy',
  loading: 'busy',
  authenticating: 'busy',
  refreshing: 'busy',
}

function tag(label: string, color: keyof typeof COLORS = COLOR_OF[label] ?? 'quiet'): InspectorTag {
  return { label, textColor: WHITE, backgroundColor: COLORS[color] }
}

/** The nodes whose names or tags contain the text of the filter, with the nodes above them. */
export function buildTree(app: InspectedApp, history: History, filter = ''): InspectorNode[] {
  const tree = [
    authNode(app),
    group('connections', 'Connections', connectionNodes(app, history)),
    group('queries', 'Queries', queryNodes(app)),
    group('lists', 'Lists', shownNodes(app, 'list')),
    group('calls', 'Calls', history.calls.map(callNode).reverse()),
    group('uploads', 'Uploads', shownNodes(app, 'uploads')),
  ]
  return tree.flatMap(node => matching(node, filter.toLowerCase()))
}

function matching(node: InspectorNode, filter: string): InspectorNode[] {
  if (filter === '')
    return [node]
  const texts = [node.label, ...node.tags.map(({ label }) => label)]
  if (texts.some(text => text.toLowerCase().includes(filter)))
    return [node]
  const children = (node.children ?? []).flatMap(child => matching(child, filter))
  if (children.length === 0)
    return []
  return [{ ...node, children }]
}

function group(id: string, label: string, children: InspectorNode[]): InspectorNode {
  return { id, label, children, tags: [tag(String(children.length), 'quiet')] }
}

/** The diagram: a node for each state, of which the current one has a tag. */
function authNode({ engine: { state: { status } } }: InspectedApp): InspectorNode {
  const children = Object.keys(AUTH_DIAGRAM).map(name => ({
    id: `auth:${name}`,
    label: name,
    tags: name === status ? [tag('current state', COLOR_OF[name])] : [],
  }))
  return { id: 'auth', label: 'Auth', tags: [tag(status)], children }
}

function connectionNodes({ clients }: InspectedApp, history: History): InspectorNode[] {
  return (clients.opened?.value ?? []).map((open) => {
    const name = history.nameOf(open)
    const { isWebSocketConnected } = open.client.convex.connectionState()
    return { id: `connection:${name}`, label: name, tags: [tag(isWebSocketConnected ? 'connected' : 'disconnected')] }
  })
}

function queryNodes(app: InspectedApp): InspectorNode[] {
  const running = [...app.store.entries?.values() ?? []].map(queryNode)
  const paused = [...app.record.shown].filter(item => item.kind === 'query' && item.read().status === 'paused')
  return [...running, ...paused.map(item => pausedNode(item))]
}

function queryNode({ query, state, users }: QueryEntry): InspectorNode {
  const { status, isStale } = state.value
  const tags = [tag(status)]
  if (isStale)
    tags.push(tag('stale'))
  if (users === 0)
    tags.push(tag('lingers'))
  if (query.auth !== 'optional')
    tags.push(tag(query.auth))
  return { id: `query:${query.key}`, label: labelOf(query.name, query.args), tags }
}

/** The arguments may contain values that JSON cannot represent. */
function labelOf(name: string, args: Record<string, Value>): string {
  return `${name} ${JSON.stringify(convexToJson(args))}`
}

/** A query that is paused by its arguments has no entry in the store. */
function pausedNode(item: ShownItem): InspectorNode {
  return { id: shownId(item), label: item.name, tags: [tag('paused'), tag(item.read().pausedBy ?? '')] }
}

function shownNodes({ record }: InspectedApp, kind: ShownItem['kind']): InspectorNode[] {
  return [...record.shown].filter(item => item.kind === kind).map((item) => {
    const { status, args, rows, uploads } = item.read()
    const count = rows ?? uploads?.length
    const tags = [tag(status)]
    if (count !== undefined)
      tags.push(tag(String(count)))
    return { id: shownId(item), label: args ? labelOf(item.name, args) : item.name, tags }
  })
}

function callNode({ id, kind, name, status, isOptimistic }: CallRecord): InspectorNode {
  const tags = [tag(status), tag(kind)]
  if (isOptimistic)
    tags.push(tag('optimistic'))
  return { id: `call:${id}`, label: name, tags }
}
