/** Gives the inspector to the data viewer, which Nuxt DevTools show in a frame of the page. */
import type { AppAction, NodeAction } from './actions.ts'
import type { InspectorNode, InspectorState } from './devtools-api.ts'
import type { History } from './history.ts'
import type { InspectedApp } from './inspected-app.ts'
import type { LayerEvent } from './timeline.ts'
import { describeAction } from './actions.ts'
import { describeNode } from './inspector-state.ts'
import { buildTree } from './inspector-tree.ts'
import { TIMELINE_LAYERS } from './timeline.ts'

/** A button of the inspector. */
export interface PageButton {
  label: string
  /** The label with an explanation. */
  title: string
  click: () => void
}

/** An event of the timeline. */
export interface PageEvent {
  /** The time in ms since 1970. */
  at: number
  layer: string
  title: string
  subtitle: string
  data: object
}

/** What the inspector shows, for a page of the same origin. It contains no token. */
export interface PageInspector {
  tree: () => InspectorNode[]
  /** The details of a node. They are empty if the node does not exist any more. */
  details: (id: string) => InspectorState
  /** The buttons of a node; without an id, those that concern the whole app. */
  buttons: (id?: string) => PageButton[]
  /** The latest events, newest first. */
  events: () => PageEvent[]
  /** The latest message of a button; empty if there is none. */
  message: () => string
}

/** The parts of DevTools that the inspector also shows. */
export interface InspectorSources {
  history: History
  appActions: AppAction[]
  nodeActions: NodeAction[]
  /** The latest events, oldest first. */
  events: readonly LayerEvent[]
  message: () => string
}

type Page = typeof globalThis & { __CONVUE_INSPECTOR__?: PageInspector }

/** The number of events that the page shows. */
const SHOWN_EVENTS = 100

/** Offers the inspector of the first app of the page, until the returned function is called. */
export function offerInspector(app: InspectedApp, sources: InspectorSources): () => void {
  const { history, appActions, nodeActions, events, message } = sources
  const page: Page = globalThis
  const inspector: PageInspector = {
    tree: () => buildTree(app, history),
    details: id => describeNode(app, history, id),
    buttons: (id) => {
      if (id === undefined)
        return appActions.map(action => toButton(action, () => void action.run()))
      return nodeActions
        .filter(({ prefix }) => id.startsWith(prefix))
        .map(action => toButton(action, () => void action.run(id)))
    },
    events: () => events.slice(-SHOWN_EVENTS).reverse().map(toPageEvent),
    message,
  }
  page.__CONVUE_INSPECTOR__ ??= inspector
  return () => {
    if (page.__CONVUE_INSPECTOR__ === inspector)
      delete page.__CONVUE_INSPECTOR__
  }
}

function toButton(action: AppAction | NodeAction, click: () => void): PageButton {
  return { label: action.label, title: describeAction(action), click }
}

function toPageEvent({ layerId, event }: LayerEvent): PageEvent {
  const layer = TIMELINE_LAYERS.find(({ id }) => id === layerId)!.label
  return { at: event.time, layer, title: event.title ?? '', subtitle: event.subtitle ?? '', data: event.data }
}
