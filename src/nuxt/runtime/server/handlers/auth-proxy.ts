import type { H3Event } from 'h3'
import { defineEventHandler } from 'h3'
import { useRuntimeConfig } from 'nitropack/runtime'
import { clientSignal, connectionAddress, paceResponse } from '../utils/client-connection.ts'
import { requestBody } from '../utils/request-body.ts'
import { refuse, requestUrl } from '../utils/request-url.ts'
import { isShared } from '../utils/shared-route.ts'

/** Better Auth's routes, on the app's own origin. */
export default defineEventHandler(async event => paceResponse(event, await answer(event)))

async function answer(event: H3Event): Promise<Response> {
  // As it came: below a `baseURL`, the path of the event is decoded, and would be another one by the time it is looked at.
  const url = requestUrl(event)
  // A `Request` with this method cannot be made.
  if (event.method === 'TRACE')
    return refuse(405, 'METHOD_NOT_ALLOWED', 'Auth routes do not answer to this method.')
  const base = useRuntimeConfig().app.baseURL.replace(/\/$/, '')
  // The deployment does not know of it.
  if (url.pathname.startsWith(`${base}/`))
    url.pathname = url.pathname.slice(base.length)
  const headers = new Headers(event.headers)
  // A page for everybody that requests the session while it is rendered: the session must not become part of it.
  if (isShared(event))
    headers.delete('cookie')
  // Nuxt's development server is in front of the app and writes this header: it is not a reverse proxy that `trustProxy` is missing for.
  if (import.meta.dev && !useRuntimeConfig().convex.server.trustProxy)
    headers.delete('x-forwarded-for')
  const { handler } = event.context.convue
  const body = requestBody(event)
  return await handler(new Request(url, {
    method: event.method,
    headers,
    body,
    signal: clientSignal(event),
    ...(body ? { duplex: 'half' } : {}),
  }), { address: connectionAddress(event) })
}
