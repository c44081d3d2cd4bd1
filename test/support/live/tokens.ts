import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'

/** An issuer of tokens for anybody, with any expiry, without Better Auth: the fixture's `auth.config.ts` trusts it when it gets {@link tokenEnv}. */
export const TEST_ISSUER = 'https://tests.convue.dev'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'tests', alg: 'ES256', use: 'sig' }] }

/** The environment variables that make a deployment accept these tokens. */
export const tokenEnv = {
  TEST_ISSUER,
  TEST_JWKS: `data:application/json,${encodeURIComponent(JSON.stringify(jwks))}`,
}

export interface TokenOptions {
  /** Seconds from `now` until it expires; negative for an expired one. @default 900 */
  expiresIn?: number
  /** When it is issued, in ms since 1970. @default Date.now() */
  now?: number
  /** Further claims: `name`, `sessionId`, or others in place of those set here. */
  claims?: Record<string, unknown>
  /** Signs with a key that no deployment knows. @default false */
  forged?: boolean
}

/** A token for `subject`. Two tokens of the same second differ, as those of a real issuer do. */
export async function createToken(subject: string, options: TokenOptions = {}): Promise<string> {
  const { expiresIn = 900, now = Date.now(), claims = {}, forged = false } = options
  const issuedAt = Math.floor(now / 1000)
  const key = forged ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : privateKey
  return await new SignJWT({ iss: TEST_ISSUER, aud: 'tests', sub: subject, iat: issuedAt, exp: issuedAt + expiresIn, jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'tests' })
    .sign(key)
}
