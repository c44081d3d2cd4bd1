/** `convex()`: the plugin of Better Auth that issues tokens for Convex. */
import type { AuthEndpoint, AuthHook, EndpointInput, ServerOnly } from '../plugin-types.ts'
import type { PublicJwk, SigningKey } from './signing-keys.ts'
import type { ConvexTokenOptions, TokenSession } from './token-options.ts'
import { createAuthEndpoint, createAuthMiddleware, isStateful, sessionMiddleware } from 'better-auth/api'
import { bearer } from 'better-auth/plugins/bearer'
import { requireBetterAuth } from '../better-auth-version.ts'
import { createToken } from './create-token.ts'
import { warnOfMissingIssuer } from './issuer-warning.ts'
import { createKeyStore } from './key-store.ts'
import { ignoreWrites, isQueryContext } from './query-context.ts'
import { KEYS_MAX_AGE_SECONDS, publicKeySet } from './signing-keys.ts'
import { changesStoreKey, setStoreKeyCookie } from './store-key-cookie.ts'
import { clearTokenCookie, endsSession, hasSession, sessionOfResponse, setTokenCookie } from './token-cookie.ts'
import { issuerOf, readTokenOptions } from './token-options.ts'

/** The plugin that {@link convex} returns. */
export interface ConvexTokenPlugin {
  id: 'convex'
  init: (context: { version: string, logger?: { warn: (message: string) => void } }) => void
  hooks: { before: AuthHook[], after: AuthHook[] }
  endpoints: {
    /** Issues a token for the session of the request. */
    getToken: AuthEndpoint<
      '/convex/token',
      { method: 'GET' },
      EndpointInput & { headers: HeadersInit },
      { token: string }
    >
    /** The public keys. */
    getJwks: AuthEndpoint<'/convex/jwks', { method: 'GET' }, EndpointInput | void, { keys: PublicJwk[] }>
    /** The configuration of OpenID Connect, with the address of the public keys. */
    getOpenIdConfig: AuthEndpoint<
      '/convex/.well-known/openid-configuration',
      { method: 'GET', metadata: { isAction: false } },
      EndpointInput | void,
      Record<string, string | string[]>
    >
    /** The value for the variable `JWKS`. */
    getLatestJwks: AuthEndpoint<'/convex/latest-jwks', ServerOnly, EndpointInput | void, SigningKey[]>
    /** Creates a key, and returns the value for the variable `JWKS`. */
    rotateKeys: AuthEndpoint<
      '/convex/rotate-keys',
      ServerOnly,
      Omit<EndpointInput, 'body'> & { body?: { revoke?: boolean } } | void,
      SigningKey[]
    >
  }
  schema: {
    jwks: {
      fields: {
        publicKey: { type: 'string', required: true }
        privateKey: { type: 'string', required: true }
        createdAt: { type: 'date', required: true }
        expiresAt: { type: 'date', required: false }
      }
    }
  }
}

/**
 * The plugin of Better Auth that issues tokens for Convex: a token endpoint, the cookie
 * `convex_jwt` with which servers render pages, and the public keys with which Convex verifies.
 * Works with the tables of `@convex-dev/better-auth`, and with every adapter of Better Auth that
 * stores the table `jwks`.
 *
 * It also accepts the session token in the header `Authorization: Bearer`, with which functions
 * call `auth.api` as the current user.
 *
 * @throws ConvueError `CONVEX_OPTION_INVALID`, `JWKS_INVALID`. If the version of Better Auth is not
 * supported, each request to it fails with `VERSION_CONFLICT`.
 * @example
 * export const createAuth = (ctx: GenericCtx<DataModel>) => betterAuth({
 *   baseURL: process.env.SITE_URL,
 *   database: authComponent.adapter(ctx),
 *   plugins: [convex({ jwks: process.env.JWKS })],
 * })
 */
export function convex(options: ConvexTokenOptions = {}): ConvexTokenPlugin {
  const config = readTokenOptions(options)
  const keys = createKeyStore({ jwks: options.jwks, ...config })
  const maker = { config, keys, definePayload: options.jwt?.definePayload }

  const setToken = createAuthMiddleware(async (ctx) => {
    // Without a token for the new session, the cookie of the previous user must not remain.
    const session = endsSession(ctx) ? null : sessionOfResponse(ctx)
    if (!session)
      return clearTokenCookie(ctx)
    try {
      await setTokenCookie(ctx, session, await createToken(ctx.context, session, maker))
    }
    catch (error) {
      // A sign-in must not fail because of the cookie. Signing with ES256 is not possible in a
      // mutation, for example. The token endpoint reports the same error to the page. The cookie of
      // the previous user must not remain.
      clearTokenCookie(ctx)
      ctx.context.logger.debug('The cookie with the token for Convex was cleared.', error)
    }
  })

  return {
    id: 'convex',
    init({ version, logger }) {
      requireBetterAuth(version)
      warnOfMissingIssuer(options, logger ?? console)
    },
    hooks: {
      before: [
        ...bearer().hooks.before,
        {
          matcher: isQueryContext,
          handler: createAuthMiddleware(async (ctx) => {
            ignoreWrites(ctx)
            return { context: { query: { ...ctx.query, disableRefresh: true } } }
          }),
        },
        {
          // A session from the cookie of `session.cookieCache` may already be revoked.
          matcher: (ctx: any) => ctx.path === config.tokenPath && isStateful(ctx),
          handler: createAuthMiddleware(async (ctx) => {
            return { context: { query: { ...ctx.query, disableCookieCache: true } } }
          }),
        },
      ],
      after: [
        {
          matcher: (ctx: any) => endsSession(ctx) || hasSession(ctx),
          handler: setToken,
        },
        {
          matcher: changesStoreKey,
          handler: createAuthMiddleware(setStoreKeyCookie),
        },
      ],
    },
    endpoints: {
      getToken: createAuthEndpoint(
        config.tokenPath as '/convex/token',
        { method: 'GET', requireHeaders: true, use: [sessionMiddleware] },
        async (ctx): Promise<{ token: string }> => {
          const session = ctx.context.session as TokenSession
          const created = await createToken(ctx.context, session, maker)
          ctx.setHeader('cache-control', 'no-store')
          await setTokenCookie(ctx, session, created)
          return { token: created.token }
        },
      ),
      getJwks: createAuthEndpoint(
        '/convex/jwks',
        { method: 'GET' },
        async (ctx): Promise<{ keys: PublicJwk[] }> => {
          ctx.setHeader('cache-control', `public, max-age=${KEYS_MAX_AGE_SECONDS}`)
          return publicKeySet(await keys.published(ctx.context))
        },
      ),
      getOpenIdConfig: createAuthEndpoint(
        '/convex/.well-known/openid-configuration',
        { method: 'GET', metadata: { isAction: false } },
        async (ctx): Promise<Record<string, string | string[]>> => {
          const issuer = issuerOf(config.issuer)
          return {
            issuer,
            jwks_uri: `${issuer}${ctx.context.options.basePath ?? '/api/auth'}/convex/jwks`,
            response_types_supported: ['id_token'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['ES256', 'RS256'],
          }
        },
      ),
      // Both endpoints have a path, since matchers of other plugins expect one. Clients cannot
      // request it.
      getLatestJwks: createAuthEndpoint(
        '/convex/latest-jwks',
        { method: 'POST', metadata: { SERVER_ONLY: true } },
        async (ctx): Promise<SigningKey[]> => keys.latest(ctx.context),
      ),
      rotateKeys: createAuthEndpoint(
        '/convex/rotate-keys',
        { method: 'POST', metadata: { SERVER_ONLY: true } },
        async (ctx): Promise<SigningKey[]> => keys.rotate(ctx.context, { revoke: (ctx as any).body?.revoke === true }),
      ),
    } as unknown as ConvexTokenPlugin['endpoints'],
    schema: {
      jwks: {
        fields: {
          publicKey: { type: 'string', required: true },
          privateKey: { type: 'string', required: true },
          createdAt: { type: 'date', required: true },
          expiresAt: { type: 'date', required: false },
        },
      },
    },
  }
}
