import type { AuthConfig } from 'convex/server'
// In an app: `import { getAuthConfigProvider } from 'convue/convex'`.
import { getAuthConfigProvider } from '../../src/convex/index'

export default {
  providers: [getAuthConfigProvider()],
} satisfies AuthConfig
