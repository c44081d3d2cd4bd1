import { useRequestURL, useState } from 'nuxt/app'
import { computed, watch } from 'vue'
import createClient from '#auth/client'

type Fetch = (path: string) => Promise<any>
interface User { id: string, name: string }

let client: ReturnType<typeof createClient> | undefined

export function useUserSession() {
  const user = useState<User | null>('auth:user', () => null)
  const session = useState<object | null>('auth:session', () => null)
  const set = (data: any): void => {
    user.value = data?.user ?? null
    session.value = data?.session ?? null
  }
  if (import.meta.client) {
    client ??= createClient(useRequestURL().origin)
    const asked = client.useSession()
    watch(asked, ({ data, isPending }) => (data || !isPending) && set(data), { immediate: true, deep: true })
  }
  return {
    client: client ?? null,
    user,
    session,
    loggedIn: computed(() => !!user.value),
    signIn: client?.signIn,
    fetchSession: async (fetch: Fetch = $fetch as Fetch) => set(client ? (await client.getSession()).data : await fetch('/api/auth/get-session').catch(() => null)),
    async signOut() {
      await client!.signOut()
      set(null)
    },
  }
}
