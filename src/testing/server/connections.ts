/** The sockets of a deployment's clients. */
import type { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import type { Connection } from '../log.ts'
import type { SyncHost } from '../sync/sync-connection.ts'
import { setImmediate } from 'node:timers/promises'
import { importPeer } from '../peers.ts'
import { SyncConnection } from '../sync/sync-connection.ts'
import { metadataOf } from './functions-api.ts'

/** A socket is closed if it receives a larger message. */
const MAX_MESSAGE_BYTES = 20 * 2 ** 20

/** The parts of a deployment that its connections use. */
export type ConnectionsHost = Omit<SyncHost, 'metadata' | 'transport' | 'onChange'>

export class Connections {
  readonly #webSockets: WebSocketServer
  readonly #onChange: () => void
  readonly #open = new Map<number, SyncConnection>()
  readonly #changed = new Set<SyncConnection>()
  #lastId = 0

  /** `onChange` is called when a connection has opened, changed or closed. */
  static async create(onChange: () => void): Promise<Connections> {
    const { WebSocketServer } = await importPeer('ws', () => import('ws'))
    return new Connections(new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES }), onChange)
  }

  private constructor(webSockets: WebSocketServer, onChange: () => void) {
    this.#webSockets = webSockets
    this.#onChange = onChange
  }

  /** Returns whether every client has received its answers. */
  get areIdle(): boolean {
    return [...this.#open.values()].every(connection => connection.isIdle)
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer, host: ConnectionsHost): void {
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new SyncConnection(++this.#lastId, webSocket, {
        ...host,
        transport: socket,
        metadata: metadataOf(request),
        onChange: (changed, state) => {
          if (state === 'open')
            this.#open.set(changed.id, changed)
          else
            this.#open.delete(changed.id)
          this.#changed.add(changed)
          this.#onChange()
        },
      })
      this.#open.set(connection.id, connection)
    })
  }

  /** Drops every socket without a close frame, as a failing network does. */
  async terminateAll(): Promise<void> {
    const connections = [...this.#open.values()]
    connections.forEach(connection => connection.terminate())
    while (connections.some(({ id }) => this.#open.has(id)))
      await setImmediate()
  }

  /**
   * The connections that have changed since the last call of this method; `null` for closed
   * connections.
   */
  takeChanged(): [id: number, connection: Connection | null][] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed.map((connection) => {
      const isOpen = this.#open.has(connection.id)
      return [connection.id, isOpen ? connection.describe() : null]
    })
  }
}
