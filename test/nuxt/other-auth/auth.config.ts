import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'

/** Creates the client that `defineClientAuth({ plugins: [convexClient()] })` would create. */
export default (baseURL: string) => createAuthClient({ baseURL, plugins: [convexClient()] })
