/** The deployment to which statements are sent, from options and environment variables. */
import { setupError } from '../setup-error.ts'
import { DEFAULT_PATH, SHORTEST_SECRET } from './protocol.ts'

/** Options of `convexDatabase`. */
export interface ConvexDatabaseOptions {
  /**
   * The address of the deployment's HTTP actions, such as `https://happy-animal-123.convex.site`.
   * @default the variable `CONVEX_SITE_URL`
   */
  siteUrl?: string | undefined
  /**
   * The secret that the route of the deployment accepts, with at least 32 characters.
   * @default the variable `AUTH_DATABASE_SECRET`
   */
  secret?: string | undefined
  /** The path of the route, as in `registerAuthDatabaseRoute`. @default '/auth-database' */
  path?: string
  /** The time limit of a request, in milliseconds. @default 30_000 */
  timeoutMs?: number
  /** Sends the requests. @default the global `fetch`, which keeps connections open in Node */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** The address to which statements are sent, and the settings of the requests. */
export interface Target {
  url: string
  secret: string
  timeoutMs: number
  fetch: NonNullable<ConvexDatabaseOptions['fetch']>
}

const DEFAULT_TIMEOUT_MS = 30_000

/**
 * Runs for each request, so that an instance of Better Auth can be created without the variables,
 * for example during a build.
 *
 * @throws ConvueError `CONVEX_OPTION_INVALID`, `AUTH_DATABASE_SECRET_MISSING`
 */
export function readTarget(options: ConvexDatabaseOptions): Target {
  const { path = DEFAULT_PATH, timeoutMs = DEFAULT_TIMEOUT_MS } = options
  const siteUrl = options.siteUrl ?? readVariable(() => process.env.CONVEX_SITE_URL)
  if (!siteUrl)
    throw setupError('CONVEX_OPTION_INVALID', '`convexDatabase` has no `siteUrl`, and `CONVEX_SITE_URL` is not set')
  const secret = (options.secret ?? readVariable(() => process.env.AUTH_DATABASE_SECRET) ?? '').trim()
  if (secret === '')
    throw setupError('AUTH_DATABASE_SECRET_MISSING', { place: 'server', problem: 'missing' })
  if (secret.length < SHORTEST_SECRET)
    throw setupError('AUTH_DATABASE_SECRET_MISSING', { place: 'server', problem: 'short' })
  // Other characters cannot be in a header.
  if (!/^[\x21-\x7E]+$/.test(secret))
    throw setupError('CONVEX_OPTION_INVALID', '`secret` of `convexDatabase` has characters that a header cannot have')
  return {
    url: `${baseOf(siteUrl)}${path}`,
    secret,
    timeoutMs,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
  }
}

/**
 * The address without credentials and without a slash at its end. It can have a path, if a proxy
 * serves the deployment.
 *
 * @throws ConvueError `CONVEX_OPTION_INVALID`
 */
export function baseOf(siteUrl: unknown): string {
  const isUrl = typeof siteUrl === 'string' && /^https?:/.test(siteUrl) && URL.canParse(siteUrl)
  if (!isUrl)
    throw setupError('CONVEX_OPTION_INVALID', '`siteUrl` of `convexDatabase` is not a URL with `http:` or `https:`')
  const { origin, pathname } = new URL(siteUrl)
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

/** Reads a variable; `undefined` on platforms that do not have `process`. */
function readVariable(read: () => string | undefined): string | undefined {
  try {
    return read()
  }
  catch {
    return undefined
  }
}
