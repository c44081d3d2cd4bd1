import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from 'convue/convex'
import { BASE_PATH } from './basePath'

// With the keys in a variable, Convex verifies tokens without a request.
export default {
  providers: [getAuthConfigProvider({ jwks: process.env.JWKS || undefined, basePath: BASE_PATH })],
} satisfies AuthConfig
