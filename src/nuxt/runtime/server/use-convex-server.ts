import type { ConvexRequest, RequestSession } from 'convue/server'
import type { H3Event } from 'h3'
import type { RequestConvex } from './request-convex.ts'
import { createError, setResponseHeader } from 'h3'

/**
 * Convex as whoever makes this request. Its cookies and cache rules reach the response by themselves.
 *
 * @example
 * export default defineEventHandler(event => useConvexServer(event).fetchAuthQuery(api.tasks.list))
 */
export function useConvexServer(event: H3Event): ConvexRequest {
  return (event.context.convue as RequestConvex).of(event).request
}

/**
 * The session of whoever makes this request.
 *
 * @throws an error of H3 with status 401 if that is nobody; `ConvueError` `SESSION_REQUEST_FAILED` if it cannot be found out.
 * @example
 * export default defineEventHandler(async (event) => {
 *   const { user } = await requireConvexUser(event)
 *   return `Hello ${user.name}`
 * })
 */
export async function requireConvexUser(event: H3Event): Promise<RequestSession> {
  const session = await useConvexServer(event).getSession()
  if (session)
    return session
  setResponseHeader(event, 'cache-control', 'private, no-store')
  throw createError({ statusCode: 401, statusMessage: 'Unauthorized' })
}
