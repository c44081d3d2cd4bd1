import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'

/** What `defineClientAuth({ plugins: [convexClient()] })` of that module returns. */
export default (baseURL: string) => createAuthClient({ baseURL, plugins: [convexClient()] })
