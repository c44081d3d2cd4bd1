import type { ConvexRequest } from 'convue/server'
import type { H3Event } from 'h3'

/** What the Nitro plugin of this module puts into the context of each request. */
export interface RequestConvex {
  /** By the event, since the requests that a server makes to itself share their context. */
  of: (event: H3Event) => EventConvex
}

/** Convex as the identity of one request. */
export interface EventConvex {
  /** As the request's user; always anonymous where the response `isShared`. */
  request: ConvexRequest
  /** The same deployment, always anonymous. */
  nobody: ConvexRequest
  /** The response is for everybody: it is prerendered, or some cache keeps it. */
  isShared: boolean
}
