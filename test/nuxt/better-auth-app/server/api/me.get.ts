import { api } from '#convex/api'

export default defineEventHandler(async (event) => {
  const { preloadAuthQuery, fetchAuthQuery } = useConvexServer(event)
  const { userId } = await preloadAuthQuery(api.notes.whoami)
  return { userId, subject: (await fetchAuthQuery(api.notes.whoami))?.subject ?? null }
})
