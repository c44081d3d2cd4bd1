/** A passkey authenticator, like that of a browser. */
import type { Buffer } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const [USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL] = [0x01, 0x04, 0x40]

/** The credential of one user for one site. */
export class Authenticator {
  readonly #origin: string
  readonly #id = randomBytes(32)
  readonly #publicKey: KeyObject
  readonly #privateKey: KeyObject
  #uses = 0

  constructor(origin: string) {
    this.#origin = origin
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#publicKey = publicKey
    this.#privateKey = privateKey
  }

  /** What `navigator.credentials.create` returns. */
  register({ challenge, rp }: { challenge: string, rp: { id: string } }): object {
    const length = bytes(0, this.#id.length)
    const credential = concat(new Uint8Array(16), length, this.#id, this.#coseKey())
    const data = concat(this.#data(rp.id, USER_PRESENT | USER_VERIFIED | HAS_CREDENTIAL), credential)
    // CBOR of { fmt: 'none', attStmt: {}, authData: data }
    const attestation = concat(
      bytes(0xA3, 0x63, ...letters('fmt'), 0x64, ...letters('none')),
      bytes(0x67, ...letters('attStmt'), 0xA0),
      bytes(0x68, ...letters('authData'), 0x58, data.length),
      data,
    )
    return this.#response({
      clientDataJSON: encode(this.#clientData('webauthn.create', challenge)),
      attestationObject: encode(attestation),
      transports: ['internal'],
    })
  }

  /** What `navigator.credentials.get` returns. */
  authenticate({ challenge, rpId }: { challenge: string, rpId: string }): object {
    const data = this.#data(rpId, USER_PRESENT | USER_VERIFIED)
    const clientData = this.#clientData('webauthn.get', challenge)
    const signature = sign('sha256', concat(data, createHash('sha256').update(clientData).digest()), this.#privateKey)
    return this.#response({
      clientDataJSON: encode(clientData),
      authenticatorData: encode(data),
      signature: encode(signature),
    })
  }

  #response(response: object): object {
    const id = encode(this.#id)
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
  }

  #data(site: string, flags: number): Uint8Array {
    const counter = bytes(0, 0, 0, ++this.#uses)
    return concat(createHash('sha256').update(site).digest(), bytes(flags), counter)
  }

  #clientData(type: string, challenge: string): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ type, challenge, origin: this.#origin, crossOrigin: false }))
  }

  /** CBOR of the public key: an elliptic curve, ES256, P-256, and the coordinates. */
  #coseKey(): Uint8Array {
    const { x, y } = this.#publicKey.export({ format: 'jwk' })
    const head = bytes(0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01)
    return concat(head, bytes(0x21, 0x58, 0x20), decode(x!), bytes(0x22, 0x58, 0x20), decode(y!))
  }
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

function letters(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

function encode(data: Uint8Array | Buffer): string {
  return btoa(String.fromCharCode(...data)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function decode(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), letter => letter.codePointAt(0)!)
}
