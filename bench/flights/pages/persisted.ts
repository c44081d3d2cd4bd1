import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { createConvex, useAuthedQuery, useConvexAuth } from 'convue'
import { indexedDbStore } from 'convue/persist'
import { createApp, defineComponent, h } from 'vue'
import { container, tasks, url } from './page.ts'

const authClient = createAuthClient({ plugins: [convexClient()] })

const Tasks = defineComponent(() => {
  const { data, isStale } = useAuthedQuery(tasks)
  const { status } = useConvexAuth()
  return () => data.value && h('p', { 'id': 'data', 'data-stale': isStale.value, 'data-auth': status.value }, data.value.map(({ text }) => text).join())
})

createApp(Tasks).use(createConvex({ url, authClient, persist: indexedDbStore() })).mount(container)
