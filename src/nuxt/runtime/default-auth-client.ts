import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'

/** The auth client of an app that has no `app/auth-client.ts`: it talks to the app's own auth routes. */
export const authClient = createAuthClient({ plugins: [convexClient()] })
