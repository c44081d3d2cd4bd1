/** The auth client of an app that has no `app/auth-client.ts`. */
import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { basePath } from '#build/convue/options.mjs'
import { baseURL } from '#internal/nuxt/paths'

/**
 * An explicit type: the inferred one names packages that an app cannot resolve, so it would be
 * `any` in the app.
 */
type DefaultAuthClient = ReturnType<typeof createAuthClient<{ plugins: ReturnType<typeof convexClient>[] }>>

/** Requests the app's own auth routes. */
export const authClient: DefaultAuthClient = createAuthClient({
  plugins: [convexClient()],
  basePath: baseURL().replace(/\/$/, '') + basePath,
})
