/** The key with which a deployment signs JWTs for its functions. */
import type { JSONValue } from 'convex/values'
import type { KeyObject } from 'node:crypto'
import type { DataFolder } from '../data-folder.ts'
import { Buffer } from 'node:buffer'
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

const FILE = 'signing-key.pem'
const LONGEST_LIFETIME_SECONDS = 60 * 60
/** Claims that only the deployment may set. */
const RESERVED_CLAIMS = new Set(['iss', 'iat', 'exp', 'nbf'])
const RESERVED_PREFIX = /^(?:convex|cvx)/i

/** The options of `ctx.auth.signJwt`. */
export interface SignJwtOptions {
  claims?: Record<string, JSONValue>
  expiresInSeconds: number
}

/** The issuer of a token, and the time at which it is issued in ms since 1970. */
export interface TokenIssue {
  issuer: string
  now: number
}

interface PublicKey {
  kty: 'EC'
  crv: 'P-256'
  x: string
  y: string
}

export class SigningKey {
  readonly #folder: DataFolder
  #loaded: KeyObject | undefined

  constructor(folder: DataFolder) {
    this.#folder = folder
  }

  /** The public key, as the route `/.well-known/jwks.json` serves it. */
  get jwks(): { keys: object[] } {
    return { keys: [{ ...this.#publicKey, alg: 'ES256', use: 'sig', kid: this.#id }] }
  }

  /** Signs the claims of a function. */
  sign({ claims = {}, expiresInSeconds }: SignJwtOptions, { issuer, now }: TokenIssue): string {
    checkOptions(claims, expiresInSeconds)
    const issuedAt = Math.floor(now / 1000)
    const payload = { ...claims, iss: issuer, iat: issuedAt, exp: issuedAt + Math.floor(expiresInSeconds) }
    const content = `${encode({ alg: 'ES256', typ: 'JWT', kid: this.#id })}.${encode(payload)}`
    const signature = sign('sha256', Buffer.from(content), { key: this.#key, dsaEncoding: 'ieee-p1363' })
    return `${content}.${signature.toString('base64url')}`
  }

  /** Most deployments never sign, so the key is created when it is first needed. */
  get #key(): KeyObject {
    this.#loaded ??= loadKey(this.#folder)
    return this.#loaded
  }

  get #publicKey(): PublicKey {
    const { x, y } = createPublicKey(this.#key).export({ format: 'jwk' }) as unknown as PublicKey
    return { kty: 'EC', crv: 'P-256', x, y }
  }

  /** The thumbprint of the public key (RFC 7638): its members in the order of their names. */
  get #id(): string {
    const { kty, crv, x, y } = this.#publicKey
    return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  }
}

function checkOptions(claims: Record<string, JSONValue>, expiresInSeconds: number): void {
  const isInRange = expiresInSeconds >= 1 && expiresInSeconds <= LONGEST_LIFETIME_SECONDS
  if (typeof expiresInSeconds !== 'number' || !isInRange)
    throw invalid('expiresInSeconds', 'it must be at least 1 second and at most 1 hour.')
  const reserved = Object.keys(claims).find(name => RESERVED_CLAIMS.has(name) || RESERVED_PREFIX.test(name))
  if (reserved !== undefined)
    throw invalid('claims', `the claim "${reserved}" is reserved.`)
}

function invalid(name: string, problem: string): Error {
  return new Error(`Invalid argument \`${name}\` for \`signJwt\`: ${problem}`)
}

/** The folder keeps the key, so that tokens which were signed before a restart remain valid. */
function loadKey(folder: DataFolder): KeyObject {
  return createPrivateKey(folder.keep(FILE, () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  }))
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
