import type { DocArgs, Row, View } from '../subject.ts'
import { ConvexProvider, ConvexReactClient, useQuery } from 'convex/react'
import { createElement, memo, useState } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { serve } from '../bench.ts'
import { clientOptions, getDoc, getRows, KEPT, NOTHING, textOf, textOfBoth, textUnder, url } from '../subject.ts'

function Item({ i }: DocArgs): any {
  return createElement('p', null, useQuery(getDoc, { i })?.text)
}

const RowItem = memo(({ row }: { row: Row }): any => createElement('p', null, textOf(row)))

function Rows(): any {
  return createElement('div', null, useQuery(getRows, { i: 0 })?.map(row => createElement(RowItem, { key: row._id, row })))
}

function Changing({ args }: { args: DocArgs }): any {
  return createElement('p', null, textUnder(args, useQuery(getDoc, args)))
}

function Pair(): any {
  return createElement('p', null, textOfBoth(useQuery(getDoc, { i: 0 }), useQuery(getDoc, { i: 1 })))
}

function render(shown: View): any {
  switch (shown.kind) {
    case 'nothing':
      return null
    case 'items':
      return Array.from({ length: shown.count }, (_, i) => createElement(Item, { key: i, i: shown.isShared ? 0 : i }))
    case 'rows':
      return createElement(Rows)
    case 'changing':
      return createElement(Changing, { args: shown.args })
    case 'pair':
      return createElement(Pair)
  }
}

serve({
  open(container) {
    const client = new ConvexReactClient(url, clientOptions)
    let show = (_view: View): void => {}
    function Main(): any {
      const [view, setView] = useState(NOTHING)
      show = setView
      return createElement('main', null, render(view))
    }
    const root = createRoot(container)
    flushSync(() => root.render(createElement(ConvexProvider, { client }, createElement('aside', null, createElement(Item, KEPT)), createElement(Main))))
    return {
      show: view => flushSync(() => show(view)),
      settle: receive => flushSync(receive),
      close() {
        flushSync(() => root.unmount())
        void client.close()
      },
    }
  },
})
