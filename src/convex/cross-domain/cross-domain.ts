/** `crossDomain()`: sessions for an app whose pages are on another domain than its deployment. */
import type { AuthEndpoint, AuthHook, EndpointInput } from '../plugin-types.ts'
import { APIError, createAuthEndpoint, createAuthMiddleware } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { generateRandomString } from 'better-auth/crypto'
import { parseSessionOutput, parseUserOutput } from 'better-auth/db'
import { setupError } from '../setup-error.ts'
import { addFlow, resolveCallbackUrls, takeFlow } from './callback-urls.ts'
import { hasHeaderCookies, moveSetCookies, readHeaderCookie, withCookies } from './header-cookies.ts'
import { createOneTimeToken, hash, takeGrant } from './one-time-token.ts'

/** Options of {@link crossDomain}. */
export interface CrossDomainOptions {
  /** The address of the app: `process.env.SITE_URL`. */
  siteUrl: string
  /**
   * `true` lets users link accounts of other providers (`/link-social`, `/oauth2/link`). Such a
   * link is not bound to the browser in which it has started: a person who opens the provider's
   * address adds their account to the user who has started the link.
   *
   * @default false
   */
  allowLinking?: boolean
}

/** The plugin that {@link crossDomain} returns. */
export interface CrossDomainPlugin {
  id: 'cross-domain'
  init: (context: any) => any
  hooks: { before: AuthHook[], after: AuthHook[] }
  endpoints: {
    /** Exchanges a one-time token for its session. */
    verifyOneTimeToken: AuthEndpoint<
      '/cross-domain/one-time-token/verify',
      { method: 'POST' },
      Omit<EndpointInput, 'body'> & { body: { token: string } },
      { user: { id: string, [field: string]: any }, session: { id: string, token: string, [field: string]: any } }
    >
  }
}

/** The cookie by which the server recognizes the browser that has started a sign-in. */
const FLOW_COOKIE = 'cross_domain_flow'
const FLOW_SECONDS = 60 * 60
/** The field of a request's context in which the hooks pass the value of this cookie. */
const FLOW_FIELD = 'crossDomainFlow'
/** The parameter of the app's address that contains a one-time token. */
const TOKEN_PARAMETER = 'ott'

/** Requests that lead to a redirect, so that they need an address to redirect to. */
const REDIRECTING = ['/sign-in/social', '/sign-in/oauth2', '/sign-in/magic-link', '/send-verification-email']
/** Sign-ins at another provider. They end in the browser in which they have started. */
const PROVIDER_SIGN_INS = ['/sign-in/social', '/sign-in/oauth2']
/** Requests that link an account of another provider to the current user. */
const LINKING = ['/link-social', '/oauth2/link']
/** Redirects from another provider, and from links in e-mails, which any browser can open. */
const PROVIDER_CALLBACKS = ['/callback/', '/oauth2/callback/']
const RETURNING = [...PROVIDER_CALLBACKS, '/magic-link/verify', '/verify-email']

/**
 * The plugin of Better Auth for an app without a server of its own, whose pages are on another
 * domain than the deployment. Browsers do not store the cookies of another domain, so pages send
 * and receive them as headers, with the plugin `crossDomainClient()`. After a redirect, the page
 * receives a one-time token in its address. It redeems only tokens of sign-ins that have started in
 * the same browser, so a link from another person cannot sign a user in as that person.
 *
 * Pass this plugin after `convex()`, so that the cookie of `convex()` is sent as a header, too.
 *
 * @throws ConvueError `CONVEX_OPTION_INVALID`
 * @example
 * plugins: [convex(), crossDomain({ siteUrl: process.env.SITE_URL! })]
 */
export function crossDomain({ siteUrl, allowLinking = false }: CrossDomainOptions): CrossDomainPlugin {
  if (!/^https?:\/\/[^/?#]+/.test(siteUrl ?? ''))
    throw setupError('CONVEX_OPTION_INVALID', '`siteUrl` must be the address of the app, such as `https://app.example`')
  const { origin } = new URL(siteUrl)

  const readCookies = createAuthMiddleware(async ctx => ({ context: { headers: withCookies(ctx) } }))

  const resolveBody = createAuthMiddleware(async (ctx) => {
    const isRedirecting = matches(ctx.path, REDIRECTING)
    const given = isRedirecting ? { callbackURL: siteUrl, ...withoutEmpty(ctx.body) } : ctx.body
    const body = resolveCallbackUrls(given, siteUrl)
    if (!matches(ctx.path, PROVIDER_SIGN_INS) || !hasHeaderCookies(ctx))
      return { context: { body } }
    const flow = readHeaderCookie(ctx, flowCookie(ctx).name) ?? generateRandomString(32)
    // Better Auth 1.6 drops the cookies that a hook before the endpoint sets.
    return { context: { body: addFlow(body, await hash(flow)), [FLOW_FIELD]: flow } }
  })

  const setFlow = createAuthMiddleware(async (ctx) => {
    const { name, attributes } = flowCookie(ctx)
    ctx.setCookie(name, (ctx as any)[FLOW_FIELD], attributes)
  })

  const refuseLinking = createAuthMiddleware(async () => {
    throw new APIError('FORBIDDEN', {
      code: 'ACCOUNT_LINKING_NOT_ALLOWED',
      message: 'Accounts of other providers can be linked only with `allowLinking` of `crossDomain()`.',
    })
  })

  const resolveQuery = createAuthMiddleware(async (ctx) => {
    return { context: { query: resolveCallbackUrls(ctx.query ?? {}, siteUrl) } }
  })

  const addOneTimeToken = createAuthMiddleware(async (ctx) => {
    const location = ctx.context.responseHeaders?.get('location')
    if (!location || !URL.canParse(location))
      return
    const url = new URL(location)
    const flow = takeFlow(url)
    const session = ctx.context.newSession?.session
    const isForApp = url.origin === origin || ctx.context.isTrustedOrigin(url.origin)
    const isAllowed = flow !== null || !matches(ctx.path, PROVIDER_CALLBACKS)
    if (session && isForApp && isAllowed)
      url.searchParams.set(TOKEN_PARAMETER, await createOneTimeToken(ctx.context, { session: session.token, flow }))
    throw ctx.redirect(url.href)
  })

  return {
    id: 'cross-domain',
    init(context) {
      // The option `trustedOrigins` has an effect on requests only, and not on direct calls of
      // `auth.api`.
      context.trustedOrigins.push(origin)
      return {
        options: { trustedOrigins: [origin] },
        // The state of a sign-in is stored in the database and not in a cookie, since the browser
        // would not send such a cookie at the redirect of the provider. Instead, the one-time token
        // is bound to the browser. A request that links an account has no such token, so it is
        // refused by default.
        context: { oauthConfig: { storeStateStrategy: 'database', skipStateCookieCheck: true } },
      }
    },
    hooks: {
      before: [
        // Applies to requests without the header too, since no request that links an account is
        // bound to a browser.
        { matcher: ctx => !allowLinking && LINKING.includes(ctx.path) && !ctx.body?.idToken, handler: refuseLinking },
        { matcher: hasHeaderCookies, handler: readCookies },
        { matcher: ctx => ctx.method === 'POST' && isObject(ctx.body) && !isExpo(ctx), handler: resolveBody },
        { matcher: ctx => ctx.method === 'GET' && !!ctx.query?.callbackURL && !isExpo(ctx), handler: resolveQuery },
      ],
      after: [
        { matcher: ctx => matches(ctx.path, RETURNING) && !isExpo(ctx), handler: addOneTimeToken },
        { matcher: ctx => ctx[FLOW_FIELD] !== undefined, handler: setFlow },
        { matcher: hasHeaderCookies, handler: createAuthMiddleware(async ctx => moveSetCookies(ctx)) },
      ],
    },
    endpoints: {
      verifyOneTimeToken: createAuthEndpoint(
        '/cross-domain/one-time-token/verify',
        { method: 'POST', requireHeaders: true },
        async (ctx) => {
          const token: unknown = (ctx as any).body?.token
          const grant = typeof token === 'string' ? await takeGrant(ctx.context, token) : null
          const found = grant && await ctx.context.internalAdapter.findSession(grant.session)
          if (!found || new Date(found.session.expiresAt).getTime() <= Date.now())
            throw refusal('ONE_TIME_TOKEN_INVALID', 'The one-time token is invalid, has expired, or has been used.')
          const flow = readHeaderCookie(ctx, flowCookie(ctx).name)
          if (grant.flow !== null && (flow === null || await hash(flow) !== grant.flow))
            throw refusal('ONE_TIME_TOKEN_FOREIGN', 'Another browser has started the sign-in of the one-time token.')
          await setSessionCookie(ctx, found)
          const { options } = ctx.context
          return { user: parseUserOutput(options, found.user), session: parseSessionOutput(options, found.session) }
        },
      ),
    } as unknown as CrossDomainPlugin['endpoints'],
  }
}

function flowCookie({ context }: any): { name: string, attributes: any } {
  return context.createAuthCookie(FLOW_COOKIE, { maxAge: FLOW_SECONDS })
}

function refusal(code: string, message: string): Error {
  return new APIError('BAD_REQUEST', { code, message })
}

/** Removes an empty callback URL, which Better Auth's schemas treat as missing. */
function withoutEmpty(body: any): object {
  const { callbackURL, ...rest } = body
  return callbackURL ? body : rest
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isExpo(ctx: any): boolean {
  return (ctx.request?.headers ?? ctx.headers)?.has('expo-origin') === true
}

function matches(path: string | undefined, prefixes: string[]): boolean {
  return prefixes.some(prefix => path?.startsWith(prefix))
}
