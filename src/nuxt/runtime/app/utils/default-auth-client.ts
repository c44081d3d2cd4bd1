import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { basePath } from '#build/convue/options.mjs'
import { baseURL } from '#internal/nuxt/paths'

/** Written down: the inferred type names packages that an app cannot reach, and so would be `any` there. */
type DefaultAuthClient = ReturnType<typeof createAuthClient<{ plugins: ReturnType<typeof convexClient>[] }>>

/** The auth client of an app that has no `app/auth-client.ts`: it talks to the app's own auth routes. */
export const authClient: DefaultAuthClient = createAuthClient({
  plugins: [convexClient()],
  basePath: baseURL().replace(/\/$/, '') + basePath,
})
