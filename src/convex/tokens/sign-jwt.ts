/** Creates key pairs, and signs JWTs, with the Web Crypto of the runtime. */
import type { SigningAlgorithm } from './signing-keys.ts'
import { Base64 } from 'convex/values'

/** The names that Web Crypto uses for the algorithms of JSON Web Signatures (RFC 7518). */
const ALGORITHMS = {
  ES256: {
    key: { name: 'ECDSA', namedCurve: 'P-256' },
    signature: { name: 'ECDSA', hash: 'SHA-256' },
  },
  RS256: {
    key: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    signature: { name: 'RSASSA-PKCS1-v1_5' },
  },
}

/** A key pair, as JSON Web Keys. */
export interface JwkPair {
  publicKey: JsonWebKey
  privateKey: JsonWebKey
}

export async function generateKeyPair(algorithm: SigningAlgorithm): Promise<JwkPair> {
  const pair = await crypto.subtle.generateKey(ALGORITHMS[algorithm].key, true, ['sign', 'verify']) as CryptoKeyPair
  const [publicKey, privateKey] = await Promise.all([
    crypto.subtle.exportKey('jwk', pair.publicKey),
    crypto.subtle.exportKey('jwk', pair.privateKey),
  ])
  return { publicKey: withoutUse(publicKey), privateKey: withoutUse(privateKey) }
}

/** The key that signs a JWT. */
export interface JwtSigner {
  kid: string
  algorithm: SigningAlgorithm
  privateKey: JsonWebKey
}

/**
 * Signs claims as a JWT. The header names the type, which Convex requires of a custom JWT.
 *
 * @see https://docs.convex.dev/auth/advanced/custom-jwt
 */
export async function signJwt(claims: object, { kid, algorithm, privateKey }: JwtSigner): Promise<string> {
  const { key, signature } = ALGORITHMS[algorithm]
  const content = `${encodeJson({ alg: algorithm, kid, typ: 'JWT' })}.${encodeJson(claims)}`
  // `key_ops` or `use` of a key that another library has written may not allow signing.
  const imported = await crypto.subtle.importKey('jwk', withoutUse(privateKey), key, false, ['sign'])
  const signed = await crypto.subtle.sign(signature, imported, new TextEncoder().encode(content))
  return `${content}.${encodeBytes(new Uint8Array(signed))}`
}

/** The key without the members that limit its use. */
function withoutUse({ key_ops: _operations, ext: _extractable, use: _use, ...jwk }: JsonWebKey): JsonWebKey {
  return jwk
}

function encodeJson(value: object): string {
  return encodeBytes(new TextEncoder().encode(JSON.stringify(value)))
}

function encodeBytes(bytes: Uint8Array): string {
  return Base64.fromByteArrayUrlSafeNoPadding(bytes)
}
