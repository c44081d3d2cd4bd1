/** The options of `createConvexServer`, as an app passes them. */

/** How the server uses the token in a request's cookie. */
export interface JwtCacheOptions {
  /**
   * How long the token must still be valid, in ms. Otherwise the server requests a new one.
   *
   * @default 60000
   */
  marginMs?: number
}

/** Which headers of a reverse proxy in front of the app are trusted. */
export interface TrustProxyOptions {
  /**
   * How many proxies stand in front of the app. They wrote the last `hops` entries of a list such
   * as `x-forwarded-for`.
   *
   * @default 1
   */
  hops?: number
  /**
   * The header in which the proxies write the client's address. Each proxy appends to a header
   * whose name ends in `forwarded-for`; any other header, such as `cf-connecting-ip` or
   * `x-real-ip`, holds a single address.
   *
   * @default 'x-forwarded-for'
   */
  addressHeader?: string
}

/** Options of `createConvexServer`. */
export interface ConvexServerOptions {
  /**
   * The deployment's address, such as `https://happy-otter-123.convex.cloud`: the value of
   * `CONVEX_URL`. Required; the type allows `undefined` because an environment variable may be
   * unset, which is an error at the start.
   */
  convexUrl: string | undefined
  /**
   * The address of the deployment's HTTP actions, such as `https://happy-otter-123.convex.site`:
   * the value of `CONVEX_SITE_URL`. Required like `convexUrl`.
   */
  convexSiteUrl: string | undefined
  /**
   * The path of Better Auth's routes, both on the app and on the deployment.
   *
   * @default '/api/auth'
   */
  basePath?: string
  /** Better Auth's `advanced.cookiePrefix`. @default 'better-auth' */
  cookiePrefix?: string
  /**
   * Whether the server uses the token in the request's cookie while that token is valid and bound
   * to the request's session. `false`: every request to the app requests a new token.
   *
   * @default true
   */
  jwtCache?: boolean | JwtCacheOptions
  /**
   * `false`: the auth server has sessions, but no token endpoint. The server neither requests a
   * token nor reads one from a cookie, all calls run anonymously, and `getSession` and
   * `isAuthenticated` work.
   *
   * @default true
   */
  tokens?: boolean
  /**
   * Names of further cookies that Better Auth needs, if you configured cookie names of your own.
   * Any of these cookies may hold the session, so a token is used only while none of them changes:
   * leave out cookies that change often. All other cookies remain on the app's server.
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
   * Whether a reverse proxy in front of the app sets `x-forwarded-proto`, `x-forwarded-host`, and
   * `x-forwarded-for` or another header with the client's address. Without such a proxy every
   * client can write these headers itself, so leave the option off.
   *
   * @default false
   */
  trustProxy?: boolean | TrustProxyOptions
  /**
   * The header in which Better Auth receives the client's address, by which it limits attempts: one
   * of its `advanced.ipAddress.ipAddressHeaders`. If a host between the app and the deployment
   * writes `x-forwarded-for`, choose a name that only your server and your functions know.
   *
   * @default 'x-forwarded-for'
   */
  clientAddressHeader?: string | undefined
  /** How long the body of a request to Better Auth may be, in bytes. @default 1048576 */
  maxBodyBytes?: number
  /**
   * How long Better Auth, a query or a mutation may take to answer, in milliseconds. Actions have
   * no limit.
   *
   * @default 10000
   */
  timeoutMs?: number
  /** The function that sends requests. @default the global `fetch` */
  fetch?: typeof fetch
}
