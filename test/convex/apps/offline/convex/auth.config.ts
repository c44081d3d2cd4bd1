import type { AuthConfig } from 'convex/server'

/** The tests issue the tokens themselves. */
export default {
  providers: [{
    type: 'customJwt',
    issuer: process.env.TEST_ISSUER!,
    applicationID: 'tests',
    algorithm: 'ES256',
    jwks: process.env.TEST_JWKS!,
  }],
} satisfies AuthConfig
