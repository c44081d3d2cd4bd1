/** Keeps responses with data of an identity out of caches, and sets renewed cookies on them. */
import type { ConvexRequest } from 'convue/server'
import type { H3Event } from '../nitro.ts'
import type { PrivateResponse } from './private-response.ts'
import { getRouteRules } from '../nitro.ts'
import { nuxtError } from './nuxt-error.ts'
import { isPrivate, isTargeted, makePrivate } from './private-response.ts'

/**
 * Wraps a `ConvexRequest` so that its first use makes the responses of `events` private. `events`
 * are the event itself and the outermost event, whose response will contain the data. If Better
 * Auth renews cookies, they are set on the responses of `withCookies`: the events with the same
 * identity. `report` receives each error.
 */
export function withIdentityHeaders(
  request: ConvexRequest,
  events: H3Event[],
  withCookies: H3Event[],
  report: (error: unknown) => void,
): ConvexRequest {
  const use = async (method: (...args: any[]) => Promise<any>, args: any[]): Promise<any> => {
    const responses = events.map(event => ({ event, response: keepOutOfCaches(event) }))
    try {
      return await method(...args)
    }
    catch (error) {
      report(error)
      throw error
    }
    finally {
      const setCookies = request.responseHeaders().getSetCookie()
      for (const { event, response } of responses) {
        if (withCookies.includes(event))
          response?.renewCookies(setCookies)
      }
    }
  }
  const wrapped = Object.entries(request)
    .map(([name, method]) => [name, (...args: any[]) => use(method, args)] as const)
  return { ...Object.fromEntries(wrapped) as unknown as ConvexRequest, responseHeaders: request.responseHeaders }
}

/**
 * @throws {ConvueError} `RESPONSE_STARTED` if the response has begun with headers that let caches
 * keep it.
 */
function keepOutOfCaches(event: H3Event): PrivateResponse | undefined {
  const { res } = event.node
  // The response has ended, so no data can be added to it.
  if (res.writableEnded)
    return undefined
  if (!res.headersSent)
    return makePrivate(res, targetedByHost(event))
  if ((event.method === 'GET' || event.method === 'HEAD') && !isPrivate(res))
    throw nuxtError('RESPONSE_STARTED')
  return undefined
}

/**
 * The names of the cache headers that a host itself adds to the response. Vercel sets the headers
 * of route rules outside of the app. Netlify's preset adds its own header to every response of a
 * route with `isr`, even for methods other than GET.
 */
function targetedByHost(event: H3Event): string[] {
  const { headers = {}, isr } = getRouteRules(event) as { headers?: Record<string, string>, isr?: unknown }
  const targeted = Object.keys(headers).filter(isTargeted)
  if (isr)
    targeted.push('netlify-cdn-cache-control')
  return targeted
}
