import type { ConvexRequest, ConvexServer, ConvexServerOptions } from 'convue/server'
import type { H3Event } from 'h3'
import type { EventConvex, RequestConvex } from '../utils/request-convex.ts'
import { createConvexServer } from 'convue/server'
import { getRequestHeader } from 'h3'
import { defineNitroPlugin, useRuntimeConfig } from 'nitropack/runtime'
import { warnOfUnknownAddress } from '../utils/address-warning.ts'
import { withIdentityHeaders } from '../utils/identity-headers.ts'
import { outermostEvent, trackCallers } from '../utils/outermost-request.ts'
import { refuseWithoutUrl, requestUrl } from '../utils/request-url.ts'
import { isShared } from '../utils/shared-route.ts'

/**
 * Gives each request to the app's server its Convex.
 *
 * @throws {ConvueError} `URL_INVALID`, `SITE_URL_INVALID`, `SERVER_OPTION_INVALID` at the start of the server.
 */
export default defineNitroPlugin((nitro) => {
  const server = createServer()
  trackCallers(nitro)
  const requests = new WeakMap<H3Event, ConvexRequest>()
  const convexOf = new WeakMap<H3Event, EventConvex>()

  /**
   * One for all events of one outermost request that have its cookies: the identity is requested
   * once, and cannot change in between. Any other event may write where the outermost request may,
   * whatever its own headers are.
   */
  function requestOf(event: H3Event): ConvexRequest {
    const outermost = outermostEvent(event)
    if (outermost !== event && hasSameCookies(outermost, event))
      return requestOf(outermost)
    let request = requests.get(event)
    if (!request)
      requests.set(event, request = server.forRequest(toRequest(event), { causedBy: toRequest(outermost) }))
    return request
  }

  function create(event: H3Event): EventConvex {
    const nobody = server.forRequest(new Request(requestUrl(event)), { causedBy: toRequest(outermostEvent(event)) })
    if (isShared(event))
      return { request: nobody, nobody, isShared: true }
    // What an inner request answers becomes part of the outermost response.
    const events = [...new Set([event, outermostEvent(event)])]
    const request = withIdentityHeaders(requestOf(event), events, events.filter(it => hasSameCookies(it, event)))
    return { request, nobody, isShared: false }
  }

  const convue: RequestConvex & { handler: ConvexServer['handler'] } = {
    handler: server.handler,
    of(event) {
      let convex = convexOf.get(event)
      if (!convex)
        convexOf.set(event, convex = create(event))
      return convex
    },
  }
  nitro.h3App.stack.unshift({ route: '/', handler: refuseWithoutUrl })
  nitro.hooks.hook('request', (event) => {
    event.context.convue = convue
  })
})

function toRequest(event: H3Event): Request {
  return new Request(requestUrl(event), { headers: event.headers })
}

function hasSameCookies(one: H3Event, other: H3Event): boolean {
  return getRequestHeader(one, 'cookie') === getRequestHeader(other, 'cookie')
}

function createServer(): ConvexServer {
  const config = useRuntimeConfig()
  const { url, siteUrl } = config.public.convex as { url: string, siteUrl: string }
  const { isExternal, server: { url: serverUrl, ...server } } = config.convex as { server: Partial<ConvexServerOptions> & { url: string }, isExternal: boolean }
  if (!isExternal)
    warnOfUnknownAddress(import.meta.preset, server.trustProxy)
  const derived = url.replace(/\.convex\.cloud(?=\/?$)/, '.convex.site')
  return createConvexServer({
    ...server,
    convexUrl: serverUrl || url,
    // Where somebody else authenticates, nothing is asked there.
    convexSiteUrl: siteUrl || (derived !== url || isExternal ? derived : ''),
  })
}
