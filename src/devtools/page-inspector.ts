/** Gives the inspector to the data viewer, which Nuxt DevTools show in a frame of the page. */
import type { InspectorNode, InspectorState } from './devtools-api.ts'
import type { History } from './history.ts'
import type { InspectedApp } from './inspected-app.ts'
import { describeNode } from './inspector-state.ts'
import { buildTree } from './inspector-tree.ts'

/** What the inspector shows, for a page of the same origin. It contains no token. */
export interface PageInspector {
  tree: () => InspectorNode[]
  /** The details of a node. They are empty if the node does not exist any more. */
  details: (id: string) => InspectorState
}

type Page = typeof globalThis & { __CONVUE_INSPECTOR__?: PageInspector }

/** Offers the inspector of the first app of the page, until the returned function is called. */
export function offerInspector(app: InspectedApp, history: History): () => void {
  const page: Page = globalThis
  const inspector: PageInspector = {
    tree: () => buildTree(app, history),
    details: id => describeNode(app, history, id),
  }
  page.__CONVUE_INSPECTOR__ ??= inspector
  return () => {
    if (page.__CONVUE_INSPECTOR__ === inspector)
      delete page.__CONVUE_INSPECTOR__
  }
}
