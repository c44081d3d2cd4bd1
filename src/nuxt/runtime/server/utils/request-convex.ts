/** The types of `event.context.convue`, which the module's Nitro plugin sets. */
import type { ConvexRequest, ConvexServer } from 'convue/server'
import type { H3Event } from 'h3'
import type { RenderedIdentity } from './rendered-identity.ts'

export interface ConvexEventContext {
  /** The proxy of Better Auth's routes. */
  handler: ConvexServer['handler']
  /**
   * Returns the object that calls Convex for one event. The event is an argument, since the events
   * of requests that the server sends to itself share one context.
   */
  of: (event: H3Event) => EventConvex
}

/** Calls Convex as the identity of one request. */
export interface EventConvex {
  /** Runs as the identity of the request; always anonymous if the response `isShared`. */
  request: ConvexRequest
  /**
   * The identity for which a page is rendered. `undefined` if it is unknown: if the response
   * `isShared`, or if Better Auth does not answer.
   */
  findIdentity: () => Promise<RenderedIdentity>
  /** Uses the same deployment, and is always anonymous. */
  anonymousRequest: ConvexRequest
  /** `true` if the response is prerendered, or a cache keeps it for all users. */
  isShared: boolean
}
