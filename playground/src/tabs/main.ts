import { createConvex } from 'convue'
import { sharedTabs } from 'convue/tabs'
import TabsWorker from 'convue/tabs/worker?sharedworker'
import { createApp } from 'vue'
import { authClient } from '../auth-client'
import { createOwnSockets, ownSocketsKey } from './own-sockets'
import TabsApp from './TabsApp.vue'
import '../styles/tokens.css'
import '../styles/base.css'
import '../styles/controls.css'

const own = createOwnSockets()

// #region snippet
const webSocketConstructor = sharedTabs(
  () => new TabsWorker(),
  // Only to count them: a real app does not need it.
  { webSocketConstructor: own.WebSocket },
)

const convex = createConvex({
  url: import.meta.env.VITE_CONVEX_URL,
  authClient,
  clientOptions: { webSocketConstructor },
})
// #endregion

createApp(TabsApp).use(convex).provide(ownSocketsKey, own).mount('#app')
