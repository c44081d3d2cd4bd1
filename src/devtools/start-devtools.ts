/** Connects an app to Vue DevTools: an inspector, a timeline, and actions. Only in development. */
import type { DevtoolsApi } from './devtools-api.ts'
import type { History, HistoryEvent } from './history.ts'
import type { InspectedApp } from './inspected-app.ts'
import type { LayerEvent } from './timeline.ts'
import { setupDevToolsPlugin } from '@vue/devtools-api'
import { ERROR_PAGES } from '../errors/docs-address.ts'
import { schedule } from '../shared/schedule.ts'
import { createActions, createNodeActions } from './actions.ts'
import { createHistory } from './history.ts'
import { describeNode } from './inspector-state.ts'
import { buildTree } from './inspector-tree.ts'
import { offerInspector } from './page-inspector.ts'
import { createSlowSockets } from './slow-sockets.ts'
import { TIMELINE_LAYERS, toAuthLayerEvent, toLayerEvent } from './timeline.ts'

export const INSPECTOR_ID = 'convue'

/** The time in ms for which changes are collected before DevTools show them. */
const UPDATE_DELAY_MS = 100

/** The number of events that are kept until DevTools are opened. */
const KEPT_EVENTS = 500

/** Starts to observe the app, until it is unmounted. */
export function startDevtools(inspected: InspectedApp): void {
  const { app, record, clients } = inspected
  const early: LayerEvent[] = record.authEvents.map(toAuthLayerEvent)
  const slow = createSlowSockets(clients)
  let api: DevtoolsApi | undefined
  let cancelUpdate: (() => void) | undefined

  const history: History = createHistory(inspected, onEvent)
  const stopOffer = offerInspector(inspected, history)
  const stopAuthEvents = record.onAuthEvent(event => show(toAuthLayerEvent(event)))

  function onEvent(event: HistoryEvent): void {
    if (event.kind === 'socket')
      slow.update()
    const layerEvent = toLayerEvent(event, Date.now())
    if (layerEvent)
      show(layerEvent)
    else
      updateSoon()
  }

  function show(event: LayerEvent): void {
    if (api) {
      api.addTimelineEvent(event)
    }
    else {
      early.push(event)
      early.splice(0, early.length - KEPT_EVENTS)
    }
    updateSoon()
  }

  function updateSoon(): void {
    if (!api || cancelUpdate)
      return
    cancelUpdate = schedule(() => {
      cancelUpdate = undefined
      api!.sendInspectorTree(INSPECTOR_ID)
      api!.sendInspectorState(INSPECTOR_ID)
    }, UPDATE_DELAY_MS)
  }

  const descriptor = {
    id: 'dev.convue',
    label: 'Convue',
    packageName: 'convue',
    homepage: new URL('../guides/devtools', ERROR_PAGES).href,
    app,
    enableEarlyProxy: true,
  }
  setupDevToolsPlugin(descriptor, (connected) => {
    api = connected
    TIMELINE_LAYERS.forEach(layer => connected.addTimelineLayer(layer))
    for (const event of early.splice(0))
      connected.addTimelineEvent(event)
    connected.addInspector({
      id: INSPECTOR_ID,
      label: 'Convue',
      icon: 'bolt',
      treeFilterPlaceholder: 'Search queries, calls and connections',
      actions: createActions(inspected, slow, notify),
      nodeActions: createNodeActions(inspected, history, notify),
    })
    connected.on.getInspectorTree((payload) => {
      if (payload.inspectorId === INSPECTOR_ID)
        payload.rootNodes = buildTree(inspected, history, payload.filter)
    })
    connected.on.getInspectorState((payload) => {
      if (payload.inspectorId === INSPECTOR_ID)
        payload.state = describeNode(inspected, history, payload.nodeId)
    })
  })

  app.onUnmount(() => {
    cancelUpdate?.()
    stopAuthEvents()
    stopOffer()
    slow.stop()
    history.stop()
  })
}

function notify(message: string): void {
  // eslint-disable-next-line no-console
  console.info(`[convue] ${message}`)
}
