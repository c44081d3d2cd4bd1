import { defineNuxtRouteMiddleware, navigateTo, useRequestFetch } from 'nuxt/app'
import { useUserSession } from './use-user-session.ts'

export default defineNuxtRouteMiddleware(async ({ meta, fullPath }) => {
  const { auth } = meta as { auth?: unknown }
  if (!auth)
    return
  const { loggedIn, fetchSession } = useUserSession()
  if (!loggedIn.value)
    await fetchSession(useRequestFetch())
  if (auth === 'guest' ? loggedIn.value : !loggedIn.value)
    return navigateTo(auth === 'guest' ? '/' : `/login?redirect=${encodeURIComponent(fullPath)}`)
})
