/** The URL of a request, and the refusal of requests without a valid URL. */
import type { H3Event } from 'h3'
import { defineEventHandler, getRequestURL } from 'h3'
import { paceResponse } from './client-connection.ts'

/**
 * The name or address of a host, with or without a port. Any other value could result in a URL of
 * another host.
 */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/** The URL of a request as the client sent it: headers of reverse proxies do not change it. */
export function requestUrl(event: H3Event): URL {
  return getRequestURL(event, { xForwardedProto: false })
}

/**
 * Answers 400 to a request whose `Host` or target cannot be part of a URL. h3, Nitro and Nuxt would
 * throw wherever they need the URL, even in their error handlers, so this handler must run first.
 */
export const refuseWithoutUrl = defineEventHandler(async (event) => {
  if (!hasUrl(event))
    return await paceResponse(event, refuse(400, 'HOST_INVALID', 'The host of the request is not valid.'))
})

/** A response in the form that `handler` of a `ConvexServer` uses to refuse requests. */
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
