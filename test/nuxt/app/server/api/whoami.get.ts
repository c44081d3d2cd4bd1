import { api } from '#convex/api'

export default defineEventHandler(async (event) => {
  const { fetchAuthQuery, isAuthenticated } = useConvexServer(event)
  return { name: (await fetchAuthQuery(api.users.whoami))?.name ?? null, isAuthenticated: await isAuthenticated() }
})
