/** Keeps the socket of a client open, and drops it if the client's machine does not answer. */
import type { WebSocket } from 'ws'
import { clearInterval, setInterval } from 'node:timers'
import { clock } from '../runtime/clock.ts'

/**
 * The server sends a message at least this often, since a client closes a socket on which nothing
 * arrives for a minute.
 *
 * @see docs/contributing/embedded-deployment.md#protocol
 */
const PING_INTERVAL_MS = 15_000

/** The time between pings of the socket, and the longest time without an answer of the client. */
const SOCKET_PING_INTERVAL_MS = 5_000
const SOCKET_TIMEOUT_MS = 120_000

/** The pings of one socket: messages of the protocol, and frames of the WebSocket. */
export class KeepAlive {
  readonly #socket: WebSocket
  /** Sends a `Ping` of the sync protocol. */
  readonly #sendPing: () => void
  #lastSentAt = clock.now()
  #pingTimer: ReturnType<typeof setTimeout>
  readonly #socketPings: ReturnType<typeof setInterval>

  constructor(socket: WebSocket, sendPing: () => void) {
    this.#socket = socket
    this.#sendPing = sendPing
    this.#pingTimer = this.#schedulePing()
    this.#socketPings = this.#pingSocket()
  }

  /** Records that a message has been sent. */
  onSent(): void {
    this.#lastSentAt = clock.now()
  }

  stop(): void {
    clearTimeout(this.#pingTimer)
    clearInterval(this.#socketPings)
  }

  #schedulePing(): ReturnType<typeof setTimeout> {
    const silence = clock.now() - this.#lastSentAt
    return setTimeout(() => {
      if (clock.now() - this.#lastSentAt >= PING_INTERVAL_MS)
        this.#sendPing()
      this.#pingTimer = this.#schedulePing()
    }, PING_INTERVAL_MS - silence)
  }

  /** Pings the socket, and drops it if the client's machine does not answer. */
  #pingSocket(): ReturnType<typeof setInterval> {
    let lastSeen = performance.now()
    const onSeen = (): void => {
      lastSeen = performance.now()
    }
    this.#socket.on('pong', onSeen)
    this.#socket.on('message', onSeen)
    return setInterval(() => {
      if (performance.now() - lastSeen > SOCKET_TIMEOUT_MS)
        this.#socket.terminate()
      else
        this.#socket.ping()
    }, SOCKET_PING_INTERVAL_MS)
  }
}
