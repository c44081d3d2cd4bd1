import { createAuthClient } from 'better-auth/vue'
import { convexClient } from 'convue/convex/client'

/** Sends its requests to `/api/auth` on the origin of the app. */
export const authClient = createAuthClient({ plugins: [convexClient()] })
