/** An app's server in front of a deployment, and a browser that uses it. */
import type { ConvexServer, ConvexServerOptions } from 'convue/server'
import type { BrowserFetch } from '../../../src/testing/browser-fetch.ts'
import type { Deployment } from '../../../src/testing/index.ts'
import { createConvexServer } from 'convue/server'
import { createBrowserFetch, ORIGIN } from './deployment.ts'

/** The app's server in front of a deployment, with a list of its own requests. */
export interface AppServer extends ConvexServer {
  /** Method and path of each request to the deployment or to `requestAuth`, oldest first. */
  requests: string[]
}

export function createAppServer(deployment: Pick<Deployment, 'url' | 'siteUrl'>, options: Partial<ConvexServerOptions> = {}): AppServer {
  const asked: string[] = []
  const record = (method = 'GET', url: string): void => void asked.push(`${method} ${new URL(url).pathname}`)
  const { fetch: send = fetch, requestAuth, ...others } = options
  const server = createConvexServer({
    convexUrl: deployment.url,
    convexSiteUrl: deployment.siteUrl,
    fetch: (input, init) => {
      record(init?.method, String(input))
      return send(input, init)
    },
    requestAuth: requestAuth && ((request, incoming) => {
      record(request.method, request.url)
      return requestAuth(request, incoming)
    }),
    ...others,
  })
  return { ...server, handler: (request, connection = { address: '127.0.0.1' }) => server.handler(request, connection), requests: asked }
}

/** A request of a browser to the app. */
export function browserRequest(cookies: string | Map<string, string> = '', headers: Record<string, string> = {}, url: string = ORIGIN): Request {
  const cookie = typeof cookies === 'string' ? cookies : [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return new Request(url, { headers: cookie ? { cookie, ...headers } : headers })
}

/** A browser whose requests are all answered by the app's server. */
export function createAppFetch(server: Pick<ConvexServer, 'handler'>): BrowserFetch {
  return createBrowserFetch(ORIGIN, request => server.handler(request))
}
