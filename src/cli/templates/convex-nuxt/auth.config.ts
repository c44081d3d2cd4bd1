import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from 'convue/convex'

/** Accepts the tokens of the app's server. Without `JWKS`, Convex requests its public keys. */
export default {
  providers: [getAuthConfigProvider({ issuer: process.env.SITE_URL, jwks: process.env.JWKS || undefined })],
} satisfies AuthConfig
