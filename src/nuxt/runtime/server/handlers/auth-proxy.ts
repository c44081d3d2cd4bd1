/** Answers requests to the routes of Better Auth on the app's own origin. */
import type { H3Event } from '../nitro.ts'
import { defineEventHandler, useRuntimeConfig } from '../nitro.ts'
import { clientSignal, connectionAddress, paceResponse } from '../utils/client-connection.ts'
import { requestBody } from '../utils/request-body.ts'
import { refuse, requestUrl } from '../utils/request-url.ts'
import { sharedBy } from '../utils/shared-route.ts'

export default defineEventHandler(async event => paceResponse(event, await answer(event)))

async function answer(event: H3Event): Promise<Response> {
  // The URL as the client sent it. With a `baseURL`, Nitro decodes the path of the event. The proxy
  // must not check this decoded path, since the deployment receives the original path.
  const url = requestUrl(event)
  // `new Request` throws for the method TRACE.
  if (event.method === 'TRACE')
    return refuse(405, 'METHOD_NOT_ALLOWED', 'Auth routes do not answer to this method.')
  const base = useRuntimeConfig().app.baseURL.replace(/\/$/, '')
  // Routes of the deployment do not begin with the app's `baseURL`.
  if (url.pathname.startsWith(`${base}/`))
    url.pathname = url.pathname.slice(base.length)
  const body = requestBody(event)
  return await event.context.convue.handler(new Request(url, {
    method: event.method,
    headers: headersOf(event),
    body,
    signal: clientSignal(event),
    ...(body && { duplex: 'half' }),
  }), { address: connectionAddress(event) })
}

function headersOf(event: H3Event): Headers {
  const headers = new Headers(event.headers)
  // A page that a cache keeps may request the session while it is rendered. Without cookies, the
  // session cannot become part of that page.
  if (sharedBy(event))
    headers.delete('cookie')
  // Nuxt's development server adds this header itself. Without this deletion, Convue would warn
  // that `trustProxy` is missing.
  if (import.meta.dev && !useRuntimeConfig().convex.server.trustProxy)
    headers.delete('x-forwarded-for')
  return headers
}
