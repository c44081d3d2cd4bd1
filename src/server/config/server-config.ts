import type { ConvueError } from '../../errors/convue-error.ts'
import type { ConvexServerOptions, JwtCacheOptions, TrustProxyOptions } from './convex-server-options.ts'
import { serverError } from './server-error.ts'

/** The options of a server, checked and with nothing left open. */
export interface ServerConfig {
  /** Without a slash at its end, like `siteUrl`. */
  convexUrl: string
  siteUrl: string
  /** Starts with a slash and does not end with one. */
  basePath: string
  cookiePrefix: string
  forwardedCookies: ReadonlySet<string>
  /** How long the token of a cookie must still be valid to be used, in milliseconds; `Infinity`: it never is. */
  tokenMarginMs: number
  /** Whether there is a token endpoint. */
  hasTokens: boolean
  trustedOrigins: ReadonlySet<string>
  /** `null`: what the request says about proxies is not believed. */
  trustedProxy: TrustedProxy | null
  /** The header in which Better Auth gets the client's address, in lower case. */
  clientAddressHeader: string
  maxBodyBytes: number
  timeoutMs: number
  fetch: typeof fetch
}

export interface TrustedProxy {
  /** How many proxies stand in front of the app. */
  hops: number
  /** The header in which they write the client's address, in lower case. */
  addressHeader: string
}

/**
 * Checks the options of a server.
 *
 * @throws {ConvueError} `URL_INVALID`, `SITE_URL_INVALID`, `SERVER_OPTION_INVALID`
 */
export function resolveConfig(options: ConvexServerOptions): ServerConfig {
  return {
    convexUrl: checkUrl(options.convexUrl, '.convex.site', problem => serverError('URL_INVALID', { problem })),
    siteUrl: checkUrl(options.convexSiteUrl, '.convex.cloud', problem => serverError('SITE_URL_INVALID', problem)),
    basePath: checkBasePath(options.basePath ?? '/api/auth'),
    cookiePrefix: checkName(options.cookiePrefix ?? 'better-auth', 'cookiePrefix'),
    forwardedCookies: new Set(options.forwardedCookies),
    tokenMarginMs: tokenMargin(options.jwtCache ?? true),
    hasTokens: options.tokens ?? true,
    trustedOrigins: new Set(options.trustedOrigins?.map(checkOrigin)),
    trustedProxy: resolveProxy(options.trustProxy ?? false),
    // A variable of the environment may be empty.
    clientAddressHeader: checkName(options.clientAddressHeader || 'x-forwarded-for', 'clientAddressHeader').toLowerCase(),
    maxBodyBytes: checkCount(options.maxBodyBytes ?? 2 ** 20, 'maxBodyBytes', 0),
    // A timer that is set to more than 31 bits fires at once.
    timeoutMs: Math.min(checkCount(options.timeoutMs ?? 10_000, 'timeoutMs', 1), 2 ** 31 - 1),
    // Looked up for each request, so that what an app or a test puts in its place counts.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
}

/** An address may have a path, as that of a self-hosted deployment has. */
function checkUrl(text: unknown, wrongHost: string, toError: (problem: string) => ConvueError): string {
  const url = parseUrl(text)
  if (!url)
    throw toError(text ? 'it is not a URL with an http(s) scheme' : 'it is missing')
  if (url.hostname.endsWith(wrongHost))
    throw toError(`it ends in ${wrongHost}`)
  if (url.username || url.password || url.search || url.hash)
    throw toError('it has a user, a query or a fragment')
  return url.origin + url.pathname.replace(/\/+$/, '')
}

function tokenMargin(jwtCache: boolean | JwtCacheOptions): number {
  const { marginMs = 60_000 } = jwtCache === true || !jwtCache ? {} : jwtCache
  return jwtCache ? checkCount(marginMs, 'jwtCache.marginMs', 0) : Number.POSITIVE_INFINITY
}

function resolveProxy(trustProxy: boolean | TrustProxyOptions): TrustedProxy | null {
  if (!trustProxy)
    return null
  if (trustProxy !== true && typeof trustProxy !== 'object')
    throw serverError('SERVER_OPTION_INVALID', '`trustProxy` is a boolean or an object')
  const { hops = 1, addressHeader = 'x-forwarded-for' } = trustProxy === true ? {} : trustProxy
  if (!Number.isInteger(hops))
    throw serverError('SERVER_OPTION_INVALID', '`trustProxy.hops` is not a whole number')
  const header = checkName(addressHeader, 'trustProxy.addressHeader').toLowerCase()
  if (header === 'forwarded')
    throw serverError('SERVER_OPTION_INVALID', '`trustProxy.addressHeader` cannot be `Forwarded`, which holds more than addresses')
  return { hops: checkCount(hops, 'trustProxy.hops', 1), addressHeader: header }
}

function checkBasePath(text: string): string {
  const path = `/${text.replace(/^\/+|\/+$/g, '')}`
  if (path === '/' || new URL(path, 'http://localhost').pathname !== path || path.includes('//'))
    throw serverError('SERVER_OPTION_INVALID', '`basePath` is no path below the root')
  return path
}

/** What may stand in the name of a cookie or of a header (`token` in RFC 9110, 5.6.2). */
function checkName(text: string, option: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(text))
    throw serverError('SERVER_OPTION_INVALID', `\`${option}\` is no name of a cookie or header`)
  return text
}

function checkOrigin(text: string): string {
  const url = parseUrl(text)
  if (!url || url.origin !== text.replace(/\/$/, '').toLowerCase())
    throw serverError('SERVER_OPTION_INVALID', '`trustedOrigins` takes origins such as https://admin.example.com')
  return url.origin
}

function checkCount(count: number, option: string, least: number): number {
  if (!(count >= least))
    throw serverError('SERVER_OPTION_INVALID', `\`${option}\` must be a number from ${least}`)
  return count
}

function parseUrl(text: unknown): URL | null {
  try {
    const url = new URL(text as string)
    return /^https?:$/.test(url.protocol) ? url : null
  }
  catch {
    return null
  }
}
