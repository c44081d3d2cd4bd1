import { defineNuxtPlugin, useRequestHeaders, useState } from 'nuxt/app'

export default defineNuxtPlugin({
  name: 'auth:session-init',
  enforce: 'pre',
  async setup() {
    const session = useState<object | null>('auth:session', () => null)
    const user = useState<object | null>('auth:user', () => null)
    const data = await $fetch<any>('/api/auth/get-session', { headers: useRequestHeaders(['cookie']) }).catch(() => null)
    if (!data?.session || !data?.user)
      return
    const { token: _, ...safeSession } = data.session
    session.value = safeSession
    user.value = data.user
  },
})
