/** The headers that the proxy sends to Better Auth and to the client. */
import type { ServerConfig } from '../config/server-config.ts'
import type { AuthCookies } from './auth-cookies.ts'
import { listEntries, publicOrigin } from '../config/public-origin.ts'
import { readAuthCookies } from './auth-cookies.ts'
import { createServerAddress } from './client-address.ts'
import { addStoreKey } from './store-key.ts'
import { bindToken, keepSessionCookie } from './token-binding.ts'

/**
 * Hop-by-hop headers, which concern only a single connection.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
const HOP_BY_HOP = /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-.*)$/

/**
 * Headers of a client that must not be sent to Better Auth: the client must not set them, or
 * `fetch` sets them itself, or a host adds them only for the app.
 *
 * @see docs/contributing/convex-client.md#better-auth-on-convex
 */
const NOT_FOR_UPSTREAM = new RegExp(`^(?:${[
  'host|content-length|accept-encoding|expect|cookie',
  // The addresses of the client and of the app.
  'forwarded|via|x-forwarded|x-forwarded-.*|x-better-auth-forwarded-.*|x-original-.*|x-rewrite-url',
  'x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip',
  // Headers that hosts such as Cloudflare add. Convex's edge assumes a loop if a request has
  // headers of Cloudflare, and some headers contain credentials.
  'cf-.*|cdn-loop|fastly-.*|fly-.*|x-vercel-.*|x-nf-.*|x-amz.*|x-azure-.*|x-ms-.*|x-arr-.*|x-goog-.*|x-appengine-.*',
  'x-envoy-.*',
].join('|')})$`)

/** Headers that concern only the connection between the app's server and the deployment. */
const NOT_FOR_CLIENT = /^(?:set-cookie|alt-svc|cf-.*)$/

/** Keeps a response that depends on the identity out of every cache. */
export const PRIVATE_HEADERS = { 'cache-control': 'private, no-store', 'vary': 'Cookie' } as const

/**
 * The headers of a client's request as they are sent to Better Auth. `address` is the address of
 * the client; `null` if it is unknown.
 */
export function requestHeaders(request: Request, address: string | null, config: ServerConfig): Headers {
  const named = namedInConnection(request.headers)
  const cookies = readAuthCookies(request.headers.get('cookie'), config)
  const headers = originHeaders(request, cookies, config, address)
  for (const [name, value] of request.headers) {
    const isOurs = NOT_FOR_UPSTREAM.test(name) || name === config.clientAddressHeader
    if (!HOP_BY_HOP.test(name) && !isOurs && !named.has(name))
      headers.set(name, value)
  }
  return headers
}

/**
 * The headers of every request to Better Auth: the app's own address, the auth cookies, the address
 * to which Better Auth's limits apply, and a header that prevents compressed answers.
 */
export function originHeaders(
  request: Request,
  cookies: AuthCookies,
  config: ServerConfig,
  address: string | null = createServerAddress(),
): Headers {
  const { protocol, host } = publicOrigin(request, config)
  const headers = new Headers({
    // Compression is useless here: `fetch` would decompress the answer, and the app's host
    // compresses its own response to the client.
    'accept-encoding': 'identity',
    // x-forwarded-host must not be set: Convex's edge would look for a deployment with this name.
    'x-forwarded-proto': protocol,
    'x-better-auth-forwarded-proto': protocol,
    'x-better-auth-forwarded-host': host,
  })
  if (address)
    headers.set(config.clientAddressHeader, address)
  if (cookies.header)
    headers.set('cookie', cookies.header)
  return headers
}

/** The headers of Better Auth's answer to a request as they are sent to the client. */
export async function responseHeaders(upstream: Headers, request: Request, config: ServerConfig): Promise<Headers> {
  const named = namedInConnection(upstream)
  // `fetch` has decompressed the body, so the encoding and the length no longer match it.
  const isDecompressed = config.authServer.kind === 'deployment' && upstream.has('content-encoding')
  const headers = new Headers()
  for (const [name, value] of upstream) {
    const isOutdated = isDecompressed && /^content-(?:encoding|length)$/.test(name)
    if (!HOP_BY_HOP.test(name) && !NOT_FOR_CLIENT.test(name) && !named.has(name) && !isOutdated)
      headers.set(name, value)
  }
  const cookies = readAuthCookies(request.headers.get('cookie'), config)
  let setCookies = await bindToken(upstream.getSetCookie(), cookies, namesSession(request.headers), config)
  if (request.method !== 'POST')
    setCookies = keepSessionCookie(setCookies, config)
  for (const setCookie of await addStoreKey(setCookies, config))
    headers.append('set-cookie', setCookie)
  headers.set('cache-control', PRIVATE_HEADERS['cache-control'])
  headers.append('vary', PRIVATE_HEADERS.vary)
  return headers
}

/**
 * Returns whether a header instead of a cookie names the session, as with plugins of Better Auth
 * for apps without cookies.
 *
 * @see https://better-auth.com/docs/plugins/bearer
 */
function namesSession(headers: Headers): boolean {
  return /^bearer\b/i.test(headers.get('authorization') ?? '') || headers.has('better-auth-cookie')
}

/** The names of further hop-by-hop headers, which the header `Connection` lists. */
function namedInConnection(headers: Headers): Set<string> {
  return new Set(listEntries(headers.get('connection')).map(name => name.toLowerCase()))
}
