/** Sends messages to one client. Messages of the same turn take one write to the socket. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerMessage } from './protocol.ts'
import process from 'node:process'
import { encodeMessage } from './protocol.ts'

/** The messages that a connection sends. */
export class Outbox {
  readonly #socket: WebSocket
  readonly #transport: Duplex
  #isCorked = false

  /**
   * @param socket The socket of the client.
   * @param transport The stream to which the socket writes its frames.
   */
  constructor(socket: WebSocket, transport: Duplex) {
    this.#socket = socket
    this.#transport = transport
  }

  /**
   * Sends a message. The answer of a mutation and the transition that follows it are usually sent
   * in the same turn. A write wakes the client, which takes longer than encoding the message.
   */
  send(message: ServerMessage): void {
    this.#cork()
    for (const text of encodeMessage(message))
      this.#socket.send(text)
  }

  #cork(): void {
    if (this.#isCorked)
      return
    this.#isCorked = true
    this.#transport.cork()
    process.nextTick(() => {
      this.#isCorked = false
      this.#transport.uncork()
    })
  }
}
