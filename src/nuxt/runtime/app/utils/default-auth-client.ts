/** The auth client for apps without `app/auth-client.ts`. */
import { createAuthClient } from 'better-auth/vue'
import { convexClient } from 'convue/convex/client'
import { basePath } from '#build/convue/options.mjs'
import { baseURL } from '#internal/nuxt/paths'

/**
 * An explicit type is needed: the inferred type refers to packages that the app cannot resolve, so
 * the client would have the type `any` in the app.
 */
type DefaultAuthClient = ReturnType<typeof createAuthClient<{ plugins: ReturnType<typeof convexClient>[] }>>

/** A Better Auth client that sends its requests to the auth routes of the app. */
export const authClient: DefaultAuthClient = createAuthClient({
  plugins: [convexClient()],
  basePath: baseURL().replace(/\/$/, '') + basePath,
})
