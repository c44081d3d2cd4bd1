import type { ConvexServer, ConvexServerOptions } from 'convue/server'
import type { H3Event } from 'h3'
import type { EventConvex, RequestConvex } from './request-convex.ts'
import { createConvexServer } from 'convue/server'
import { appendResponseHeader, getRequestURL, setResponseHeader } from 'h3'
import { defineNitroPlugin, getRouteRules, useRuntimeConfig } from 'nitropack/runtime'

/**
 * Gives each request to the app's server its Convex, and each response the headers that this needs.
 *
 * @throws {ConvueError} `URL_INVALID`, `SITE_URL_INVALID`, `SERVER_OPTION_INVALID` at the start of the server.
 */
export default defineNitroPlugin((nitro) => {
  const server = createServer()
  const events = new WeakMap<H3Event, EventConvex>()
  const convue: RequestConvex & { handler: ConvexServer['handler'] } = {
    handler: server.handler,
    of(event) {
      let convex = events.get(event)
      if (!convex) {
        const url = getRequestURL(event, { xForwardedProto: false })
        const { prerender, cache, isr, swr } = getRouteRules(event) as Record<string, unknown>
        // A server component has a request of its own, which the server makes to itself while it renders the page.
        const { convueIsShared } = (event.node.req as { __unenv__?: Record<string, unknown> }).__unenv__ ?? {}
        const isShared = !!(import.meta.prerender || prerender || cache || isr || swr || convueIsShared)
        event.context.convueIsShared = isShared
        convex = {
          request: server.forRequest(new Request(url, { headers: event.headers })),
          nobody: server.forRequest(new Request(url)),
          isShared,
        }
        events.set(event, convex)
      }
      return convex
    },
  }
  nitro.hooks.hook('request', (event) => {
    event.context.convue = convue
  })
  nitro.hooks.hook('beforeResponse', (event) => {
    const convex = events.get(event)
    if (convex)
      writeHeaders(event, convex)
  })
})

function createServer(): ConvexServer {
  const config = useRuntimeConfig()
  const { url, siteUrl } = config.public.convex as { url: string, siteUrl: string }
  const { isExternal, server: { url: serverUrl, ...server } } = config.convex as { server: Partial<ConvexServerOptions> & { url: string }, isExternal: boolean }
  const derived = url.replace(/\.convex\.cloud(?=\/?$)/, '.convex.site')
  return createConvexServer({
    ...server,
    convexUrl: serverUrl || url,
    // Where somebody else authenticates, nothing is asked there.
    convexSiteUrl: siteUrl || (derived !== url || isExternal ? derived : ''),
  })
}

function writeHeaders(event: H3Event, { request }: EventConvex): void {
  if (event.node.res.headersSent)
    return
  for (const [name, value] of request.responseHeaders()) {
    if (name === 'set-cookie' || name === 'vary')
      appendResponseHeader(event, name, value)
    else
      setResponseHeader(event, name, value)
  }
}
