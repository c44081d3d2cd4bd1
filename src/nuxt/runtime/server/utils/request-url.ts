/** Reads the URL of a request, and refuses requests without a valid URL. */
import type { H3Event } from '../nitro.ts'
import { defineEventHandler, getRequestURL } from '../nitro.ts'
import { paceResponse } from './client-connection.ts'

/**
 * The name or address of a host, with or without a port. With any other value, the URL could have
 * another host than the header.
 */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/** The URL of a request as the client sent it. The headers of reverse proxies are ignored. */
export function requestUrl(event: H3Event): URL {
  return getRequestURL(event, { xForwardedProto: false })
}

/**
 * Refuses a request with status 400 if its `Host` or target cannot be part of a URL. For such a
 * request, h3, Nitro and Nuxt throw wherever they need the URL, even in their error handlers. So
 * this handler must run first.
 */
export const refuseWithoutUrl = defineEventHandler(async (event) => {
  if (!hasUrl(event))
    return await paceResponse(event, refuse(400, 'HOST_INVALID', 'The host of the request is not valid.'))
})

/** Creates the same kind of response with which `handler` of a `ConvexServer` refuses requests. */
export function refuse(status: number, code: string, message: string): Response {
  const headers = { 'cache-control': 'private, no-store', 'vary': 'Cookie' }
  return Response.json({ code, message }, { status, headers })
}

function hasUrl(event: H3Event): boolean {
  const { host } = event.node.req.headers
  if (host && !HOST.test(host))
    return false
  try {
    return Boolean(requestUrl(event))
  }
  catch {
    return false
  }
}
