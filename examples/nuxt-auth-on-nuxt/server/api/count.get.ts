import { api } from '#convex/api'

/** A route that runs a query as the user of the request. */
export default defineEventHandler(async (event) => {
  const { user } = await requireConvexUser(event)
  const tasks = await useConvexServer(event).fetchAuthQuery(api.tasks.list)
  return { name: user.name, count: tasks.length }
})
