import type { Duplex } from 'node:stream'
import { Buffer } from 'node:buffer'
import { connect } from 'node:net'

/** The damage to the next bytes from the server. */
export type WireDamage
  /** The header of a WebSocket frame becomes invalid. */
  = | 'header'
    /** The text becomes invalid UTF-8. */
    | 'payload'
    /** Only the first half of the bytes arrives, then the connection ends. */
    | 'truncate'

/** The direction in which bytes are lost on a connection that stays open. */
export type Swallowed = 'none' | 'toPage' | 'toServer' | 'both'

/** One WebSocket connection between a page and a server, as bytes. */
export class Wire {
  /** The direction in which bytes are lost silently: the connection looks open to both sides. */
  swallowed: Swallowed = 'none'
  /**
   * The connection breaks as soon as the server sends data: the call has run, but its response is
   * lost.
   */
  isCutAtAnswer = false
  damage: WireDamage | null = null
  /** The delay of bytes in either direction, in milliseconds. */
  latencyMs = 0
  readonly #page: Duplex
  readonly #server: Duplex
  #isShaken = false

  /** `opening` is the unchanged request for the upgrade to a WebSocket. */
  constructor(page: Duplex, opening: Buffer, upstream: string, { onBytes, onClose }: { onBytes: () => void, onClose: () => void }) {
    const { hostname, port } = new URL(upstream)
    const server = connect({ host: hostname, port: Number(port), noDelay: true })
    this.#page = page
    this.#server = server
    server.write(opening)
    page.on('data', (bytes: Buffer) => this.#toServer(bytes))
    server.on('data', (bytes: Buffer) => this.#toPage(bytes))
    for (const [one, other] of [[page, server], [server, page]] as const) {
      one.on('data', onBytes)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        // A connection that is lost silently is closed on one side only.
        if (this.swallowed !== 'both')
          other.destroy()
        if (other.destroyed)
          onClose()
      })
      one.on('end', () => this.swallowed === 'none' && other.end())
    }
  }

  /** Breaks the connection. */
  cut(): void {
    this.#page.destroy()
    this.#server.destroy()
  }

  #toServer(bytes: Buffer): void {
    if (this.swallowed === 'none' || this.swallowed === 'toPage')
      this.#later(() => this.#server.writable && this.#server.write(bytes))
  }

  #toPage(bytes: Buffer): void {
    if (this.isCutAtAnswer)
      return this.cut()
    if (this.swallowed === 'toPage' || this.swallowed === 'both')
      return
    const { damage } = this
    if (damage && this.#isShaken) {
      this.damage = null
      bytes = spoil(bytes, damage)
      if (damage === 'truncate')
        return void this.#page.write(bytes, () => this.cut())
    }
    this.#isShaken = true
    this.#later(() => this.#page.writable && this.#page.write(bytes))
  }

  /**
   * Keeps the order of bytes as long as the latency does not change, since timers with equal delays
   * fire in the order in which they were set.
   */
  #later(deliver: () => unknown): void {
    if (this.latencyMs > 0)
      setTimeout(deliver, this.latencyMs)
    else
      deliver()
  }
}

function spoil(bytes: Buffer, damage: WireDamage): Buffer {
  if (damage === 'truncate')
    return bytes.subarray(0, Math.max(1, bytes.length / 2))
  const spoiled = Buffer.from(bytes)
  // RFC 6455: these bits are reserved, so the frame is invalid if they are set. For `payload`, the
  // last byte is changed, since the header of a frame may have 2, 4 or 10 bytes.
  if (damage === 'header')
    spoiled[0]! |= 0x70
  else
    spoiled.fill(0xFF, spoiled.length - 1)
  return spoiled
}
