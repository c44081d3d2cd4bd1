/** A network whose connections can stop to transport anything, without being closed. */
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * Forwards TCP connections to a server on loopback, and delays each piece of data by `oneWayMs`. The
 * opening of a TCP connection is not delayed.
 */
export class StallingNetwork {
  readonly oneWayMs: number
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer(socket => this.#accept(socket))
  #target = ''
  #connections: { isStalled: boolean }[] = []

  constructor(oneWayMs = 0) {
    this.oneWayMs = oneWayMs
  }

  /** The number of connections so far. */
  get count(): number {
    return this.#connections.length
  }

  /** Returns the URL that leads to `target` through this network. */
  async open(target: string): Promise<string> {
    this.#target = target
    this.#server.listen(0, 'localhost')
    await once(this.#server, 'listening')
    return `http://localhost:${(this.#server.address() as { port: number }).port}`
  }

  /** From now on, the present connections transport nothing in both directions, as after a change of networks. */
  stall(): void {
    for (const connection of this.#connections)
      connection.isStalled = true
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets)
      socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #accept(page: Socket): void {
    const connection = { isStalled: false }
    this.#connections.push(connection)
    const { hostname, port } = new URL(this.#target)
    const server = connect(Number(port), hostname)
    for (const [from, to] of [[page, server], [server, page]] as const) {
      this.#sockets.add(from)
      const later = (forward: () => void): void => void setTimeout(() => connection.isStalled || to.destroyed || forward(), this.oneWayMs)
      from.on('data', data => later(() => to.write(data)))
      from.on('end', () => later(() => to.end()))
      from.on('error', () => later(() => to.destroy()))
      from.on('close', () => this.#sockets.delete(from))
    }
  }
}
