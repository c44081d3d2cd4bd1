import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { computed } from 'vue'

const client = createAuthClient({ plugins: [convexClient()] })

export function useUserSession() {
  const session = import.meta.client ? client.useSession() : undefined
  return {
    client: import.meta.client ? client : null,
    user: computed(() => session?.value.data?.user ?? null),
    signIn: client.signIn,
    origin: 'the other module',
  }
}
