import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from '@convex-dev/better-auth/auth-config'

/**
 * A second issuer: the tests themselves, which have its private key in order to create tokens for any user and with any
 * lifetime; or Better Auth on the app's own server, which has an address for its keys.
 */
const testIssuer = process.env.TEST_ISSUER && process.env.TEST_JWKS
  ? [
      {
        type: 'customJwt' as const,
        issuer: process.env.TEST_ISSUER,
        // Tokens of Better Auth on the app's own server have the audience `convex`, which the component uses itself.
        ...(process.env.TEST_JWKS.startsWith('data:') ? { applicationID: 'tests' } : {}),
        algorithm: 'ES256' as const,
        jwks: process.env.TEST_JWKS,
      },
    ]
  : []

export default { providers: [getAuthConfigProvider(), ...testIssuer] } satisfies AuthConfig
