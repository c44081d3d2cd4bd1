import { adminClient, organizationClient } from 'better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { convexClient } from 'convue/convex/client'

export const authClient = createAuthClient({ plugins: [convexClient(), adminClient(), organizationClient()] })
