import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { createConvex, useAuthedQuery, useConvexAuth, useConvexMutation, useConvexQuery } from 'convue'
import { sharedTabs } from 'convue/tabs'
import TabsWorker from 'convue/tabs/worker?sharedworker'
import { createApp, defineComponent, h, watch } from 'vue'
import { api } from '../../support/convex/_generated/api.js'

/** `?own`: a socket for each tab. `?counter=…`: a query that only this tab has. */
const search = new URLSearchParams(location.search)

/** Every list of rows that the tab has shown. */
const shown: string[][] = []

const Panel = defineComponent({
  setup() {
    const { status, user, signOut } = useConvexAuth()
    const { data: tasks } = useAuthedQuery(api.tasks.list)
    const { data: counter } = useConvexQuery(api.counters.get, () => search.has('counter') ? { name: search.get('counter')! } : undefined)
    const { mutate } = useConvexMutation(api.tasks.add, {
      optimisticUpdate(store, { text }) {
        const list = store.getQuery(api.tasks.list, {})
        if (list)
          store.setQuery(api.tasks.list, {}, [...list, { ...list[0]!, _id: 'optimistic' as any, text: `${text}, not sent` }])
      },
    })
    watch(tasks, list => list && shown.push(list.map(({ text }) => text)), { flush: 'sync' })
    return () => [
      h('p', { role: 'status' }, [status.value, user.value?.name].filter(Boolean).join(' as ')),
      h('output', String(counter.value)),
      h('ul', tasks.value?.map(({ text }) => h('li', text))),
      h('button', { onClick: () => mutate({ text: 'Added' }) }, 'Add'),
      h('button', { onClick: () => signOut() }, 'Sign out'),
    ]
  },
})

async function main(): Promise<void> {
  const { url }: { url: string } = await (await fetch('/app.json')).json()
  const authClient = createAuthClient({ baseURL: `${location.origin}/api/auth`, plugins: [convexClient()] })
  const clientOptions = search.has('own') ? {} : { webSocketConstructor: sharedTabs(() => new TabsWorker()) }
  const convex = createConvex({ url, authClient, clientOptions })
  createApp(Panel).use(convex).mount('#app')
  Object.assign(globalThis, { convex, shown, authClient })
}

void main()
