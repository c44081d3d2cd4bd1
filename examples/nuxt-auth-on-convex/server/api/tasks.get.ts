import { api } from '#convex/api'

/** The tasks of the request's user, in the form for `usePreloadedQuery`. */
export default defineEventHandler(async (event) => {
  await requireConvexUser(event)
  return await useConvexServer(event).preloadAuthQuery(api.tasks.list)
})
