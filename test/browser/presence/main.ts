import { createConvex, usePresence } from 'convue'
import { createApp, defineComponent, h } from 'vue'
import { api } from '../../convex-components/apps/presence/convex/_generated/api.js'

const { searchParams } = new URL(location.href)
const room = searchParams.get('room')
const userId = searchParams.get('user')
const intervalMs = Number(searchParams.get('interval'))

const Page = defineComponent({
  setup() {
    const { users } = usePresence(api.rooms, room, { userId, intervalMs })
    return () => h('ul', users.value?.map(({ userId, online }) => h('li', `${userId} ${online ? 'online' : 'offline'}`)))
  },
})

async function main(): Promise<void> {
  const { url } = await (await fetch('/app.json')).json()
  createApp(Page).use(createConvex({ url })).mount('#app')
}

void main()
