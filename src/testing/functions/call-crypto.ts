/** `crypto` as functions see it: the random values of queries and mutations are repeatable. */
import type { CallFrame } from './call-frame.ts'
import { currentFrame } from './call-frame.ts'
import { notInQueriesAndMutations } from './convex-words.ts'

type SubtleMethod = (...args: any[]) => Promise<unknown>

/** The algorithms whose results are random, by the method that uses them. */
const RANDOM_ALGORITHMS: Record<string, string[]> = {
  sign: ['ECDSA', 'RSA-PSS'],
  encrypt: ['RSA-OAEP'],
}

const SUBTLE_METHODS = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
]

export function installCrypto(): void {
  const { getRandomValues, randomUUID } = crypto
  define(Crypto.prototype, 'getRandomValues', function (this: Crypto, array: any): unknown {
    const frame = currentFrame()
    if (!frame?.isDeterministic)
      return getRandomValues.call(this, array)
    fillRandomly(frame, new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    return array
  })
  define(Crypto.prototype, 'randomUUID', function (this: Crypto): string {
    const frame = currentFrame()
    if (frame?.isDeterministic)
      return repeatableUuid(frame)
    return randomUUID.call(this)
  })
  for (const name of SUBTLE_METHODS) {
    const method = (SubtleCrypto.prototype as any)[name] as SubtleMethod
    define(SubtleCrypto.prototype, name, function (this: SubtleCrypto, ...args: any[]): Promise<unknown> {
      const frame = currentFrame()
      if (frame === undefined)
        return method.apply(this, args)
      if (frame.isDeterministic && isRandom(name, args[0]))
        return Promise.reject(refusal(frame))
      // Node computes in another thread. The call must not count as stuck while it waits for the
      // result.
      return frame.track(`crypto.subtle.${name}`, method.apply(this, args))
    })
  }
}

function define(target: object, name: string, value: (...args: any[]) => unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true })
}

function isRandom(method: string, algorithm: string | { name?: string }): boolean {
  const name = typeof algorithm === 'string' ? algorithm : algorithm?.name
  return method === 'generateKey' || (RANDOM_ALGORITHMS[method] ?? []).includes(String(name).toUpperCase())
}

function refusal(frame: CallFrame): Error {
  if (frame.kind === 'import')
    return new Error('Cannot use cryptographic randomness at import time')
  return notInQueriesAndMutations('cryptographic randomness')
}

function fillRandomly(frame: CallFrame, bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = frame.random() * 256
}

function repeatableUuid(frame: CallFrame): string {
  const bytes = new Uint8Array(16)
  fillRandomly(frame, bytes)
  bytes[6] = (bytes[6]! & 0x0F) | 0x40
  bytes[8] = (bytes[8]! & 0x3F) | 0x80
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
