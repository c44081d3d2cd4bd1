import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'

export const authClient = createAuthClient({ plugins: [convexClient()], fetchOptions: { headers: { 'x-auth-client': 'of the layer' } } })
