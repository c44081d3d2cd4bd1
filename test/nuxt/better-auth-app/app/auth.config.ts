import { createAuthClient } from 'better-auth/vue'
import { convexClient } from 'convue/convex/client'

/** What `defineClientAuth({ plugins: [convexClient()] })` of that module returns. */
export default (baseURL: string) => createAuthClient({ baseURL, plugins: [convexClient()] })
