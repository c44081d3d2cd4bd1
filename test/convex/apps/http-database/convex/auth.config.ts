import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from '../../../../../src/convex/index'

export default {
  providers: [getAuthConfigProvider({ jwks: process.env.JWKS || undefined, issuer: process.env.AUTH_ISSUER || undefined })],
} satisfies AuthConfig
