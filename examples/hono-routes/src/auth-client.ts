import { createAuthClient } from 'better-auth/vue'
import { convexClient, crossDomainClient } from 'convue/convex/client'
import { BASE_PATH } from '../convex/basePath'

export const authClient = createAuthClient({
  baseURL: import.meta.env.VITE_CONVEX_SITE_URL,
  basePath: BASE_PATH,
  plugins: [convexClient(), crossDomainClient()],
})
