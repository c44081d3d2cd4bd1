import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from '../../../../../src/convex/index.ts'

// `JWKS` and `AUTH_ISSUER` are empty in some tests. Convex refuses variables that are not set here.
export default {
  providers: [getAuthConfigProvider({
    jwks: process.env.JWKS || undefined,
    issuer: process.env.AUTH_ISSUER || undefined,
    basePath: process.env.BASE_PATH || undefined,
  })],
} satisfies AuthConfig
