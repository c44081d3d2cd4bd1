/** The headers of cross-origin requests (CORS) to the auth routes. */
import { setupError } from '../setup-error.ts'

/** Options of `registerAuthRoutes` for apps that call the deployment from another origin. */
export interface AuthCorsOptions {
  /**
   * Further origins that may send requests with credentials, such as `https://app.example.com`.
   * @default Only the trusted origins of Better Auth: `baseURL` and `trustedOrigins`.
   */
  origins?: string[]
  /**
   * Further headers that requests may have.
   * @default `Content-Type`, `Authorization`, and `Better-Auth-Cookie` of the cross-domain plugin.
   */
  allowedHeaders?: string[]
  /**
   * Further headers of responses that pages may read.
   * @default `Set-Better-Auth-Cookie` of the cross-domain plugin, and `X-Retry-After`.
   */
  exposedHeaders?: string[]
  /**
   * The time for which a browser may keep the answer to a preflight request, in seconds.
   * @default 86400
   */
  maxAgeSeconds?: number
}

/** The part of Better Auth's context that decides which origins are trusted. */
export interface TrustContext {
  trustedOrigins: string[]
  isTrustedOrigin: (url: string) => boolean
  options: object
}

const ALLOWED_HEADERS = ['Content-Type', 'Authorization', 'Better-Auth-Cookie']
const EXPOSED_HEADERS = ['Set-Better-Auth-Cookie', 'X-Retry-After']
const ONE_DAY_SECONDS = 86_400

/**
 * Origins that no app has, since the domain `invalid` cannot be registered. A pattern that matches
 * one of them trusts every site, and such a pattern must never let pages read sessions.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2606#section-2
 */
const UNKNOWN_ORIGINS = ['http', 'https'].flatMap(scheme =>
  ['a.invalid', 'a.b.invalid', 'a.b.c.invalid'].flatMap(host => [`${scheme}://${host}`, `${scheme}://${host}:1`]))

/** @throws {ConvueError} `CONVEX_OPTION_INVALID` if an entry is not an origin, or is `*`. */
export function checkCorsOptions({ origins = [] }: AuthCorsOptions): void {
  const wrong = origins.find(origin => !isOrigin(origin))
  if (wrong !== undefined) {
    const problem = `\`cors.origins\` contains \`${String(wrong)}\`, which is not an origin`
    throw setupError('CONVEX_OPTION_INVALID', problem)
  }
}

function isOrigin(origin: unknown): boolean {
  return typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin
}

/** Returns whether pages of this origin may send requests with the credentials of their user. */
export async function isAllowedOrigin(
  origin: string,
  request: Request,
  context: TrustContext,
  { origins = [] }: AuthCorsOptions,
): Promise<boolean> {
  if (origins.includes(origin))
    return true
  const { trustedOrigins } = context.options as { trustedOrigins?: unknown }
  // If the option is a function, Better Auth calls it for each request that its handler receives.
  const ofRequest: string[] = typeof trustedOrigins === 'function' ? await trustedOrigins(request) : []
  return [...context.trustedOrigins, ...ofRequest].some((pattern) => {
    const scope: TrustContext = Object.create(context, { trustedOrigins: { value: [pattern] } })
    return pattern && scope.isTrustedOrigin(origin) && !UNKNOWN_ORIGINS.some(unknown => scope.isTrustedOrigin(unknown))
  })
}

/** The answer to a preflight request of an allowed origin. */
export function preflightResponse(origin: string, options: AuthCorsOptions, methods: readonly string[]): Response {
  const { allowedHeaders = [], maxAgeSeconds = ONE_DAY_SECONDS } = options
  return new Response(null, {
    status: 204,
    headers: {
      ...originHeaders(origin),
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': [...ALLOWED_HEADERS, ...allowedHeaders].join(', '),
      'access-control-max-age': String(maxAgeSeconds),
      'vary': 'Origin',
    },
  })
}

/**
 * The response with headers that let pages of this origin read it. With `null`, no page of
 * another origin may read it.
 */
export function withCorsHeaders(response: Response, origin: string | null, options: AuthCorsOptions): Response {
  // A copy, since the headers of a redirect cannot be changed.
  const copy = new Response(response.body, response)
  copy.headers.append('vary', 'Origin')
  if (origin === null)
    return copy
  for (const [name, value] of Object.entries(originHeaders(origin)))
    copy.headers.set(name, value)
  // Plugins of Better Auth, such as `bearer`, expose headers of their own.
  for (const name of [...EXPOSED_HEADERS, ...options.exposedHeaders ?? []])
    copy.headers.append('access-control-expose-headers', name)
  return copy
}

function originHeaders(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
}
