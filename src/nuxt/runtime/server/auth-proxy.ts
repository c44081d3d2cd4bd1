import type { ConvexServer } from 'convue/server'
import { defineEventHandler, getRequestURL, getRequestWebStream } from 'h3'

/** Better Auth's routes, on the app's own origin. */
export default defineEventHandler((event) => {
  const { method, headers } = event
  const body = method === 'GET' || method === 'HEAD' ? undefined : getRequestWebStream(event)
  const { handler } = event.context.convue as ConvexServer
  return handler(new Request(getRequestURL(event, { xForwardedProto: false }), { method, headers, body, ...(body ? { duplex: 'half' } : {}) }))
})
