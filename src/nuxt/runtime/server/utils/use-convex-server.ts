/** The auto-imported functions of server routes: `useConvexServer` and `requireConvexUser`. */
import type { ConvexRequest, RequestSession } from 'convue/server'
import type { H3Event } from '../nitro.ts'
import { createError } from '../nitro.ts'

/**
 * Calls Convex as the identity of this request. The first use keeps the response out of all caches.
 * If Better Auth renews cookies, they are set on the response.
 *
 * If a route rule or a cached handler lets a cache keep the response, all queries and calls run
 * anonymously.
 *
 * @example
 * export default defineEventHandler(event => useConvexServer(event).fetchAuthQuery(api.tasks.list))
 */
export function useConvexServer(event: H3Event): ConvexRequest {
  return event.context.convue.of(event).request
}

/**
 * The session of this request's user.
 *
 * @throws an error of h3 with status 401 if the request is anonymous, or if a cache keeps the
 * response; `ConvueError` `SESSION_REQUEST_FAILED` if Better Auth does not answer.
 * @example
 * export default defineEventHandler(async (event) => {
 *   const { user } = await requireConvexUser(event)
 *   return `Hello ${user.name}`
 * })
 */
export async function requireConvexUser(event: H3Event): Promise<RequestSession> {
  const { request, sharedBy } = event.context.convue.of(event)
  const session = await request.getSession()
  if (session)
    return session
  const error = { statusCode: 401, statusMessage: 'Unauthorized' }
  if (!sharedBy)
    throw createError(error)
  throw createError({
    ...error,
    message: `This response is the same for all users because of ${sharedBy}, so it is anonymous.`,
  })
}
