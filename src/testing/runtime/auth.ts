/** Verifies the JWTs of clients against `auth.config.ts`. */
import type { AuthConfig, AuthProvider } from 'convex/server'
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import type { Identity } from '../identity.ts'
import { importPeer } from '../peers.ts'
import { customIdentity, openIdIdentity } from './claims.ts'
import { clock } from './clock.ts'

/** A user whose token has been verified. */
export interface Authenticated {
  identity: NonNullable<Identity>
  /** The time at which the token expires, in ms since 1970. */
  expiresAt: number
}

/** The error for a token that is not accepted. Its message never contains the token. */
export class AuthenticationError extends Error {
  readonly code: 'InvalidAuthHeader' | 'NoAuthProvider' | 'TokenExpired' | 'Unauthenticated'

  constructor(code: AuthenticationError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** A token whose signature has not been verified yet. */
interface DecodedToken {
  claims: JWTPayload
  /** The id of the key that has signed the token. */
  keyId: string | undefined
}

/** Requests a URL, as `fetch` does. */
export type RequestKeys = (url: string, init?: RequestInit) => Promise<Response>

/** Verifies tokens against the providers of `auth.config`. */
export class Authenticator {
  readonly #jose: typeof import('jose')
  readonly #providers: AuthProvider[]
  readonly #keys = new Map<AuthProvider, Promise<JWTVerifyGetKey>>()
  readonly #request: RequestKeys

  /** `request` fetches the keys of a provider. */
  static async create(authConfig: unknown, request: RequestKeys = fetch): Promise<Authenticator> {
    const jose = await importPeer('jose', () => import('jose'))
    return new Authenticator(jose, (authConfig as AuthConfig | undefined)?.providers ?? [], request)
  }

  private constructor(jose: typeof import('jose'), providers: AuthProvider[], request: RequestKeys) {
    this.#jose = jose
    this.#providers = providers
    this.#request = request
  }

  /** @throws AuthenticationError if the token is not valid at this time. */
  async verify(token: string): Promise<Authenticated> {
    const { claims, keyId } = this.#decode(token)
    const provider = this.#providers.find(candidate => isFrom(candidate, claims))
    if (provider && !isCustom(provider) && [claims.aud].flat().length > 1) {
      throw new AuthenticationError('Unauthenticated', 'Could not verify OIDC token claim: '
        + 'Convex does not accept tokens with several audiences.')
    }
    if (!provider) {
      throw new AuthenticationError('NoAuthProvider', 'No auth provider found matching the given token. '
        + 'Check your server auth config.')
    }
    // For OpenID Connect, Convex accepts a token without this id if the provider has only one key.
    if (isCustom(provider) && keyId === undefined) {
      throw new AuthenticationError('InvalidAuthHeader', 'Could not decode token. '
        + 'JWT may be missing a \'kid\' (key ID) header.')
    }
    try {
      const { payload } = await this.#jose.jwtVerify(token, await this.#keysOf(provider), {
        currentDate: new Date(clock.now()),
        ...optionsOf(provider),
      })
      const toIdentity = isCustom(provider) ? customIdentity : openIdIdentity
      return { identity: toIdentity(payload), expiresAt: payload.exp! * 1000 }
    }
    catch (error) {
      if (error instanceof this.#jose.errors.JWTExpired)
        throw new AuthenticationError('TokenExpired', 'Could not verify token: it has expired.')
      throw new AuthenticationError('Unauthenticated', `Could not verify token: ${(error as Error).message}`)
    }
  }

  #decode(token: string): DecodedToken {
    try {
      return { claims: this.#jose.decodeJwt(token), keyId: this.#jose.decodeProtectedHeader(token).kid }
    }
    catch {
      throw new AuthenticationError('InvalidAuthHeader', 'Could not parse the token as a JWT.')
    }
  }

  #keysOf(provider: AuthProvider): Promise<JWTVerifyGetKey> {
    const known = this.#keys.get(provider)
    if (known)
      return known
    const keys = keySetUrl(provider, this.#request).then(url => this.#jose.createRemoteJWKSet(url, {
      cooldownDuration: 0,
      [this.#jose.customFetch]: this.#request,
    }))
    this.#keys.set(provider, keys)
    // If the issuer could not be reached, the keys are requested again for the next token.
    keys.catch(() => this.#keys.delete(provider))
    return keys
  }
}

/** The time for which Convex accepts a token of a `customJwt` provider after it has expired. */
const LEEWAY_SECONDS = 5

function isCustom(provider: AuthProvider): boolean {
  return 'type' in provider && provider.type === 'customJwt'
}

const REQUIRED_CLAIMS = ['sub', 'iss', 'exp']

/**
 * The options for the verification. For OpenID Connect, Convex accepts two algorithms, and requires
 * the claim `iat`, as the standard does.
 */
function optionsOf(provider: AuthProvider): JWTVerifyOptions {
  if ('algorithm' in provider)
    return { algorithms: [provider.algorithm], clockTolerance: LEEWAY_SECONDS, requiredClaims: REQUIRED_CLAIMS }
  return { algorithms: ['RS256', 'EdDSA'], requiredClaims: [...REQUIRED_CLAIMS, 'iat'] }
}

/**
 * Issuers are compared without a trailing slash, since a provider may write the slash in its
 * documents but not in its tokens.
 */
function isFrom(provider: AuthProvider, { iss, aud }: JWTPayload): boolean {
  const issuer = 'issuer' in provider ? provider.issuer : provider.domain
  const isForUs = provider.applicationID === undefined || [aud].flat().includes(provider.applicationID)
  return isForUs && iss?.replace(/\/$/, '') === withScheme(issuer).replace(/\/$/, '')
}

function withScheme(issuer: string): string {
  if (/^https?:\/\//.test(issuer))
    return issuer
  return `https://${issuer}`
}

async function keySetUrl(provider: AuthProvider, request: RequestKeys): Promise<URL> {
  if ('jwks' in provider)
    return new URL(provider.jwks)
  const issuer = withScheme(provider.domain).replace(/\/$/, '')
  const response = await request(new URL('.well-known/openid-configuration', `${issuer}/`).href)
  const { jwks_uri: url } = await response.json() as { jwks_uri: string }
  return new URL(url)
}
