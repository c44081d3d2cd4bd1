/** Sets `event.context.convue` of each event, which calls Convex as the identity of the request. */
import type { ConvexRequest, ConvexServer, RequestAuth } from 'convue/server'
import type { H3Event } from '../nitro.ts'
import type { EventConvex } from '../utils/request-convex.ts'
import { createConvexServer } from 'convue/server'
import { defineNitroPlugin, getRequestHeader, useRuntimeConfig } from '../nitro.ts'
import { warnOfUnknownAddress } from '../utils/address-warning.ts'
import { createAssumptions } from '../utils/assumed-identity.ts'
import { withIdentityHeaders } from '../utils/identity-headers.ts'
import { authRequestOf, createLocalAuth, makeAnonymousIfShared, refuseToRender } from '../utils/local-auth.ts'
import { outermostEvent, trackCallers } from '../utils/outermost-request.ts'
import { createRejectionReport } from '../utils/rejection-report.ts'
import { createIdentityFinder } from '../utils/rendered-identity.ts'
import { refuseWithoutUrl, requestUrl } from '../utils/request-url.ts'
import { sharedBy } from '../utils/shared-route.ts'
import { findSiteUrl } from '../utils/site-url.ts'

/**
 * @throws {ConvueError} `URL_INVALID`, `SITE_URL_INVALID`, `SERVER_OPTION_INVALID` when the server
 * starts.
 */
export default defineNitroPlugin((nitro) => {
  const eventsOfRequests = new WeakMap<Request, H3Event>()
  const server = createServer(createLocalAuth(nitro, request => eventsOfRequests.get(request)))
  const findIdentity = createIdentityFinder()
  const reportRejection = createRejectionReport()
  trackCallers(nitro)
  const incomingRequests = new WeakMap<H3Event, Request>()
  const requests = new WeakMap<H3Event, ConvexRequest>()
  const convexOf = new WeakMap<H3Event, EventConvex>()
  const assumeIdentity = createAssumptions(nitro, (event, isOther) => {
    convexOf.delete(event)
    if (isOther) {
      requests.delete(event)
      requests.delete(outermostEvent(event))
    }
  })

  function incomingOf(event: H3Event): Request {
    let incoming = incomingRequests.get(event)
    if (!incoming) {
      incoming = new Request(requestUrl(event), { headers: event.headers })
      incomingRequests.set(event, incoming)
      eventsOfRequests.set(incoming, event)
    }
    return incoming
  }

  /**
   * An event with the same cookies as its outermost event shares the `ConvexRequest` of the
   * outermost event. The identity is then requested only once, and is the same for all of these
   * events. An event with other cookies has its own identity. Whether an event may write always
   * depends on the headers of the outermost event, and not on its own headers.
   */
  function requestOf(event: H3Event): ConvexRequest {
    // The answer to this event determines the identity, so the event cannot use the identity.
    const authRequest = authRequestOf(event)
    if (authRequest)
      return server.forRequest(authRequest)
    const outermost = outermostEvent(event)
    if (outermost !== event && hasSameCookies(outermost, event))
      return requestOf(outermost)
    let request = requests.get(event)
    if (!request) {
      request = server.forRequest(incomingOf(event), { causedBy: incomingOf(outermost) })
      requests.set(event, request)
    }
    return request
  }

  function create(event: H3Event): EventConvex {
    const causedBy = incomingOf(outermostEvent(event))
    const anonymousRequest = server.forRequest(new Request(requestUrl(event)), { causedBy })
    const shared = sharedBy(event)
    if (shared) {
      return {
        request: anonymousRequest,
        anonymousRequest,
        sharedBy: shared,
        findIdentity: async () => undefined,
        assumeIdentity: async () => null,
      }
    }
    // The data of this event may become part of the outermost response, so both responses are made
    // private.
    const events = [...new Set([event, outermostEvent(event)])]
    const withCookies = events.filter(it => hasSameCookies(it, event))
    const request = withIdentityHeaders(requestOf(event), events, withCookies, reportRejection)
    const findOwn = (): ReturnType<typeof findIdentity> => findIdentity(request)
    return {
      request,
      anonymousRequest,
      sharedBy: null,
      findIdentity: findOwn,
      assumeIdentity: () => assumeIdentity(event, request, findOwn),
    }
  }

  function of(event: H3Event): EventConvex {
    let convex = convexOf.get(event)
    if (!convex) {
      convex = create(event)
      convexOf.set(event, convex)
    }
    return convex
  }

  nitro.h3App.stack.unshift({ route: '/', handler: refuseWithoutUrl })
  nitro.hooks.hook('request', (event) => {
    event.context.convue = { handler: server.handler, of }
  })
  if (useRuntimeConfig().convex.identitySource === 'app') {
    nitro.hooks.hook('request', makeAnonymousIfShared)
    nitro.hooks.hook('render:before', refuseToRender)
  }
})

function hasSameCookies(one: H3Event, other: H3Event): boolean {
  return getRequestHeader(one, 'cookie') === getRequestHeader(other, 'cookie')
}

function createServer(localAuth: RequestAuth): ConvexServer {
  const { convex, public: { convex: { url } } } = useRuntimeConfig()
  const { identitySource, server: { url: serverUrl, ...server } } = convex
  const options = { ...server, convexUrl: serverUrl || url }
  switch (identitySource) {
    case 'deployment':
      warnOfUnknownAddress(import.meta.preset, server.trustProxy)
      return createConvexServer({ ...options, convexSiteUrl: findSiteUrl() })
    case 'app':
      return createConvexServer({ ...options, requestAuth: localAuth })
    case 'none':
      // No request is sent to this address, so any valid address can be used.
      return createConvexServer({ ...options, convexSiteUrl: findSiteUrl() ?? options.convexUrl })
  }
}
