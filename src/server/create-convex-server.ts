/** The entry point of `convue/server`: the auth proxy, and calls as the user of a request. */
import type { ConvexServerOptions } from './config/convex-server-options.ts'
import type { ClientConnection } from './request/client-address.ts'
import type { ConvexRequest } from './request/convex-request.ts'
import { resolveConfig } from './config/server-config.ts'
import { proxyAuth } from './proxy/auth-proxy.ts'
import { createAddressFinder } from './request/client-address.ts'
import { createConvexRequest } from './request/convex-request.ts'
import { createTokenVerifier } from './request/token-verifier.ts'

/** Convex and Better Auth for an app's server. */
export interface ConvexServer {
  /**
   * Passes requests below `basePath` on to Better Auth, so that its cookies belong to the app's own
   * origin. With `requestAuth`, it passes them to that function, with the same rules for headers
   * and cookies. Never rejects: after a failure, the response has a status and JSON with `code` and
   * `message`. Better Auth limits sign-ins by the client's address, which a request does not
   * contain: pass the address of the connection, unless `trustProxy` names the header in which a
   * reverse proxy writes it.
   */
  handler: (request: Request, connection?: ClientConnection) => Promise<Response>
  /**
   * An object that calls Convex as the user of a request, or anonymously. Create one for each
   * request, and share it between all code that answers the request.
   *
   * If the server itself made `request` to answer a request from outside, pass the latter as
   * `causedBy`: its origin decides whether mutations and actions run.
   */
  forRequest: (request: Request, options?: { causedBy?: Request }) => ConvexRequest
}

/**
 * Connects an app's server to a Convex deployment with Better Auth, in any runtime that has
 * `fetch`. Between requests, it only keeps Better Auth's public keys and the tokens that it has
 * verified with them.
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
 *     const texts = tasks.map(({ text }) => text)
 *     return Response.json(texts, { headers: responseHeaders() })
 *   },
 * }
 * ```
 *
 * @throws {ConvueError} `URL_INVALID`, `SITE_URL_INVALID`, `SERVER_OPTION_INVALID`
 */
export function createConvexServer(options: ConvexServerOptions): ConvexServer {
  const config = resolveConfig(options)
  const findAddress = createAddressFinder(config)
  const verifier = createTokenVerifier()
  return {
    handler: (request, connection) => proxyAuth(request, () => findAddress(request, connection), config),
    forRequest: (request, { causedBy = request } = {}) => createConvexRequest(request, causedBy, config, verifier),
  }
}
