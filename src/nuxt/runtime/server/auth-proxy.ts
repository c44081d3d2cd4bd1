import type { ConvexServer } from 'convue/server'
import { defineEventHandler, getRequestURL, getRequestWebStream } from 'h3'

/** Better Auth's routes, on the app's own origin. */
export default defineEventHandler((event) => {
  const { method, headers, path } = event
  const body = method === 'GET' || method === 'HEAD' ? undefined : getRequestWebStream(event)
  const { handler } = event.context.convue as ConvexServer
  // Of the app, without its `baseURL`, which the deployment does not know.
  const url = new URL(path.replace(/^[/\\]+/, '/'), getRequestURL(event, { xForwardedProto: false }))
  return handler(new Request(url, { method, headers, body, ...(body ? { duplex: 'half' } : {}) }))
})
