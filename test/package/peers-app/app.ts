import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { Authenticated, createConvex, useAuthedQuery, useConvexAuth, useConvexMutation, useConvexQuery } from 'convue'
import { createApp, defineComponent, h, watchEffect } from 'vue'
import { WebSocket } from 'ws'
import { api } from '../../support/convex/_generated/api.js'

const App = defineComponent({
  setup() {
    const { status, user } = useConvexAuth()
    const { data: tasks } = useAuthedQuery(api.tasks.list)
    const { data: count } = useConvexQuery(api.counters.get, () => ({ name: 'visits' }))
    const { mutate } = useConvexMutation(api.tasks.add)
    const text: string | undefined = tasks.value?.[0]?.text
    // @ts-expect-error results are typed
    const wrong: [number, string] = [tasks.value?.[0]?.text, count.value]
    // @ts-expect-error arguments are typed
    watchEffect(() => wrong.length === 3 && mutate({ text: 1 }))
    return () => [
      h('p', `${status.value} ${user.value?.name} ${count.value} ${text ?? ''}`),
      h(Authenticated, () => h('ul', tasks.value?.map(task => h('li', task.text)))),
      h('button', { onClick: () => mutate({ text: 'from the page' }) }),
    ]
  },
})

/**
 * An app as in production, except that sockets and cookies are those of Node and not of a browser.
 */
export function mountApp(root: Element, url: string, authUrl: string, browserFetch: typeof fetch) {
  const authClient = createAuthClient({ baseURL: authUrl, plugins: [convexClient()], fetchOptions: { customFetchImpl: browserFetch } })
  const convex = createConvex({ url, authClient, clientOptions: { webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket, logger: false } })
  const app = createApp(App).use(convex)
  app.mount(root)
  return { authClient, convex, app }
}
