import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { createConvex, useAuthedQuery, useConvexAuth, useConvexMutation, useConvexQuery } from 'convue'
import { createApp, defineComponent, h } from 'vue'
import { api } from '../../support/convex/_generated/api.js'

/**
 * The settings of each app, which the server of this page provides: a deployment, and the path of its Better Auth on
 * this origin.
 */
interface AppConfig { url: string, authPath: string }

const Panel = defineComponent({
  setup() {
    const { status, user } = useConvexAuth()
    const { data: tasks } = useAuthedQuery(api.tasks.list)
    const { data: whoami } = useConvexQuery(api.users.whoami)
    const { mutate } = useConvexMutation(api.tasks.add)
    return () => [
      h('p', { role: 'status' }, [status.value, user.value?.name].filter(Boolean).join(' as ')),
      h('output', JSON.stringify(whoami.value)),
      h('ul', tasks.value?.map(({ text }) => h('li', text))),
      h('button', { onClick: () => mutate({ text: `written by ${user.value?.name}` }) }, 'Write'),
    ]
  },
})

/** An app like any other, in one part of the page. */
function mountApp(id: string, { url, authPath }: AppConfig) {
  const authClient = createAuthClient({ baseURL: location.origin + authPath, plugins: [convexClient()] })
  const convex = createConvex({ url, authClient })
  const app = createApp(Panel).use(convex)
  app.mount(`#${id}`)
  return { authClient, convex, app }
}

async function main(): Promise<void> {
  const configs: Record<string, AppConfig> = await (await fetch('/apps.json')).json()
  Object.assign(globalThis, { apps: Object.fromEntries(Object.entries(configs).map(([id, config]) => [id, mountApp(id, config)])) })
}

void main()
