import { api } from '#convex/api'

export default defineEventHandler(event => useConvexServer(event).fetchAuthQuery(api.tasks.list))
