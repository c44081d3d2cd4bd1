import { ConvexClient } from 'convex/browser'
import { createConvex, useConvexQuery } from 'convue'
import { sharedTabs } from 'convue/tabs'
import TabsWorker from 'convue/tabs/worker?sharedworker'
import { createApp, defineComponent, h } from 'vue'
import { api } from '../../support/convex/_generated/api.js'

/** `?shared`: all tabs use one connection. */
const isShared = new URLSearchParams(location.search).has('shared')

const query = api.counters.get
const args = { name: 'stalled' }

/** When the page was shown, and when it has shown its latest result, in ms. */
const times = { shown: 0, convue: 0, alone: 0 }

const Counter = defineComponent({
  setup() {
    const { data } = useConvexQuery(query, args)
    return () => {
      times.convue = performance.now()
      return h('output', String(data.value))
    }
  },
})

async function main(): Promise<void> {
  const { url }: { url: string } = await (await fetch('/app.json')).json()
  document.addEventListener('visibilitychange', () => document.hidden || (times.shown = performance.now()))
  const clientOptions = isShared ? { webSocketConstructor: sharedTabs(() => new TabsWorker()) } : {}
  const convex = createConvex({ url, clientOptions })
  createApp(Counter).use(convex).mount('main')
  // The same query on a client without Convue.
  const alone = new ConvexClient(url, { logger: false })
  alone.onUpdate(query, args, (value) => {
    times.alone = performance.now()
    document.querySelector('p')!.textContent = String(value)
  })
  Object.assign(globalThis, { times, convex })
}

void main()
