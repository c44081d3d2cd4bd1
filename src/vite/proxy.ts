/** The paths that Vite's server passes on to the deployment. */
import type { CommonServerOptions } from 'vite'
import { CLIENT_PATHS } from '../dev/client-paths.ts'

type Proxy = NonNullable<CommonServerOptions['proxy']>

/** Passes each path, and all paths below it, on to the HTTP actions. */
export function proxyTo(siteUrl: string, paths: string[]): Proxy {
  // Convex chooses the deployment by the host name of the request.
  return Object.fromEntries(paths.map(path => [patternOf(path), { target: siteUrl, changeOrigin: true }]))
}

/**
 * Passes on the requests of Convex's clients. `ConvexClient` appends the path of its socket to
 * the address of the deployment, so the page uses its own origin as this address.
 */
export function proxyClients(url: string): Proxy {
  return { [CLIENT_PATHS]: { target: url, changeOrigin: true, ws: true } }
}

/** The pattern of a path. A string would also match paths that begin with the same letters. */
function patternOf(path: string): string {
  return `^${path.replace(/\/$/, '').replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')}(?:[/?]|$)`
}
