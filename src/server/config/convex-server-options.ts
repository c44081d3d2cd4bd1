/** The options of `createConvexServer`, as an app passes them. */

/** The conditions under which the server uses the token in a request's cookie. */
export interface JwtCacheOptions {
  /**
   * The least remaining lifetime of the token, in milliseconds. Below it, the server requests a new
   * token.
   *
   * @default 60000
   */
  marginMs?: number
}

/**
 * The trusted headers of a reverse proxy in front of the app. Only the header with the client's
 * address has a default: every other header is trusted only if it is named here.
 */
export interface TrustProxyOptions {
  /**
   * The number of proxies in front of the app, which have written the last `hops` entries of a list
   * such as `x-forwarded-for`.
   *
   * @default 1
   */
  hops?: number
  /**
   * The header with the client's address. If its name ends in `forwarded-for`, each proxy appends
   * an address to it. Any other header, such as `cf-connecting-ip` or `x-real-ip`, contains a
   * single address.
   *
   * @default 'x-forwarded-for'
   */
  addressHeader?: string
  /**
   * The header with the scheme that the browser uses, `http` or `https`. Name it if TLS ends in
   * front of the app, and if the proxy does not keep this header of a client.
   *
   * @default none: the scheme of the request's URL
   */
  protocolHeader?: string | undefined
  /**
   * The header with the host of the app in the browser. Name it if the proxy changes `Host`, and if
   * the proxy does not keep this header of a client.
   *
   * @default none: the host of the request's URL
   */
  hostHeader?: string | undefined
}

/**
 * Sends a request to the server of Better Auth that runs in this process, and returns its response.
 *
 * @param request a request below `basePath`, whose URL has the app's own origin. It contains the
 * auth cookies of the client, and has other headers of the client only if `handler` passes on a
 * request of the client.
 * @param incoming the request that was passed to `forRequest` or to `handler`.
 */
export type RequestAuth = (request: Request, incoming: Request) => Promise<Response>

/** Options of `createConvexServer`. */
export interface ConvexServerOptions {
  /**
   * The deployment's address, such as `https://happy-otter-123.convex.cloud`: the value of
   * `CONVEX_URL`. Required. The type allows `undefined`, because an environment variable may not be
   * set; `createConvexServer` then throws an error.
   */
  convexUrl: string | undefined
  /**
   * The address of the deployment's HTTP actions, such as `https://happy-otter-123.convex.site`:
   * the value of `CONVEX_SITE_URL`. Required, like `convexUrl`, unless `requestAuth` is set.
   */
  convexSiteUrl?: string | undefined
  /**
   * For apps in which Better Auth runs in this process and not on the deployment:
   * `request => auth.handler(request)`. `handler` and the requests for sessions and tokens then
   * call this function, and send no request over the network.
   *
   * @default requests to `convexSiteUrl`
   */
  requestAuth?: RequestAuth | undefined
  /**
   * The path of Better Auth's routes, both in the app and on the server that runs Better Auth.
   *
   * @default '/api/auth'
   */
  basePath?: string
  /** Better Auth's `advanced.cookiePrefix`. @default 'better-auth' */
  cookiePrefix?: string
  /**
   * `true`: the server uses the token in the request's cookie while that token is valid and bound
   * to the request's session. `false`: every request to the app requests a new token.
   *
   * @default true
   */
  jwtCache?: boolean | JwtCacheOptions
  /**
   * `false`: the auth server has sessions, but no token endpoint. The server then neither requests
   * tokens nor reads them from cookies, and all calls run anonymously. `getSession` and
   * `isAuthenticated` work.
   *
   * @default true
   */
  tokens?: boolean
  /**
   * The path of the token endpoint, below `basePath`. The endpoint of `convex()` has the default
   * path.
   *
   * @default '/convex/token'
   */
  tokenPath?: string
  /**
   * Names of further cookies that Better Auth needs, if you have configured your own cookie names.
   * Any of these cookies may contain the session, so a token is used only while none of them
   * changes. Do not list cookies that change often. All other cookies are never sent to Better
   * Auth.
   *
   * @default []
   */
  forwardedCookies?: string[]
  /**
   * Other origins whose pages may cause mutations and actions, such as `https://admin.example.com`.
   *
   * @default []
   */
  trustedOrigins?: string[]
  /**
   * `true` if a reverse proxy in front of the app sets `x-forwarded-for`, `x-forwarded-proto` and
   * `x-forwarded-host`. If it sets fewer or other headers, name these headers. Every client can
   * send headers that no proxy replaces, so trust no others.
   *
   * @default false
   */
  trustProxy?: boolean | TrustProxyOptions
  /**
   * The header in which Better Auth receives the client's address, by which it limits requests: one
   * of its `advanced.ipAddress.ipAddressHeaders`. If a host between the app and the deployment
   * writes `x-forwarded-for`, choose a name that only your server and your functions know.
   *
   * @default 'x-forwarded-for'
   */
  clientAddressHeader?: string | undefined
  /** The largest size of the body of a request to Better Auth, in bytes. @default 1048576 */
  maxBodyBytes?: number
  /**
   * The time limit for answers of Better Auth, queries and mutations, in milliseconds. Actions have
   * no limit.
   *
   * @default 10000
   */
  timeoutMs?: number
  /** The function that sends requests. @default the global `fetch` */
  fetch?: typeof fetch
}
