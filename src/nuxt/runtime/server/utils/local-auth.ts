/** Better Auth's routes in this app, which the server itself requests without the network. */
import type { RequestAuth } from 'convue/server'
import type { H3Event, useNitroApp } from '../nitro.ts'
import { getRequestURL, useRuntimeConfig } from '../nitro.ts'
import { callerOf, createInnerContext } from './outermost-request.ts'
import { sharedBy } from './shared-route.ts'

type NitroApp = ReturnType<typeof useNitroApp>

/** The requests of Convue to Better Auth, by the contexts in which they are sent. */
const authRequests = new WeakMap<object, Request>()

/**
 * Sends requests to the app's own routes. `eventOf` returns the event for which Convue needs the
 * identity.
 */
export function createLocalAuth(nitro: NitroApp, eventOf: (incoming: Request) => H3Event | undefined): RequestAuth {
  return async (request, incoming) => {
    const { host, pathname, search, protocol } = new URL(request.url)
    const context = createInnerContext(eventOf(incoming))
    authRequests.set(context, request)
    const headers = new Headers(request.headers)
    headers.set('host', host)
    return await nitro.localFetch(appBase() + pathname + search, {
      method: request.method,
      headers,
      protocol: protocol.slice(0, -1),
      context,
    })
  }
}

/**
 * The request of Convue to Better Auth that this event answers, or that has caused this event;
 * `undefined` for all other events.
 */
export function authRequestOf(event: H3Event): Request | undefined {
  const { __unenv__: context } = event.node.req as { __unenv__?: object }
  const request = context && authRequests.get(context)
  if (request)
    return request
  const caller = callerOf(event)
  return caller && authRequestOf(caller)
}

/**
 * Removes the cookies from a request to Better Auth's routes that a page sends while it is rendered
 * for a cache. Otherwise, the session could become part of that page.
 */
export function makeAnonymousIfShared(event: H3Event): void {
  const { basePath } = useRuntimeConfig().convex.server
  const isAuthRoute = event.path.startsWith(`${appBase()}${basePath}/`)
  if (!isAuthRoute || !callerOf(event) || !sharedBy(event))
    return
  delete event.node.req.headers.cookie
  // Other code may have read the headers already.
  event.headers.delete('cookie')
}

/**
 * Answers a request of Convue to Better Auth for which the app has no route. Otherwise, Nuxt would
 * render a page for it.
 */
export function refuseToRender(context: { event: H3Event, response?: unknown }): void {
  if (!authRequestOf(context.event))
    return
  const message = `The app has no route at ${getRequestURL(context.event).pathname}.`
  context.response = { statusCode: 404, statusMessage: 'Not Found', body: { code: 'NOT_FOUND', message } }
}

/** The path below which the app is served, without a slash at its end. */
function appBase(): string {
  return useRuntimeConfig().app.baseURL.replace(/\/$/, '')
}
