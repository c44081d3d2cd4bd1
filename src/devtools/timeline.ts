/** The layers of the timeline and their events. */
import type { TimelineEvent, TimelineLayer } from './devtools-api.ts'
import type { HistoryEvent } from './history.ts'
import type { AuthEventRecord } from './record.ts'

const LAYERS = {
  transition: 'convue:transitions',
  auth: 'convue:auth',
  call: 'convue:calls',
  socket: 'convue:sockets',
}

export const TIMELINE_LAYERS: TimelineLayer[] = [
  { id: LAYERS.transition, label: 'Convex transitions', color: 0x15803D },
  { id: LAYERS.auth, label: 'Convex auth', color: 0x7E22CE },
  { id: LAYERS.call, label: 'Convex calls', color: 0x1D4ED8 },
  { id: LAYERS.socket, label: 'Convex sockets', color: 0xC2410C },
]

/**
 * An event of a layer. DevTools may show the events of all layers in one list without the names of
 * the layers, so the title and the subtitle also say what an event is about.
 */
export interface LayerEvent {
  layerId: string
  event: TimelineEvent
}

/** The event of a layer; `null` for events that are only shown in the inspector. */
export function toLayerEvent(event: HistoryEvent, now: number): LayerEvent | null {
  switch (event.kind) {
    case 'transition': {
      const { client, queries, durationMs, cause } = event
      const data = { 'client': client, 'caused by': cause, queries, 'duration': `${durationMs.toFixed(2)} ms` }
      const title = queries.length === 1 ? queries[0]! : `${queries.length} queries`
      return layerEvent('transition', { time: now, title, subtitle: `transition, ${durationMs.toFixed(1)} ms`, data })
    }
    case 'call': {
      const { id, kind, name, args, status, error } = event.call
      const isSettled = status === 'success' || status === 'error'
      return layerEvent('call', {
        time: now,
        title: name,
        subtitle: isSettled ? `settled: ${status}` : status,
        groupId: `call ${id}`,
        data: { kind, function: name, args, status, ...error && { error } },
        ...status === 'error' && { logType: 'error' },
      })
    }
    case 'socket':
      return layerEvent('socket', {
        time: now,
        title: `socket of ${event.client}`,
        subtitle: event.event,
        data: { client: event.client, event: event.event },
        ...event.event === 'disconnected' && { logType: 'warning' },
      })
    default:
      return null
  }
}

/** An auth event with the statuses before and after it. */
export function toAuthLayerEvent({ at, event, from, to }: AuthEventRecord): LayerEvent {
  const isProblem = event === 'failed' || event === 'rejected' || event === 'denied'
  const subtitle = from === to ? to : `${from} → ${to}`
  return layerEvent('auth', {
    time: at,
    title: `auth: ${event}`,
    subtitle,
    data: { event, from, to },
    ...isProblem && { logType: 'warning' },
  })
}

function layerEvent(layer: keyof typeof LAYERS, event: TimelineEvent): LayerEvent {
  return { layerId: LAYERS[layer], event }
}
