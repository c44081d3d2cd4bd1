/** How the token in the request's cookie is used. */
export interface JwtCacheOptions {
  /** How long it must still be valid, in ms; otherwise a new one is requested. @default 60000 */
  marginMs?: number
}

/** What to believe of a reverse proxy in front of the app. */
export interface TrustProxyOptions {
  /** How many proxies stand in front of the app: the last `hops` entries of a list such as `x-forwarded-for` are theirs. @default 1 */
  hops?: number
  /**
   * The header in which the proxies write the client's address. Each of them appends to one whose name ends in `forwarded-for`;
   * any other, such as `cf-connecting-ip` or `x-real-ip`, holds a single address.
   *
   * @default 'x-forwarded-for'
   */
  addressHeader?: string
}

/** Options of `createConvexServer`. */
export interface ConvexServerOptions {
  /** The deployment's address, such as `https://happy-otter-123.convex.cloud`: `CONVEX_URL`. Required, though a variable may turn out to be unset. */
  convexUrl: string | undefined
  /** The address of its HTTP actions, such as `https://happy-otter-123.convex.site`: `CONVEX_SITE_URL`. Required as well. */
  convexSiteUrl: string | undefined
  /** The path of Better Auth's routes, on the app as on the deployment. @default '/api/auth' */
  basePath?: string
  /** Better Auth's `advanced.cookiePrefix`. @default 'better-auth' */
  cookiePrefix?: string
  /**
   * Whether the token in the request's cookie is used while it is valid. It is used only beside the
   * session that it was made for. `false`: every request to the app requests a new token.
   *
   * @default true
   */
  jwtCache?: boolean | JwtCacheOptions
  /**
   * `false`: the auth server has sessions and no token endpoint. No token is requested or read from a
   * cookie, all calls run anonymously, and `getSession` and `isAuthenticated` work.
   *
   * @default true
   */
  tokens?: boolean
  /**
   * Names of further cookies that Better Auth needs, if you gave it names of your own. The session
   * may be in any of them, so a token is used only while none of them changes: leave out what
   * changes often. All other cookies stay in the app.
   *
   * @default []
   */
  forwardedCookies?: string[]
  /** Other origins whose pages may cause mutations and actions, such as `https://admin.example.com`. @default [] */
  trustedOrigins?: string[]
  /**
   * Whether a reverse proxy in front of the app sets `x-forwarded-proto`, `x-forwarded-host` and `x-forwarded-for` or another
   * header with the client's address. Without such a proxy every client can write these headers itself, so leave it off.
   *
   * @default false
   */
  trustProxy?: boolean | TrustProxyOptions
  /**
   * The header in which Better Auth gets the client's address, by which it limits attempts: one of its
   * `advanced.ipAddress.ipAddressHeaders`. Where something between the app and the deployment writes `x-forwarded-for`, choose a
   * name that only your server and your functions know.
   *
   * @default 'x-forwarded-for'
   */
  clientAddressHeader?: string | undefined
  /** How long the body of a request to Better Auth may be, in bytes. @default 1048576 */
  maxBodyBytes?: number
  /** How long Better Auth, a query or a mutation may take to answer, in milliseconds. Actions may take as long as they like. @default 10000 */
  timeoutMs?: number
  /** @default the global one */
  fetch?: typeof fetch
}
