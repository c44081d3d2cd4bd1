import { createConvex } from 'convue'
import { indexedDbOutbox } from 'convue/offline'
import { createApp } from 'vue'
import App from './App.vue'
import { authClient } from './auth-client'
import { createNetwork, networkKey } from './network'
import { router } from './router'
import { createWire, wireKey } from './wire'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'

const network = createNetwork()
const wire = createWire(network.WebSocket)

// #region snippet
const convex = createConvex({
  url: import.meta.env.VITE_CONVEX_URL,
  authClient,
  outbox: indexedDbOutbox(),
  // Only for the inspector: a real app does not need it.
  clientOptions: { webSocketConstructor: wire.WebSocket },
})

createApp(App)
  .use(router)
  .use(convex)
// #endregion
  .provide(networkKey, network)
  .provide(wireKey, wire)
  .mount('#app')
