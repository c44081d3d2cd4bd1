import { defineNuxtPlugin } from 'nuxt/app'
import { useUserSession } from './use-user-session.ts'

export default defineNuxtPlugin(async ({ payload }) => {
  const { fetchSession } = useUserSession()
  if (!payload.serverRendered)
    await fetchSession()
})
