/** The public exports of `convue/server`. */
export { ConvueError } from '../errors/convue-error.ts'
export type { ConvueErrorCode } from '../errors/convue-error.ts'
export type { PaginatedQueryArgs, PaginatedQueryReference } from '../shared/paginated-query.ts'
export type { Preloaded } from '../ssr/preloaded.ts'
export type {
  ConvexServerOptions,
  JwtCacheOptions,
  RequestAuth,
  TrustProxyOptions,
} from './config/convex-server-options.ts'
export { createConvexServer } from './create-convex-server.ts'
export type { ConvexServer } from './create-convex-server.ts'
export type { ClientConnection } from './request/client-address.ts'
export type { ConvexRequest, PreloadPaginatedQueryOptions } from './request/convex-request.ts'
export type { RequestSession } from './request/request-identity.ts'
