import { api } from '#convex/api'

/** The tasks of the request's user. */
export default defineEventHandler(async (event) => {
  await requireConvexUser(event)
  return await useConvexServer(event).fetchAuthQuery(api.tasks.list, { filter: 'all' })
})
