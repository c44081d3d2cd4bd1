import { genericOAuthClient } from 'better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { convexClient, crossDomainClient } from 'convue/convex/client'

/**
 * Sends its requests to the deployment. `crossDomainClient()` keeps the session in the storage of
 * the page, and redeems the one-time token in its address.
 */
export const authClient = createAuthClient({
  baseURL: import.meta.env.VITE_CONVEX_SITE_URL,
  plugins: [convexClient(), crossDomainClient(), genericOAuthClient()],
})
