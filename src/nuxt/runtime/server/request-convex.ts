import type { ConvexRequest } from 'convue/server'
import type { H3Event } from 'h3'

/** What the Nitro plugin of this module puts into the context of each request. */
export interface RequestConvex {
  /** By the event, since the requests that a server makes to itself share their context. */
  of: (event: H3Event) => EventConvex
}

/** Convex as whoever makes one request. */
export interface EventConvex {
  request: ConvexRequest
  /** The same deployment as nobody, whoever makes the request. */
  nobody: ConvexRequest
  /** The response is for everybody: it is prerendered, or some cache keeps it. */
  isShared: boolean
}
