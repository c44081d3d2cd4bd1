import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from '@convex-dev/better-auth/auth-config'

// The variable is empty until the static keys are printed.
export default {
  providers: [getAuthConfigProvider({ jwks: process.env.JWKS || undefined })],
} satisfies AuthConfig
