import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'

/** Sends its requests to `/api/auth` on the origin of the app. */
export const authClient = createAuthClient({ plugins: [convexClient()] })
