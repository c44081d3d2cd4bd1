/** The entry of `auth.config.ts` with which Convex verifies the tokens of `convex()`. */
import type { SigningAlgorithm } from './signing-keys.ts'
import { setupError } from '../setup-error.ts'
import { algorithmOf, chooseSigningKey, parseKeys, publicKeySet } from './signing-keys.ts'
import { AUDIENCE, checkAddress, checkAlgorithm, checkPath, DEFAULT_ALGORITHM, issuerOf } from './token-options.ts'

/** Options of {@link getAuthConfigProvider}. */
export interface AuthConfigProviderOptions {
  /**
   * The signing keys, the same value as for {@link convex}: `process.env.JWKS`. Only their public
   * parts become part of the configuration, which accepts only the algorithm of the newest key.
   *
   * @default the keys that the server of Better Auth publishes, which Convex requests
   */
  jwks?: string
  /**
   * The algorithm of the keys, if `jwks` is not set. The same value as for {@link convex}.
   *
   * @default 'ES256'
   */
  algorithm?: SigningAlgorithm
  /**
   * The issuer of the tokens, the same value as for {@link convex}.
   *
   * @default process.env.CONVEX_SITE_URL
   */
  issuer?: string
  /** The base path of Better Auth, if `jwks` is not set. @default '/api/auth' */
  basePath?: string
}

/** A provider of the type `customJwt` in `auth.config.ts`. */
export interface AuthConfigProvider {
  type: 'customJwt'
  issuer: string
  applicationID: string
  algorithm: SigningAlgorithm
  /** The address of the public keys. Static keys are in the address itself. */
  jwks: string
}

/**
 * The provider of `auth.config.ts` with which Convex verifies the tokens of {@link convex}.
 *
 * @throws ConvueError `CONVEX_OPTION_INVALID`, `JWKS_INVALID`, `SIGNING_KEY_MISSING`
 * @example
 * export default {
 *   providers: [getAuthConfigProvider({ jwks: process.env.JWKS })],
 * } satisfies AuthConfig
 */
export function getAuthConfigProvider(options: AuthConfigProviderOptions = {}): AuthConfigProvider {
  const { jwks, algorithm = DEFAULT_ALGORITHM, issuer: address, basePath = '/api/auth' } = options
  checkAlgorithm(algorithm)
  checkPath('basePath', basePath)
  if (address !== undefined)
    checkAddress('issuer', address)
  const issuer = issuerOf(address)
  const provider = { type: 'customJwt' as const, issuer, applicationID: AUDIENCE }
  if (jwks === undefined)
    return { ...provider, algorithm, jwks: `${issuer}${basePath}/convex/jwks` }

  const keys = parseKeys(jwks)
  const signing = chooseSigningKey(keys, { now: Date.now(), isPublished: true })
  if (!signing)
    throw setupError('SIGNING_KEY_MISSING')
  return { ...provider, algorithm: algorithmOf(signing)!, jwks: toDataUri(publicKeySet(keys)) }
}

/** @see https://www.rfc-editor.org/rfc/rfc2397 */
function toDataUri(value: object): string {
  return `data:text/plain;charset=utf-8;base64,${btoa(JSON.stringify(value))}`
}
