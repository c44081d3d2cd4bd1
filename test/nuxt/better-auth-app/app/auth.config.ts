import { createAuthClient } from 'better-auth/vue'
import { convexClient } from 'convue/convex/client'

/** Creates the client that `defineClientAuth({ plugins: [convexClient()] })` would create. */
export default (baseURL: string) => createAuthClient({ baseURL, plugins: [convexClient()] })
