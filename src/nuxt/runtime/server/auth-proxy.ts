import type { ConvexServer } from 'convue/server'
import { defineEventHandler, getRequestURL, getRequestWebStream } from 'h3'
import { useRuntimeConfig } from 'nitropack/runtime'
import { isShared } from './shared-route.ts'

/** Better Auth's routes, on the app's own origin. */
export default defineEventHandler((event) => {
  const { method } = event
  const headers = new Headers(event.headers)
  // A page for everybody that requests the session while it is rendered: the session must not become part of it.
  if (isShared(event))
    headers.delete('cookie')
  const body = method === 'GET' || method === 'HEAD' ? undefined : getRequestWebStream(event)
  const { handler } = event.context.convue as ConvexServer
  // As it came: below a `baseURL`, the path of the event is decoded, and would be another one by the time it is looked at.
  const url = getRequestURL(event, { xForwardedProto: false })
  const base = useRuntimeConfig().app.baseURL.replace(/\/$/, '')
  // The deployment does not know of it.
  if (url.pathname.startsWith(`${base}/`))
    url.pathname = url.pathname.slice(base.length)
  return handler(new Request(url, { method, headers, body, ...(body ? { duplex: 'half' } : {}) }))
})
