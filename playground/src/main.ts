import { createConvex } from 'convue'
import { createApp } from 'vue'
import App from './App.vue'
import { authClient } from './auth-client'
import { router } from './router'
import { createWire, wireKey } from './wire'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'

const wire = createWire()

// #region snippet
const convex = createConvex({
  url: import.meta.env.VITE_CONVEX_URL,
  authClient,
  // For the inspector: an app needs no such option.
  clientOptions: { webSocketConstructor: wire.WebSocket },
})

createApp(App)
  .use(router)
  .use(convex)
// #endregion
  .provide(wireKey, wire)
  .mount('#app')
