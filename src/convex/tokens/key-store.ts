/** Reads and writes signing keys: in the table `jwks` of Better Auth, or from a variable. */
import type { JwtSigner } from './sign-jwt.ts'
import type { SigningAlgorithm, SigningKey } from './signing-keys.ts'
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto'
import { setupError } from '../setup-error.ts'
import { generateKeyPair } from './sign-jwt.ts'
import {
  algorithmOf,
  chooseSigningKey,
  keysInUse,
  parseKeys,
  PUBLISH_BEFORE_SIGNING_MS,
  toSigningKey,
} from './signing-keys.ts'

const TABLE = 'jwks'

/**
 * The expiry of revoked keys. Their rows remain, without the private key: the variable `JWKS` may
 * still contain such a key, and a later rotation must not add it again.
 */
const REVOKED_AT = 0

/** The parts of an endpoint's context that the store needs. All supported versions have them. */
export interface AuthContext {
  adapter: any
  /** The secret, or the secrets, with which Better Auth encrypts. */
  secretConfig: any
}

export interface KeyStoreOptions {
  /** The value of the variable `JWKS`; `undefined` if the keys are only in the table. */
  jwks?: string
  /** The algorithm of new keys. */
  algorithm: SigningAlgorithm
  /** The lifetime of a token, in seconds. */
  tokenSeconds: number
}

export interface RotateOptions {
  /** `true` if the tokens of the previous keys become invalid immediately. */
  revoke: boolean
}

/** The signing keys of one plugin. */
export interface KeyStore {
  /**
   * The keys that verify tokens at this time, newest first. Without static keys, there is at least
   * one.
   */
  published: (context: AuthContext) => Promise<SigningKey[]>
  /** The key that signs at this time. Without static keys, it is created if there is none. */
  signer: (context: AuthContext) => Promise<JwtSigner>
  /** The value for the variable `JWKS`. Creates the first key. */
  latest: (context: AuthContext) => Promise<SigningKey[]>
  /** Creates a key, and returns the value for the variable `JWKS`. */
  rotate: (context: AuthContext, options: RotateOptions) => Promise<SigningKey[]>
}

/** @throws ConvueError `JWKS_INVALID` */
export function createKeyStore({ jwks, algorithm, tokenSeconds }: KeyStoreOptions): KeyStore {
  const staticKeys = jwks === undefined ? null : parseKeys(jwks)

  async function readOrCreate(context: AuthContext): Promise<SigningKey[]> {
    const keys = (await readTable(context)).filter(key => !isRevoked(key))
    if (chooseSigningKey(keys, { now: Date.now(), algorithm, isPublished: false }))
      return keys
    return [await createKey(context, algorithm), ...keys]
  }

  async function choose(context: AuthContext): Promise<SigningKey | undefined> {
    const now = Date.now()
    // With static keys, a new key can sign at once: a new value of the variable is also the new
    // value of the public keys.
    if (staticKeys)
      return chooseSigningKey(staticKeys, { now, isPublished: true })
    return chooseSigningKey(await readOrCreate(context), { now, algorithm, isPublished: false })
  }

  /**
   * The value for the variable `JWKS`: only the newest key keeps its private part, and the others
   * can only verify.
   */
  function toStatic(keys: SigningKey[]): SigningKey[] {
    const now = Date.now()
    const newest = chooseSigningKey(keys, { now, algorithm, isPublished: true })
    return keysInUse(keys.map(key => extendCurrent(key, now)), { now, tokenSeconds })
      .filter(key => algorithmOf(key) !== null)
      .map(({ privateKey, ...key }) => key.id === newest?.id ? { ...key, privateKey } : key)
  }

  /**
   * The key in the variable `JWKS` signs until the variable is written again, even if that happens
   * long after the rotation.
   */
  function extendCurrent(key: SigningKey, now: number): SigningKey {
    const current = staticKeys && chooseSigningKey(staticKeys, { now, isPublished: true })
    if (key.id !== current?.id || key.expiresAt === undefined)
      return key
    return { ...key, expiresAt: Math.max(key.expiresAt, now) }
  }

  return {
    async published(context) {
      const keys = staticKeys ?? await readOrCreate(context)
      return keysInUse(keys, { now: Date.now(), tokenSeconds })
    },

    async signer(context) {
      const key = await choose(context)
      if (!key?.privateKey)
        throw setupError('SIGNING_KEY_MISSING')
      return {
        kid: key.id,
        algorithm: algorithmOf(key)!,
        privateKey: await decrypt(context, key.privateKey),
      }
    },

    latest: async context => toStatic(await readOrCreate(context)),

    async rotate(context, { revoke }) {
      const rows = await readTable(context)
      const previous = rows.filter(key => !isRevoked(key))
      const created = await createKey(context, algorithm)
      if (revoke) {
        await revokeKeys(context, previous, withoutKeys(staticKeys ?? [], rows))
        return toStatic([created])
      }
      const now = Date.now()
      const kept = keysInUse(previous, { now, tokenSeconds })
      await Promise.all(previous.filter(key => !kept.includes(key)).map(key => deleteKey(context, key)))
      const retired = await Promise.all(kept.map(key => retire(context, key, now)))
      // Some keys are in the variable and not in the table: they were created elsewhere, or their
      // rows were deleted.
      const others = withoutKeys(staticKeys ?? [], [...kept, ...rows.filter(isRevoked)])
      return toStatic([created, ...retired, ...others.map(key => expireBy(key, now))])
    },
  }
}

function isRevoked({ expiresAt }: SigningKey): boolean {
  return expiresAt === REVOKED_AT
}

/** Keys are compared by their public part: the row of a key of the variable may have another id. */
function withoutKeys(keys: SigningKey[], excluded: SigningKey[]): SigningKey[] {
  return keys.filter(key => !excluded.some(({ id, publicKey }) => id === key.id || publicKey === key.publicKey))
}

/** Marks keys as revoked: `stored` are in the table, and `unknown` only in the variable. */
async function revokeKeys({ adapter }: AuthContext, stored: SigningKey[], unknown: SigningKey[]): Promise<void> {
  const revoked = { privateKey: '', expiresAt: new Date(REVOKED_AT) }
  await Promise.all(stored.map(({ id }) =>
    adapter.update({ model: TABLE, where: [{ field: 'id', value: id }], update: revoked })))
  await Promise.all(unknown.map(({ publicKey, createdAt }) =>
    adapter.create({ model: TABLE, data: { publicKey, createdAt: new Date(createdAt), ...revoked } })))
}

async function readTable({ adapter }: AuthContext): Promise<SigningKey[]> {
  const rows: any[] = await adapter.findMany({ model: TABLE })
  return rows.map(toSigningKey)
}

/** @throws ConvueError `SIGNING_KEY_MISSING` if the adapter cannot write, as in a query. */
async function createKey({ adapter, secretConfig }: AuthContext, algorithm: SigningAlgorithm): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm)
  const encrypted = await symmetricEncrypt({ key: secretConfig, data: JSON.stringify(privateKey) })
  const row = await adapter.create({
    model: TABLE,
    data: {
      publicKey: JSON.stringify(publicKey),
      privateKey: JSON.stringify(encrypted),
      createdAt: new Date(),
    },
  })
  if (!row?.id)
    throw setupError('SIGNING_KEY_MISSING')
  return toSigningKey(row)
}

/** Sets the time at which a key stops signing: once all caches have the new key. */
async function retire({ adapter }: AuthContext, key: SigningKey, now: number): Promise<SigningKey> {
  const retired = expireBy(key, now + PUBLISH_BEFORE_SIGNING_MS)
  if (retired.expiresAt !== key.expiresAt) {
    await adapter.update({
      model: TABLE,
      where: [{ field: 'id', value: key.id }],
      update: { expiresAt: new Date(retired.expiresAt!) },
    })
  }
  return retired
}

function expireBy(key: SigningKey, time: number): SigningKey {
  return { ...key, expiresAt: Math.min(key.expiresAt ?? time, time) }
}

async function deleteKey({ adapter }: AuthContext, { id }: SigningKey): Promise<void> {
  await adapter.delete({ model: TABLE, where: [{ field: 'id', value: id }] })
}

/** @throws ConvueError `SIGNING_KEY_UNREADABLE` */
async function decrypt({ secretConfig }: AuthContext, privateKey: string): Promise<JsonWebKey> {
  try {
    return JSON.parse(await symmetricDecrypt({ key: secretConfig, data: JSON.parse(privateKey) }))
  }
  catch (cause) {
    throw setupError('SIGNING_KEY_UNREADABLE', undefined, cause)
  }
}
