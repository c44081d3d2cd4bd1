import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from '../../../../../src/convex/index'

// The variable is empty until the static keys are printed.
export default { providers: [getAuthConfigProvider({ jwks: process.env.JWKS || undefined })] } satisfies AuthConfig
