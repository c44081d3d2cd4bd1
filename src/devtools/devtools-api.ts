/** The types of the API of Vue DevTools that Convue uses. */
import type { setupDevToolsPlugin } from '@vue/devtools-api'

/** The API that DevTools pass to a plugin. */
export type DevtoolsApi = Parameters<Parameters<typeof setupDevToolsPlugin>[1]>[0]

export type InspectorOptions = Parameters<DevtoolsApi['addInspector']>[0]
export type TimelineLayer = Parameters<DevtoolsApi['addTimelineLayer']>[0]
export type TimelineEvent = Parameters<DevtoolsApi['addTimelineEvent']>[0]['event']

/** A label beside the name of a node. Colors are RGB numbers. */
export interface InspectorTag {
  label: string
  textColor: number
  backgroundColor: number
}

export interface InspectorNode {
  id: string
  label: string
  tags: InspectorTag[]
  children?: InspectorNode[]
}

/** The sections of a node, each with its fields. */
export type InspectorState = Record<string, { key: string, value: any }[]>
