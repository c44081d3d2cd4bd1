/** The types of `event.context.convue`, which the module's Nitro plugin sets. */
import type { collectSsrData } from 'convue'
import type { ConvexRequest, ConvexServer } from 'convue/server'
import type { H3Event } from '../nitro.ts'
import type { AssumedIdentity } from './assumed-identity.ts'
import type { RenderedIdentity } from './rendered-identity.ts'

export interface ConvexEventContext {
  /** The proxy of Better Auth's routes. */
  handler: ConvexServer['handler']
  /**
   * Returns the object that calls Convex for one event. The event is an argument, since the events
   * of requests that the server sends to itself share one context.
   */
  of: (event: H3Event) => EventConvex
  /** Records the payload of the page of an event. Only in `nuxt dev`. */
  onPayload?: (event: H3Event, payload: { auth?: { token: string | null } | null, results: object }) => void
}

/** Calls Convex as the identity of one request. */
export interface EventConvex {
  /** Runs as the identity of the request; always anonymous if the response is shared. */
  request: ConvexRequest
  /**
   * The identity for which a page is rendered. `undefined` if it is unknown: if the response
   * is shared, or if Better Auth does not answer.
   */
  findIdentity: () => Promise<RenderedIdentity>
  /**
   * The identity for which the rendering of a page can begin at once. `null` if it must wait for
   * `findIdentity`.
   */
  assumeIdentity: () => Promise<AssumedIdentity | null>
  /** Uses the same deployment, and is always anonymous. */
  anonymousRequest: ConvexRequest
  /** The results of the queries of the page, which are kept if it is rendered again. */
  ssrData?: ReturnType<typeof collectSsrData>
  /** Why the response is the same for all users; `null` if it is not. See `sharedBy`. */
  sharedBy: string | null
}
