import type { ServerConfig } from '../config/server-config.ts'
import { publicOrigin } from '../config/public-origin.ts'
import { readAuthCookies } from './auth-cookies.ts'
import { createServerAddress } from './client-address.ts'
import { bindToken, keepSessionCookie } from './token-binding.ts'

/** Headers between two neighbours, not between the ends (RFC 9110, 7.6.1). */
const HOP_BY_HOP = /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings|proxy-.*)$/

/** What a visitor may not tell Better Auth, what `fetch` writes itself, and what a host adds for the app alone. */
const NOT_FOR_UPSTREAM = new RegExp(`^(?:${[
  'host|content-length|accept-encoding|expect|cookie',
  // Who asks, and under which address
  'forwarded|via|x-forwarded|x-forwarded-.*|x-better-auth-forwarded-.*|x-original-.*|x-rewrite-url|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip',
  // Hosts: Convex's edge takes those of Cloudflare for a loop, and some carry credentials
  'cf-.*|cdn-loop|fastly-.*|fly-.*|x-vercel-.*|x-nf-.*|x-amz.*|x-azure-.*|x-ms-.*|x-arr-.*|x-goog-.*|x-appengine-.*|x-envoy-.*',
].join('|')})$`)

/** What says something about the connection to upstream only. */
const NOT_FOR_VISITOR = /^(?:set-cookie|alt-svc|cf-.*)$/

/** Nobody else may see an answer to somebody, and no cache may keep it. */
export const PRIVATE_HEADERS = { 'cache-control': 'private, no-store', 'vary': 'Cookie' } as const

/** The headers with which a client's request to Better Auth is passed on; `address` is the client's, `null` if it is not known. */
export function requestHeaders(request: Request, address: string | null, config: ServerConfig): Headers {
  const named = namedInConnection(request.headers)
  const headers = originHeaders(request, config, address)
  for (const [name, value] of request.headers) {
    const isOurs = NOT_FOR_UPSTREAM.test(name) || name === config.clientAddressHeader
    if (!HOP_BY_HOP.test(name) && !isOurs && !named.has(name))
      headers.set(name, value)
  }
  return headers
}

/**
 * The headers of any request to Better Auth: where the app is, whose session it is, which address the request counts for, and
 * that the answer must not be packed.
 */
export function originHeaders(request: Request, config: ServerConfig, address: string | null = createServerAddress()): Headers {
  const { protocol, host } = publicOrigin(request, config)
  const headers = new Headers({
    // The host of the app compresses for the visitor; `fetch` would unpack what comes from here in any case.
    'accept-encoding': 'identity',
    // Never x-forwarded-host: Convex's edge would look for a deployment of that name.
    'x-forwarded-proto': protocol,
    'x-better-auth-forwarded-proto': protocol,
    'x-better-auth-forwarded-host': host,
  })
  if (address)
    headers.set(config.clientAddressHeader, address)
  const cookies = readAuthCookies(request.headers.get('cookie'), config).header
  if (cookies)
    headers.set('cookie', cookies)
  return headers
}

/** The headers with which an answer of Better Auth to a request is passed on. */
export async function responseHeaders(upstream: Headers, request: Request, config: ServerConfig): Promise<Headers> {
  const named = namedInConnection(upstream)
  // `fetch` has unpacked the body, so its encoding and length are not those of the body any more.
  const isUnpacked = upstream.has('content-encoding')
  const headers = new Headers()
  for (const [name, value] of upstream) {
    const isAboutPacking = isUnpacked && /^content-(?:encoding|length)$/.test(name)
    if (!HOP_BY_HOP.test(name) && !NOT_FOR_VISITOR.test(name) && !named.has(name) && !isAboutPacking)
      headers.set(name, value)
  }
  const cookies = readAuthCookies(request.headers.get('cookie'), config)
  const setCookies = await bindToken(upstream.getSetCookie(), cookies, namesSession(request.headers), config)
  for (const setCookie of request.method === 'POST' ? setCookies : keepSessionCookie(setCookies, config))
    headers.append('set-cookie', setCookie)
  headers.set('cache-control', PRIVATE_HEADERS['cache-control'])
  headers.append('vary', PRIVATE_HEADERS.vary)
  return headers
}

/** Better Auth's plugins for apps without cookies let other headers name the session. */
function namesSession(headers: Headers): boolean {
  return /^bearer\b/i.test(headers.get('authorization') ?? '') || headers.has('better-auth-cookie')
}

function namedInConnection(headers: Headers): Set<string> {
  return new Set((headers.get('connection') ?? '').split(',').map(name => name.trim().toLowerCase()))
}
