/** The types of `event.context.convue`, which the module's Nitro plugin sets. */
import type { ConvexRequest, ConvexServer } from 'convue/server'
import type { H3Event } from 'h3'

export interface ConvexEventContext {
  /** The proxy of Better Auth's routes. */
  handler: ConvexServer['handler']
  /**
   * Convex of one event. Takes the event as an argument, since the events of requests that the
   * server makes to itself share one context.
   */
  of: (event: H3Event) => EventConvex
}

/** Convex as the identity of one request. */
export interface EventConvex {
  /** As the request's user; always anonymous where the response `isShared`. */
  request: ConvexRequest
  /** The same deployment, always anonymous. */
  anonymousRequest: ConvexRequest
  /** The response is prerendered, or a cache keeps it for all users. */
  isShared: boolean
}
