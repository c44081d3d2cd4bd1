import { Buffer } from 'node:buffer'

let serial = 0

/** A token that looks real and that only a scripted deployment accepts. */
export function fakeToken(userId: string, { sessionId = `session-of-${userId}`, lifetimeSeconds = 900, issuedAt = Math.floor(Date.now() / 1000), algorithm = 'none', claims = {} }: {
  /** `null`: a token without a session id. */
  sessionId?: string | null
  lifetimeSeconds?: number
  issuedAt?: number
  /** The algorithm that the header names. The signature is never valid. @default 'none' */
  algorithm?: string
  claims?: Record<string, unknown>
} = {}): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  return [
    encode({ alg: algorithm }),
    encode({ sub: userId, ...(sessionId === null ? {} : { sessionId }), iat: issuedAt, exp: issuedAt + lifetimeSeconds, serial: ++serial, ...claims }),
    'signature',
  ].join('.')
}

export function subjectOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sub
}
