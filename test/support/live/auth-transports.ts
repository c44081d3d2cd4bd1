/** The two ways in which an app's server reaches Better Auth, with the same server behind both. */
import type { ConvexServerOptions, RequestAuth } from 'convue/server'

/** A way to Better Auth, and the options with which `createConvexServer` uses it. */
export interface AuthTransport {
  name: string
  optionsFor: (siteUrl: string) => Partial<ConvexServerOptions>
}

export const transports: AuthTransport[] = [
  { name: 'on the deployment', optionsFor: convexSiteUrl => ({ convexSiteUrl }) },
  { name: 'in the same process', optionsFor: siteUrl => ({ convexSiteUrl: undefined, requestAuth: forwardTo(siteUrl) }) },
]

/** Replaces Better Auth in this process: forwards each request to the server at `siteUrl`, and returns its response. */
export function forwardTo(siteUrl: string): RequestAuth {
  return async (request) => {
    const { pathname, search } = new URL(request.url)
    const body = request.body ? await request.arrayBuffer() : undefined
    const { method, headers, signal } = request
    return await fetch(siteUrl + pathname + search, { method, headers, body, signal, redirect: 'manual' })
  }
}
