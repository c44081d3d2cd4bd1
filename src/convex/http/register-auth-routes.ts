/** `registerAuthRoutes`: the HTTP routes of Better Auth, on the router of an app. */
import type { ConvexRouter, HonoRouter } from './auth-router.ts'
import type { AuthCorsOptions, TrustContext } from './cors.ts'
import { setupError } from '../setup-error.ts'
import { authRouter } from './auth-router.ts'
import { checkCorsOptions, isAllowedOrigin, preflightResponse, withCorsHeaders } from './cors.ts'
import { restoreForwardedHeaders } from './forwarded-headers.ts'

/** The options of `registerAuthRoutes`. */
export interface AuthRoutesOptions {
  /**
   * The path of the routes: the same as `basePath` of Better Auth.
   * @default '/api/auth'
   */
  basePath?: string
  /**
   * Lets pages of other origins send requests with credentials: `true` for the trusted origins of
   * Better Auth, or an object with further origins and headers. Without it, only pages of the
   * deployment's own origin and servers, such as a proxy of the app, can use the routes.
   * @default false
   */
  cors?: boolean | AuthCorsOptions
}

/** The part of the result of `betterAuth` that the routes use. */
export interface AuthWithHandler {
  handler: (request: Request) => Promise<Response>
  /** The options of `betterAuth`, of which `basePath` is read. */
  options: object
  $context: PromiseLike<TrustContext>
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const DEFAULT_BASE_PATH = '/api/auth'
const CONFIGURATION_PATH = '/.well-known/openid-configuration'

/**
 * Registers the routes of Better Auth on `httpRouter()` of `convex/server`, or on a Hono app whose
 * bindings are the context of an HTTP action. `createAuth` is not called before the first request.
 *
 * @param http The router.
 * @param createAuth Returns the app's Better Auth for the context of an HTTP action.
 * @throws {ConvueError} `CONVEX_OPTION_INVALID` for a wrong router or option;
 * `AUTH_BASE_PATH_MISMATCH` at a request, if Better Auth has another `basePath`.
 */
export function registerAuthRoutes(
  http: ConvexRouter | HonoRouter,
  createAuth: (ctx: any) => AuthWithHandler,
  { basePath = DEFAULT_BASE_PATH, cors = false }: AuthRoutesOptions = {},
): void {
  if (typeof createAuth !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', '`registerAuthRoutes` needs the function `createAuth`')
  checkBasePath(basePath)
  const router = authRouter(http, 'registerAuthRoutes')
  const openAuth = (ctx: unknown): AuthWithHandler => checkAuth(createAuth(ctx), basePath)

  if (cors) {
    const options = cors === true ? {} : cors
    checkCorsOptions(options)
    router.addPrefix([...METHODS, 'OPTIONS'], basePath, async (ctx, request) =>
      await answerCors(openAuth(ctx), request, options))
  }
  else {
    router.addPrefix(METHODS, basePath, async (ctx, request) => await answer(openAuth(ctx), request))
  }
  // If an auth provider has a `domain` instead of `jwks`, Convex requests this path.
  router.addPath(CONFIGURATION_PATH, async () =>
    Response.redirect(`${process.env.CONVEX_SITE_URL}${basePath}/convex${CONFIGURATION_PATH}`))
}

async function answer(auth: AuthWithHandler, request: Request): Promise<Response> {
  return await auth.handler(restoreForwardedHeaders(request))
}

/** Answers a request of any origin, and lets only pages of allowed origins read the answer. */
async function answerCors(auth: AuthWithHandler, request: Request, options: AuthCorsOptions): Promise<Response> {
  const origin = request.headers.get('origin')
  const isAllowed = origin !== null && await isAllowedOrigin(origin, request, await auth.$context, options)
  const allowed = isAllowed ? origin : null
  if (request.method !== 'OPTIONS')
    return withCorsHeaders(await answer(auth, request), allowed, options)
  if (allowed === null)
    return new Response(null, { status: 403, headers: { vary: 'Origin' } })
  return preflightResponse(allowed, options, METHODS)
}

function checkBasePath(basePath: unknown): void {
  if (typeof basePath !== 'string' || !/^(?:\/[\w.~-]+)+$/.test(basePath))
    throw setupError('CONVEX_OPTION_INVALID', '`basePath` of `registerAuthRoutes` is not a path such as `/api/auth`')
}

function checkAuth(auth: AuthWithHandler, registered: string): AuthWithHandler {
  if (typeof auth?.handler !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', '`createAuth` does not return the result of `betterAuth`')
  const { basePath: configured = DEFAULT_BASE_PATH } = auth.options as { basePath?: string }
  if (configured !== registered)
    throw setupError('AUTH_BASE_PATH_MISMATCH', { registered, configured })
  return auth
}
