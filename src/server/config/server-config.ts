/** Checks the options of `createConvexServer` and fills in their defaults. */
import type { ConvueError } from '../../errors/convue-error.ts'
import type { ConvexServerOptions, JwtCacheOptions, RequestAuth, TrustProxyOptions } from './convex-server-options.ts'
import { serverError } from './server-error.ts'

/** The options of a server, checked and with their defaults. */
export interface ServerConfig {
  /** Does not end with a slash. */
  convexUrl: string
  authServer: AuthServer
  /** Starts with a slash and does not end with one. */
  basePath: string
  cookiePrefix: string
  forwardedCookies: ReadonlySet<string>
  /**
   * The shortest remaining lifetime with which the token of a cookie is used, in milliseconds. With
   * `Infinity`, the token of a cookie is never used.
   */
  tokenMarginMs: number
  /** `true` if the auth server has a token endpoint. */
  hasTokens: boolean
  /** Below `basePath`. Starts with a slash and does not end with one. */
  tokenPath: string
  trustedOrigins: ReadonlySet<string>
  /** `null`: headers that a reverse proxy may have written are not trusted. */
  trustedProxy: TrustedProxy | null
  /** The header in which Better Auth receives the client's address, in lower case. */
  clientAddressHeader: string
  maxBodyBytes: number
  timeoutMs: number
  fetch: typeof fetch
}

/** The server that runs Better Auth: the deployment, or this process. */
export type AuthServer
  /** `siteUrl` does not end with a slash. */
  = | { kind: 'deployment', siteUrl: string }
    /** `requests` are all requests that Convue has passed to `requestAuth`, and their purpose. */
    | { kind: 'local', requestAuth: RequestAuth, requests: WeakMap<Request, AuthRequestPurpose> }

/** The purpose of a request: to find an identity, or to pass on a request of a client. */
export type AuthRequestPurpose = 'identity' | 'client'

export interface TrustedProxy {
  /** The number of proxies in front of the app. */
  hops: number
  /** The header in which the proxies write the client's address, in lower case. */
  addressHeader: string
  /** The header with the scheme that the browser uses; `null` if no such header is trusted. */
  protocolHeader: string | null
  /** The header with the host of the app in the browser; `null` if no such header is trusted. */
  hostHeader: string | null
}

/** The headers of `trustProxy: true`. */
const STANDARD_HEADERS: TrustProxyOptions = {
  addressHeader: 'x-forwarded-for',
  protocolHeader: 'x-forwarded-proto',
  hostHeader: 'x-forwarded-host',
}

/** The longest delay of a timer, which has 31 bits. Timers with longer delays fire immediately. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Checks the options of a server.
 *
 * @throws {ConvueError} `URL_INVALID`, `SITE_URL_INVALID`, `SERVER_OPTION_INVALID`
 */
export function resolveConfig(options: ConvexServerOptions): ServerConfig {
  return {
    convexUrl: checkUrl(options.convexUrl, '.convex.site', problem => serverError('URL_INVALID', { problem })),
    authServer: resolveAuthServer(options),
    basePath: checkPath(options.basePath ?? '/api/auth', 'basePath'),
    cookiePrefix: checkName(options.cookiePrefix ?? 'better-auth', 'cookiePrefix'),
    forwardedCookies: new Set(options.forwardedCookies),
    tokenMarginMs: resolveTokenMargin(options.jwtCache ?? true),
    hasTokens: options.tokens ?? true,
    tokenPath: checkPath(options.tokenPath ?? '/convex/token', 'tokenPath'),
    trustedOrigins: new Set(options.trustedOrigins?.map(checkOrigin)),
    trustedProxy: resolveProxy(options.trustProxy ?? false),
    // `||`, since an environment variable may be empty.
    clientAddressHeader: checkHeader(options.clientAddressHeader || 'x-forwarded-for', 'clientAddressHeader'),
    maxBodyBytes: checkCount(options.maxBodyBytes ?? 2 ** 20, 'maxBodyBytes', 0),
    timeoutMs: Math.min(checkCount(options.timeoutMs ?? 10_000, 'timeoutMs', 1), MAX_TIMEOUT_MS),
    // Looked up for each request, since an app or a test may replace the global function later.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
}

function resolveAuthServer({ requestAuth, convexSiteUrl }: ConvexServerOptions): AuthServer {
  if (requestAuth === undefined) {
    const siteUrl = checkUrl(convexSiteUrl, '.convex.cloud', problem => serverError('SITE_URL_INVALID', problem))
    return { kind: 'deployment', siteUrl }
  }
  if (typeof requestAuth !== 'function')
    throw invalidOption('`requestAuth` is not a function')
  return { kind: 'local', requestAuth, requests: new WeakMap() }
}

/** The address may have a path, as the address of a self-hosted deployment can. */
function checkUrl(text: unknown, wrongHost: string, toError: (problem: string) => ConvueError): string {
  if (!text)
    throw toError('it is missing')
  const url = parseUrl(text)
  if (!url)
    throw toError('it is not a URL with an http(s) scheme')
  if (url.hostname.endsWith(wrongHost))
    throw toError(`it ends in ${wrongHost}`)
  if (url.username || url.password || url.search || url.hash)
    throw toError('it has a user, a query or a fragment')
  return url.origin + url.pathname.replace(/\/+$/, '')
}

function resolveTokenMargin(jwtCache: boolean | JwtCacheOptions): number {
  if (!jwtCache)
    return Number.POSITIVE_INFINITY
  const { marginMs = 60_000 } = optionsOf(jwtCache)
  return checkCount(marginMs, 'jwtCache.marginMs', 0)
}

function resolveProxy(trustProxy: boolean | TrustProxyOptions): TrustedProxy | null {
  if (!trustProxy)
    return null
  if (trustProxy === true)
    return resolveProxy(STANDARD_HEADERS)
  if (typeof trustProxy !== 'object')
    throw invalidOption('`trustProxy` is not a boolean or an object')
  const { hops = 1, addressHeader = 'x-forwarded-for', protocolHeader, hostHeader } = trustProxy
  if (!Number.isInteger(hops))
    throw invalidOption('`trustProxy.hops` is not a whole number')
  const header = checkHeader(addressHeader, 'trustProxy.addressHeader')
  if (header === 'forwarded')
    throw invalidOption('`trustProxy.addressHeader` cannot be `Forwarded`, which holds more than addresses')
  return {
    hops: checkCount(hops, 'trustProxy.hops', 1),
    addressHeader: header,
    protocolHeader: checkOptionalHeader(protocolHeader, 'trustProxy.protocolHeader'),
    hostHeader: checkOptionalHeader(hostHeader, 'trustProxy.hostHeader'),
  }
}

/** The options of a feature. `true` turns the feature on with the defaults. */
function optionsOf<Options extends object>(option: true | Options): Partial<Options> {
  if (option === true)
    return {}
  return option
}

function checkPath(text: string, option: string): string {
  const path = `/${text.replace(/^\/+|\/+$/g, '')}`
  if (path === '/' || new URL(path, 'http://localhost').pathname !== path || path.includes('//'))
    throw invalidOption(`\`${option}\` is not a path below the root`)
  return path
}

function checkOptionalHeader(text: string | undefined, option: string): string | null {
  return text === undefined ? null : checkHeader(text, option)
}

/** Names of headers are compared in lower case, in which `Headers` lists them. */
function checkHeader(text: string, option: string): string {
  return checkName(text, option).toLowerCase()
}

/**
 * Names of cookies and headers have the same form.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 `token`
 */
function checkName(text: string, option: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(text))
    throw invalidOption(`\`${option}\` is not a valid name of a cookie or header`)
  return text
}

function checkOrigin(text: string): string {
  const url = parseUrl(text)
  if (!url || url.origin !== text.replace(/\/$/, '').toLowerCase())
    throw invalidOption('an entry of `trustedOrigins` is not an origin, such as https://admin.example.com')
  return url.origin
}

function checkCount(count: number, option: string, min: number): number {
  if (!(count >= min))
    throw invalidOption(`\`${option}\` is not a number of at least ${min}`)
  return count
}

function invalidOption(problem: string): ConvueError {
  return serverError('SERVER_OPTION_INVALID', problem)
}

function parseUrl(text: unknown): URL | null {
  try {
    const url = new URL(text as string)
    if (/^https?:$/.test(url.protocol))
      return url
  }
  catch {}
  return null
}
