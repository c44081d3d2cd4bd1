import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { createConvex, useAuthedQuery } from 'convue'
import { createApp, defineComponent, h } from 'vue'
import { container, tasks, url } from './page.ts'

const authClient = createAuthClient({ plugins: [convexClient()] })

const Tasks = defineComponent(() => {
  const { data } = useAuthedQuery(tasks)
  return () => data.value && h('p', { id: 'data' }, data.value.map(({ text }) => text).join())
})

createApp(Tasks).use(createConvex({ url, authClient })).mount(container)
