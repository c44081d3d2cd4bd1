import type { AuthConfig } from 'convex/server'
import { getAuthConfigProvider } from '../../../../../src/convex/index'

export default { providers: [getAuthConfigProvider()] } satisfies AuthConfig
