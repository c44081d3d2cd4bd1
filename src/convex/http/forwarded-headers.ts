/** Restores headers of a proxy that Convex's own servers would overwrite or misread. */

/** The headers with which a proxy names the origin of the app, and those that Better Auth reads. */
const RESTORED = {
  'x-better-auth-forwarded-host': 'x-forwarded-host',
  'x-better-auth-forwarded-proto': 'x-forwarded-proto',
}

/**
 * The request with the app's host and protocol, as the proxy of `convue/server` sends them. Better
 * Auth uses them only if its option `trustedProxyHeaders` allows it.
 * @see https://github.com/get-convex/better-auth/issues/422
 */
export function restoreForwardedHeaders(request: Request): Request {
  const sent = Object.entries(RESTORED).filter(([name]) => request.headers.has(name))
  if (sent.length === 0)
    return request
  const headers = new Headers(request.headers)
  for (const [name, restored] of sent)
    headers.set(restored, headers.get(name)!)
  return new Request(request, { headers })
}
