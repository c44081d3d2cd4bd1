import type { H3Event } from 'h3'
import { defineEventHandler, getRequestURL } from 'h3'
import { paceResponse } from './client-connection.ts'

/** The name or address of a host, with or without a port. Anything else could become another URL than the client meant. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/** The URL of a request as the client sent it, without what proxies say of it. */
export function requestUrl(event: H3Event): URL {
  return getRequestURL(event, { xForwardedProto: false })
}

/**
 * Answers a request whose `Host` or target cannot be part of a URL with 400. h3, Nitro and Nuxt would throw wherever they need
 * the URL, in their error handlers too, so this has to be the first handler.
 */
export const refuseWithoutUrl = defineEventHandler(async (event) => {
  if (!hasUrl(event))
    return await paceResponse(event, refuse(400, 'HOST_INVALID', 'The host of the request is not valid.'))
})

/** A response in the form that `handler` of a `ConvexServer` gives to the requests that it refuses. */
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
