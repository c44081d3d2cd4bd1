import { createConvex } from 'convue'
import { createApp } from 'vue'
import App from './App.vue'
import { authClient } from './auth-client'
import './style.css'

createApp(App)
  .use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient }))
  .mount('#app')
