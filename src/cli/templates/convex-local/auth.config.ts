import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from 'convue/convex'

export default {
  providers: [getAuthConfigProvider()],
} satisfies AuthConfig
