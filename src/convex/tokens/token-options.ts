/** The options of `convex()`, their defaults, and the checks of their values. */
import type { SigningAlgorithm } from './signing-keys.ts'
import { setupError } from '../setup-error.ts'

/** The user and the session for which a token is issued, as Better Auth stores them. */
export interface TokenSession {
  user: { id: string, [field: string]: any }
  session: { id: string, [field: string]: any }
}

/** Options of {@link convex}. */
export interface ConvexTokenOptions {
  /**
   * The signing keys, as {@link defineKeyActions} prints them: `process.env.JWKS`. With these keys,
   * neither signing nor verifying a token reads the database.
   *
   * @default the keys in the table `jwks`, of which the first is created with the first token
   */
  jwks?: string
  /**
   * The algorithm of new keys. Convex accepts no others. With ES256, tokens can be signed only in
   * HTTP routes and actions, and not in queries and mutations.
   *
   * @default 'ES256'
   */
  algorithm?: SigningAlgorithm
  /**
   * The issuer of the tokens: the address of the server that signs them.
   *
   * @default process.env.CONVEX_SITE_URL
   */
  issuer?: string
  /**
   * The path of the token endpoint, below the base path of Better Auth.
   *
   * @default '/convex/token'
   */
  tokenPath?: string
  jwt?: {
    /** The lifetime of a token, in seconds. A token never outlives its session. @default 900 */
    expirationSeconds?: number
    /**
     * The claims of a token. The plugin always sets `sub`, `sessionId`, `iat`, `exp`, `iss` and
     * `aud`, and omits `subject`, `issuer` and `tokenIdentifier`, which Convex derives from them.
     * The token is stored in a cookie, which is cleared if the token has more than 3800 characters.
     *
     * @default the fields of the user that Better Auth returns to the client, except `id` and
     * `image`
     */
    definePayload?: (session: TokenSession) => Record<string, unknown> | Promise<Record<string, unknown>>
  }
}

/** {@link ConvexTokenOptions} with defaults. */
export interface TokenConfig {
  algorithm: SigningAlgorithm
  issuer: string | undefined
  tokenPath: string
  tokenSeconds: number
}

const DEFAULT_TOKEN_PATH = '/convex/token'

/** The audience of the tokens: the `applicationID` in `auth.config.ts`. */
export const AUDIENCE = 'convex'

export const DEFAULT_ALGORITHM: SigningAlgorithm = 'ES256'
const DEFAULT_TOKEN_SECONDS = 900

/** @throws ConvueError `CONVEX_OPTION_INVALID` */
export function readTokenOptions(options: ConvexTokenOptions): TokenConfig {
  const { algorithm = DEFAULT_ALGORITHM, issuer, tokenPath = DEFAULT_TOKEN_PATH, jwt = {} } = options
  const { expirationSeconds: tokenSeconds = DEFAULT_TOKEN_SECONDS, definePayload } = jwt
  checkAlgorithm(algorithm)
  checkPath('tokenPath', tokenPath)
  if (issuer !== undefined)
    checkAddress('issuer', issuer)
  if (!Number.isInteger(tokenSeconds) || tokenSeconds < 1)
    throw invalid('`jwt.expirationSeconds` must be a whole number of seconds of at least 1')
  if (definePayload !== undefined && typeof definePayload !== 'function')
    throw invalid('`jwt.definePayload` must be a function')
  return { algorithm, issuer, tokenPath, tokenSeconds }
}

/** @throws ConvueError `CONVEX_OPTION_INVALID` */
export function checkAlgorithm(algorithm: string): void {
  if (algorithm !== 'ES256' && algorithm !== 'RS256')
    throw invalid('`algorithm` must be `ES256` or `RS256`, since Convex accepts no others')
}

/** @throws ConvueError `CONVEX_OPTION_INVALID` */
export function checkPath(name: string, path: string): void {
  const isPath = /^(?:\/[\w.~-]+)+$/.test(path) && !path.split('/').some(part => /^\.+$/.test(part))
  if (!isPath)
    throw invalid(`\`${name}\` must be a path such as \`/convex/token\`, without a slash at its end`)
}

/** @throws ConvueError `CONVEX_OPTION_INVALID` */
export function checkAddress(name: string, address: string): void {
  if (!/^https?:\/\/[^/?#]+/.test(address))
    throw invalid(`\`${name}\` must be an absolute http(s) address`)
}

/**
 * The address of this deployment's HTTP actions, without a slash at its end.
 *
 * @throws ConvueError `CONVEX_OPTION_INVALID` if the code does not run in Convex, and no issuer is
 * set.
 */
export function issuerOf(issuer: string | undefined): string {
  const address = issuer ?? process.env.CONVEX_SITE_URL
  if (!address)
    throw invalid('outside of Convex, `issuer` must be the address of the server that signs the tokens')
  return address.replace(/\/+$/, '')
}

function invalid(problem: string): Error {
  return setupError('CONVEX_OPTION_INVALID', problem)
}
