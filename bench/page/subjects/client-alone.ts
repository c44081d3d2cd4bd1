import type { Doc, View } from '../subject.ts'
import { BaseConvexClient } from 'convex/browser'
import { getFunctionName } from 'convex/server'
import { serve } from '../bench.ts'
import { clientOptions, getDoc, KEPT, url } from '../subject.ts'

/**
 * Hand-written code without a framework: a text node for each query. It can only show documents
 * that arrive together and are never removed.
 */
serve({
  open(container) {
    const nodes = new Map<string, Node>()
    const client = new BaseConvexClient(url, () => {}, clientOptions)
    client.addOnTransitionHandler(({ queries }) => {
      for (const { token, modification } of queries) {
        const node = nodes.get(token)
        if (node && modification.kind === 'Updated' && modification.result?.success)
          node.textContent = (modification.result.value as unknown as Doc).text
      }
    })
    const list = document.createElement('main')
    container.append(list)
    const add = (i: number, paragraph = document.createElement('p')): HTMLElement => {
      nodes.set(client.subscribe(getFunctionName(getDoc), { i }).queryToken, paragraph.appendChild(document.createTextNode('')))
      return paragraph
    }
    add(KEPT.i)
    return {
      show(view: View) {
        if (view.kind === 'items' && !view.isShared)
          list.append(...Array.from({ length: view.count }, (_, i) => add(i)))
      },
      settle: receive => receive(),
      close: () => void client.close(),
    }
  },
})
