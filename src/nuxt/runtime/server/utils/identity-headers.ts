import type { ConvexRequest } from 'convue/server'
import type { H3Event } from 'h3'
import type { PrivateResponse } from './private-response.ts'
import { getRouteRules } from 'nitropack/runtime'
import { nuxtError } from './nuxt-error.ts'
import { isPrivate, isTargeted, makePrivate } from './private-response.ts'

// Ties a request's identity to its response: no cache keeps the response from the moment on at which the identity is first requested, and cookies that
// Better Auth renews reach it.

/**
 * The same Convex, which makes the responses of `events` private when it is first used: those of the event itself and of the outermost one that its data
 * become part of. It renews the cookies of those that have this identity's (`withCookies`).
 */
export function withIdentityHeaders(request: ConvexRequest, events: H3Event[], withCookies: H3Event[]): ConvexRequest {
  const use = async (method: (...args: any[]) => Promise<any>, args: any[]): Promise<any> => {
    const responses = events.map(event => withCookies.includes(event) ? keepOutOfCaches(event) : void keepOutOfCaches(event))
    try {
      return await method(...args)
    }
    finally {
      const setCookies = request.responseHeaders().getSetCookie()
      responses.forEach(response => response?.renewCookies(setCookies))
    }
  }
  return Object.fromEntries(Object.entries(request).map(([name, method]) =>
    [name, name === 'responseHeaders' ? method : (...args: any[]) => use(method, args)])) as unknown as ConvexRequest
}

/** @throws {ConvueError} `RESPONSE_STARTED` if caches may keep what is being sent. */
function keepOutOfCaches(event: H3Event): PrivateResponse | undefined {
  const { res } = event.node
  // Nothing that is found out now becomes part of it.
  if (res.writableEnded)
    return undefined
  if (!res.headersSent)
    return makePrivate(res, targetedByHost(event))
  if ((event.method === 'GET' || event.method === 'HEAD') && !isPrivate(res))
    throw nuxtError('RESPONSE_STARTED')
  return undefined
}

/**
 * What a host adds itself to the response of a route. Vercel's preset leaves the headers of route rules to the host, and Netlify's preset adds its own
 * header to whatever a route with `isr` answers, to other methods than GET too.
 */
function targetedByHost(event: H3Event): string[] {
  const { headers = {}, isr } = getRouteRules(event) as { headers?: Record<string, string>, isr?: unknown }
  return [...Object.keys(headers).filter(isTargeted), ...isr ? ['netlify-cdn-cache-control'] : []]
}
