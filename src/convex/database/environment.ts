/** Decides whether the code runs in development. */

const LOOPBACK = /^https?:\/\/(?:localhost|(?:[\w-]+\.)+localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:\/|$)/

/** Returns whether a URL is an address of the machine that requests it. */
export function isLoopback(url: unknown): boolean {
  return typeof url === 'string' && LOOPBACK.test(url)
}

/**
 * Returns whether the deployment or its app runs on the developer's machine. Convex sets
 * `NODE_ENV` to `production` in all deployments.
 *
 * @param baseURL Better Auth's option `baseURL`.
 */
export function isDevelopment(baseURL: unknown): boolean {
  return [baseURL, process.env.SITE_URL, process.env.CONVEX_CLOUD_URL].some(isLoopback)
}
