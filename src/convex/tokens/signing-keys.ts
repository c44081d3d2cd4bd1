/** The keys that sign tokens: their stored form, and the choice of keys that sign or verify. */
import { setupError } from '../setup-error.ts'

/** The algorithms that Convex accepts in tokens of a `customJwt` provider. */
export type SigningAlgorithm = 'ES256' | 'RS256'

/** A key pair, as the table `jwks` of Better Auth and the variable `JWKS` contain it. */
export interface SigningKey {
  /** The `kid` of the tokens that the key signs. */
  id: string
  /** The public key, as the text of a JSON Web Key. */
  publicKey: string
  /**
   * The private key, encrypted with the secret of Better Auth. Missing if the key no longer signs:
   * the public key then verifies the tokens that were signed before.
   */
  privateKey?: string
  /** The time at which the key was created, in ms since 1970. */
  createdAt: number
  /** The time from which the key no longer signs tokens, in ms since 1970. */
  expiresAt?: number
}

/** A public JSON Web Key (RFC 7517) that verifies tokens. */
export interface PublicJwk {
  kid: string
  alg: SigningAlgorithm
  use: 'sig'
  kty: string
  [member: string]: string
}

/**
 * The time for which a new key is published before it signs, in ms. Convex may cache keys that it
 * has requested, and must know a key when it receives the first token of that key.
 */
export const PUBLISH_BEFORE_SIGNING_MS = 60_000

/**
 * The time for which a cache may keep the published keys, in seconds: less than
 * {@link PUBLISH_BEFORE_SIGNING_MS}.
 */
export const KEYS_MAX_AGE_SECONDS = 30

/**
 * The time to publish a key after its last token has expired, in ms. With static keys, the
 * previous key signs until the variable `JWKS` is written, which may be hours after the rotation.
 */
const RETENTION_MARGIN_MS = 24 * 60 * 60 * 1000

/** The members of a public key that are published. A private member is never published. */
const PUBLIC_MEMBERS: Record<SigningAlgorithm, string[]> = {
  ES256: ['kty', 'crv', 'x', 'y'],
  RS256: ['kty', 'n', 'e'],
}

/**
 * Reads the value of `jwks`: a JSON list of keys. Accepts the list that `getLatestJwks` and
 * `rotateKeys` of `@convex-dev/better-auth` print, too.
 *
 * @throws ConvueError `JWKS_INVALID`
 */
export function parseKeys(jwks: string): SigningKey[] {
  const value = parseJson(jwks)
  if (!Array.isArray(value))
    throw setupError('JWKS_INVALID', 'it is not a JSON list')
  if (value.length === 0)
    throw setupError('JWKS_INVALID', 'the list is empty')
  return value.map(toSigningKey)
}

/**
 * A key from a row of the table `jwks`, or from an entry of the variable `JWKS`.
 *
 * @throws ConvueError `JWKS_INVALID`
 */
export function toSigningKey(row: any): SigningKey {
  if (typeof row?.id !== 'string' || typeof row.publicKey !== 'string')
    throw setupError('JWKS_INVALID', 'a key has no `id` or no `publicKey`')
  const { id, publicKey, privateKey, expiresAt } = row
  return {
    id,
    publicKey,
    ...privateKey ? { privateKey } : {},
    createdAt: toMs(row.createdAt) ?? 0,
    ...toMs(expiresAt) === undefined ? {} : { expiresAt: toMs(expiresAt) },
  }
}

/** The algorithm of a key; `null` if Convex does not accept the algorithm, such as EdDSA. */
export function algorithmOf({ publicKey }: SigningKey): SigningAlgorithm | null {
  const { kty, crv } = readPublicKey(publicKey)
  if (kty === 'EC' && crv === 'P-256')
    return 'ES256'
  return kty === 'RSA' ? 'RS256' : null
}

/**
 * The key that signs at `now`: the newest key that has been published for long enough. If there is
 * none, the oldest key, which has been published for the longest time.
 */
export function chooseSigningKey(
  keys: SigningKey[],
  { now, algorithm, isPublished }: { now: number, algorithm?: SigningAlgorithm, isPublished: boolean },
): SigningKey | undefined {
  const usable = keys
    .filter(key => key.privateKey && (key.expiresAt === undefined || key.expiresAt > now))
    .filter(key => algorithm ? algorithmOf(key) === algorithm : algorithmOf(key) !== null)
    .sort(newestFirst)
  const wait = isPublished ? 0 : PUBLISH_BEFORE_SIGNING_MS
  return usable.find(({ createdAt }) => createdAt + wait <= now) ?? usable.at(-1)
}

/** The keys whose last token may still be valid at `now`, newest first. */
export function keysInUse(
  keys: SigningKey[],
  { now, tokenSeconds }: { now: number, tokenSeconds: number },
): SigningKey[] {
  const retention = tokenSeconds * 1000 + RETENTION_MARGIN_MS
  return keys
    .filter(({ expiresAt }) => expiresAt === undefined || expiresAt + retention > now)
    .sort(newestFirst)
}

/** The public keys, as a JSON Web Key Set. It contains nothing of a private key. */
export function publicKeySet(keys: SigningKey[]): { keys: PublicJwk[] } {
  return {
    keys: keys.flatMap((key) => {
      const alg = algorithmOf(key)
      if (!alg)
        return []
      const jwk = readPublicKey(key.publicKey)
      const members = Object.fromEntries(PUBLIC_MEMBERS[alg].map(name => [name, String(jwk[name])]))
      return [{ ...members, kid: key.id, alg, use: 'sig' } as PublicJwk]
    }),
  }
}

/** If two keys were created at the same time, the key that does not expire is the newer one. */
function newestFirst(a: SigningKey, b: SigningKey): number {
  return b.createdAt - a.createdAt || Number(b.expiresAt === undefined) - Number(a.expiresAt === undefined)
}

function readPublicKey(publicKey: string): Record<string, unknown> {
  const jwk = parseJson(publicKey)
  if (typeof jwk !== 'object' || jwk === null)
    throw setupError('JWKS_INVALID', 'the `publicKey` of a key is not a JSON Web Key')
  return jwk as Record<string, unknown>
}

/** Parses JSON. A shell may have quoted it, so that it is the JSON of a text that contains JSON. */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? JSON.parse(value) : value
  }
  catch {
    throw setupError('JWKS_INVALID', 'it is not JSON')
  }
}

/** Adapters of databases return dates as a number, a text or a `Date`. */
function toMs(date: unknown): number | undefined {
  if (date === null || date === undefined)
    return undefined
  const ms = new Date(date as string | number | Date).getTime()
  if (Number.isNaN(ms))
    throw setupError('JWKS_INVALID', 'a date of a key cannot be read')
  return ms
}
