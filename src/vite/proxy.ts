/** The paths that Vite's server passes on to the HTTP actions of the deployment. */
import type { CommonServerOptions } from 'vite'

/** Passes each path on, and all paths below it. */
export function proxyTo(siteUrl: string, paths: string[]): NonNullable<CommonServerOptions['proxy']> {
  // Convex chooses the deployment by the host name of the request.
  return Object.fromEntries(paths.map(path => [patternOf(path), { target: siteUrl, changeOrigin: true }]))
}

/** A plain string would also match paths that only begin with the same letters. */
function patternOf(path: string): string {
  return `^${path.replace(/\/$/, '').replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')}(?:[/?]|$)`
}
