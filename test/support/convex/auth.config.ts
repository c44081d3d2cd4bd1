import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from '@convex-dev/better-auth/auth-config'

/**
 * A second issuer. The tests have its private key, so a test can create a token for any user and with any lifetime,
 * without Better Auth.
 */
const testIssuer = process.env.TEST_ISSUER && process.env.TEST_JWKS
  ? [
      {
        type: 'customJwt' as const,
        issuer: process.env.TEST_ISSUER,
        applicationID: 'tests',
        algorithm: 'ES256' as const,
        jwks: process.env.TEST_JWKS,
      },
    ]
  : []

export default { providers: [getAuthConfigProvider(), ...testIssuer] } satisfies AuthConfig
