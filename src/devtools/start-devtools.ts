/** Connects an app to Vue DevTools: an inspector, a timeline, and actions. Only in development. */
import type { DevtoolsApi } from './devtools-api.ts'
import type { History, HistoryEvent } from './history.ts'
import type { InspectedApp } from './inspected-app.ts'
import type { LayerEvent } from './timeline.ts'
import { setupDevToolsPlugin } from '@vue/devtools-api'
import { ERROR_PAGES } from '../errors/docs-address.ts'
import { schedule } from '../shared/schedule.ts'
import { createAppActions, createNodeActions, describeAction } from './actions.ts'
import { createHistory } from './history.ts'
import { describeNode } from './inspector-state.ts'
import { buildTree } from './inspector-tree.ts'
import { offerInspector } from './page-inspector.ts'
import { createSlowSockets } from './slow-sockets.ts'
import { TIMELINE_LAYERS, toAuthLayerEvent, toLayerEvent } from './timeline.ts'

export const INSPECTOR_ID = 'convue'

/** The time in ms for which changes are collected before DevTools show them. */
const UPDATE_DELAY_MS = 100

/** The number of events that are kept for DevTools that are opened later. */
const KEPT_EVENTS = 500

/** Starts to observe the app, until it is unmounted. */
export function startDevtools(inspected: InspectedApp): void {
  const { app, record, clients } = inspected
  const events: LayerEvent[] = record.authEvents.map(toAuthLayerEvent)
  const slow = createSlowSockets(clients)
  let api: DevtoolsApi | undefined
  let cancelUpdate: (() => void) | undefined
  let message = ''

  const history: History = createHistory(inspected, onEvent)
  const appActions = createAppActions(inspected, slow, notify)
  const nodeActions = createNodeActions(inspected, history)
  const stopOffer = offerInspector(inspected, { history, appActions, nodeActions, events, message: () => message })
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
    events.push(event)
    if (events.length > KEPT_EVENTS)
      events.shift()
    api?.addTimelineEvent(event)
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
    for (const event of events)
      connected.addTimelineEvent(event)
    connected.addInspector({
      id: INSPECTOR_ID,
      label: 'Convue',
      icon: 'bolt',
      treeFilterPlaceholder: 'Search queries, calls and connections',
      actions: appActions.map(action => ({
        icon: action.icon,
        tooltip: describeAction(action),
        action: () => action.run(),
      })),
      // DevTools show all of these buttons for each node.
      nodeActions: nodeActions.map(action => ({
        icon: action.icon,
        tooltip: describeAction(action),
        action: (id: string) => id.startsWith(action.prefix) ? action.run(id) : notify(action.hint),
      })),
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

  function notify(text: string): void {
    message = text
    // eslint-disable-next-line no-console
    console.info(`[convue] ${text}`)
  }

  app.onUnmount(() => {
    cancelUpdate?.()
    stopAuthEvents()
    stopOffer()
    slow.stop()
    history.stop()
  })
}
