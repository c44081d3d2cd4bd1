import type { ConvexServerOptions } from './config/convex-server-options.ts'
import type { ClientConnection } from './request/client-address.ts'
import type { ConvexRequest } from './request/convex-request.ts'
import { resolveConfig } from './config/server-config.ts'
import { proxyAuth } from './proxy/auth-proxy.ts'
import { createAddressFinder } from './request/client-address.ts'
import { createConvexRequest } from './request/convex-request.ts'

/** Convex and Better Auth on an app's server. */
export interface ConvexServer {
  /**
   * Passes requests below `basePath` on to Better Auth, so that its cookies belong to the app's own origin. Never rejects: what goes wrong is an
   * answer with a status and JSON of `code` and `message`. Better Auth limits sign-ins by the client's address, which no request
   * holds: pass that of the connection, unless `trustProxy` says where a reverse proxy writes it.
   */
  handler: (request: Request, connection?: ClientConnection) => Promise<Response>
  /**
   * Convex as the user of a request, or anonymously. Make one for each request, and share it by all
   * code that answers the request.
   *
   * `causedBy` is the request from outside, where the server made `request` itself to answer it:
   * whether mutations and actions run is decided by where that one comes from.
   */
  forRequest: (request: Request, options?: { causedBy?: Request }) => ConvexRequest
}

/**
 * Connects an app's server to a Convex deployment with Better Auth, in any runtime that has `fetch`. It holds nothing between requests.
 *
 * @example
 * ```ts
 * import { createConvexServer } from 'convue/server'
 * import { api } from './convex/_generated/api'
 *
 * const convex = createConvexServer({
 *   convexUrl: process.env.CONVEX_URL,
 *   convexSiteUrl: process.env.CONVEX_SITE_URL,
 * })
 *
 * export default {
 *   async fetch(request: Request, connection: { address: string }): Promise<Response> {
 *     if (new URL(request.url).pathname.startsWith('/api/auth/'))
 *       return await convex.handler(request, connection)
 *     const { fetchAuthQuery, responseHeaders } = convex.forRequest(request)
 *     const tasks = await fetchAuthQuery(api.tasks.list)
 *     return Response.json({ tasks: tasks.map(({ text }) => text) }, { headers: responseHeaders() })
 *   },
 * }
 * ```
 *
 * @throws {ConvueError} `URL_INVALID`, `SITE_URL_INVALID`, `SERVER_OPTION_INVALID`
 */
export function createConvexServer(options: ConvexServerOptions): ConvexServer {
  const config = resolveConfig(options)
  const findAddress = createAddressFinder(config)
  return {
    handler: (request, connection) => proxyAuth(request, findAddress(request, connection), config),
    forRequest: (request, { causedBy = request } = {}) => createConvexRequest(request, causedBy, config),
  }
}
