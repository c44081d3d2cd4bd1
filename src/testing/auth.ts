/** Verifies the JWTs of clients against `auth.config.ts`. */
import type { AuthConfig, AuthProvider } from 'convex/server'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import type { Identity } from './identity.ts'
import { clock } from './clock.ts'
import { importPeer } from './peers.ts'

/** A user whose token has been verified. */
export interface Authenticated {
  identity: NonNullable<Identity>
  /** When the token expires, in ms since 1970. */
  expiresAt: number
}

/** A token that is not accepted. Its message never contains the token. */
export class AuthenticationError extends Error {
  readonly code: 'InvalidAuthHeader' | 'NoAuthProvider' | 'TokenExpired' | 'Unauthenticated'

  constructor(code: AuthenticationError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Claims that have a different name in `UserIdentity`. All other claims keep their names. */
const ATTRIBUTES: Record<string, string> = {
  given_name: 'givenName',
  family_name: 'familyName',
  preferred_username: 'preferredUsername',
  profile: 'profileUrl',
  picture: 'pictureUrl',
  email_verified: 'emailVerified',
  birthdate: 'birthday',
  zoneinfo: 'timezone',
  locale: 'language',
  phone_number: 'phoneNumber',
  phone_number_verified: 'phoneNumberVerified',
  updated_at: 'updatedAt',
}

const OWN_CLAIMS = new Set(['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti'])

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

  /** @throws AuthenticationError if the token is not valid right now. */
  async verify(token: string): Promise<Authenticated> {
    const claims = this.#decode(token)
    const provider = this.#providers.find(candidate => isFrom(candidate, claims))
    if (!provider)
      throw new AuthenticationError('NoAuthProvider', 'No auth provider found matching the given token. Check your server auth config.')
    try {
      const { payload } = await this.#jose.jwtVerify(token, await this.#keysOf(provider), {
        currentDate: new Date(clock.now()),
        requiredClaims: ['sub', 'iss', 'exp'],
        ...('algorithm' in provider ? { algorithms: [provider.algorithm] } : {}),
      })
      return { identity: toIdentity(payload), expiresAt: payload.exp! * 1000 }
    }
    catch (error) {
      if (error instanceof this.#jose.errors.JWTExpired)
        throw new AuthenticationError('TokenExpired', 'Could not verify token: it has expired.')
      throw new AuthenticationError('Unauthenticated', `Could not verify token: ${(error as Error).message}`)
    }
  }

  #decode(token: string): JWTPayload {
    try {
      return this.#jose.decodeJwt(token)
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
    // If the issuer could not be reached, the next token requests the keys again.
    keys.catch(() => this.#keys.delete(provider))
    return keys
  }
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
  return /^https?:\/\//.test(issuer) ? issuer : `https://${issuer}`
}

async function keySetUrl(provider: AuthProvider, request: RequestKeys): Promise<URL> {
  if ('jwks' in provider)
    return new URL(provider.jwks)
  const response = await request(new URL('.well-known/openid-configuration', `${withScheme(provider.domain).replace(/\/$/, '')}/`).href)
  const { jwks_uri: url } = await response.json() as { jwks_uri: string }
  return new URL(url)
}

function toIdentity(claims: JWTPayload): NonNullable<Identity> {
  const attributes = Object.entries(claims)
    .filter(([name]) => !OWN_CLAIMS.has(name))
    .map(([name, value]) => [ATTRIBUTES[name] ?? name, value])
  return {
    ...Object.fromEntries(attributes),
    issuer: claims.iss!,
    subject: claims.sub!,
    tokenIdentifier: `${claims.iss}|${claims.sub}`,
  }
}
