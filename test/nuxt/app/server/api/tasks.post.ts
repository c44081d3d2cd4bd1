import { api } from '#convex/api'

export default defineEventHandler(async event => useConvexServer(event).fetchAuthMutation(api.tasks.add, await readBody(event)))
