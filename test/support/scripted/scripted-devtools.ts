import type { DevtoolsApi, InspectorNode, InspectorOptions, InspectorState, TimelineEvent } from '../../../src/devtools/devtools-api.ts'
import { afterEach, vi } from 'vitest'

type Handler = (payload: any) => void

/** Vue DevTools without their pages: what a plugin has registered, and what they would show. */
export class ScriptedDevtools {
  readonly inspectors: InspectorOptions[] = []
  readonly layers: string[] = []
  readonly events: { layerId: string, event: TimelineEvent }[] = []
  updates = 0
  readonly #handlers: Record<string, Handler> = {}

  /** Connects the plugins of `setupDevToolsPlugin`. */
  connect(_descriptor: unknown, setup: (api: DevtoolsApi) => void): void {
    const on = (name: string) => (handler: Handler) => void (this.#handlers[name] = handler)
    setup({
      addInspector: (options: InspectorOptions) => this.inspectors.push(options),
      addTimelineLayer: ({ id }: { id: string }) => this.layers.push(id),
      addTimelineEvent: (event: { layerId: string, event: TimelineEvent }) => this.events.push(event),
      sendInspectorTree: () => this.updates++,
      sendInspectorState: () => {},
      on: { getInspectorTree: on('tree'), getInspectorState: on('state') },
    } as unknown as DevtoolsApi)
  }

  /** The tree of the inspector. */
  tree(filter = ''): InspectorNode[] {
    const payload: { inspectorId: string, filter: string, rootNodes: InspectorNode[] } = { inspectorId: 'convue', filter, rootNodes: [] }
    this.#handlers.tree!(payload)
    return payload.rootNodes
  }

  /** The children of a node of the tree, as `name [tag, tag]`. */
  rows(id: string): string[] {
    const { children = [] } = this.tree().find(node => node.id === id)!
    return children.map(({ label, tags }) => `${label} [${tags.map(tag => tag.label).join(', ')}]`)
  }

  /** The fields of a node, without the sections. */
  fields(id: string): Record<string, any> {
    const payload: { inspectorId: string, nodeId: string, state: InspectorState } = { inspectorId: 'convue', nodeId: id, state: {} }
    this.#handlers.state!(payload)
    return Object.fromEntries(Object.values(payload.state).flat().map(({ key, value }) => [key, value]))
  }

  /** The events of a layer, as `title: subtitle`. */
  eventsOf(layer: string): string[] {
    return this.events.flatMap(({ layerId, event }) => layerId === `convue:${layer}` ? [`${event.title}: ${event.subtitle}`] : [])
  }

  /** Presses a button of the inspector, or of one of its nodes. */
  async press(tooltip: string, nodeId?: string): Promise<void> {
    const { actions = [], nodeActions = [] } = this.inspectors[0]!
    const buttons: { tooltip?: string, action: (id: string) => unknown }[] = nodeId === undefined ? actions : nodeActions
    await buttons.find(button => button.tooltip?.startsWith(tooltip))!.action(nodeId!)
  }
}

/** Pretends that the browser has Vue DevTools, for the rest of the test. */
export function installDevtools(): void {
  vi.stubGlobal('__VUE_DEVTOOLS_GLOBAL_HOOK__', {})
}

afterEach(() => void vi.unstubAllGlobals())
