/** Issues tokens without Better Auth. */
import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'

/**
 * An issuer of tokens for any user, with any expiry. The shared `auth.config.ts` trusts it with
 * {@link tokenEnv}.
 */
export const TEST_ISSUER = 'https://tests.convue.dev'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'tests', alg: 'ES256', use: 'sig' }] }

/** The environment variables that make a deployment accept these tokens. */
export const tokenEnv = {
  TEST_ISSUER,
  TEST_JWKS: `data:application/json,${encodeURIComponent(JSON.stringify(jwks))}`,
}

export interface TokenOptions {
  /** Seconds from `now` until the token expires; negative for an expired token. @default 900 */
  expiresIn?: number
  /** When the token is issued, in ms since 1970. @default Date.now() */
  now?: number
  /** Further claims, such as `name` and `sessionId`. They override the default claims. */
  claims?: Record<string, unknown>
  /** Signs with a key that no deployment trusts. @default false */
  forged?: boolean
}

/**
 * A token for `subject`. Two tokens that are issued in the same second differ, as with a real
 * issuer.
 */
export async function createToken(subject: string, options: TokenOptions = {}): Promise<string> {
  const { expiresIn = 900, now = Date.now(), claims = {}, forged = false } = options
  const issuedAt = Math.floor(now / 1000)
  const key = forged ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : privateKey
  return await new SignJWT({ iss: TEST_ISSUER, aud: 'tests', sub: subject, iat: issuedAt, exp: issuedAt + expiresIn, jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'tests' })
    .sign(key)
}
