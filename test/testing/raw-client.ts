import type { RawData } from 'ws'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

export const INITIAL_TS = 'AAAAAAAAAAA='

/** A socket on which a test itself sends and receives each message of the sync protocol. */
export class RawClient {
  readonly received: any[] = []
  readonly closed: Promise<{ code: number, reason: string }>
  readonly #socket: WebSocket
  #read = 0
  #wake = (): void => {}

  constructor(socket: WebSocket) {
    this.#socket = socket
    this.closed = new Promise(resolve => socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })))
    socket.on('message', (data: RawData) => {
      this.received.push(JSON.parse(String(data)))
      this.#wake()
    })
    void this.closed.then(() => this.#wake())
  }

  /** Opens a socket that is closed when the test ends, and sends `Connect`, unless `hello` is `null`. */
  static async open(url: string, hello: Record<string, unknown> | null = {}): Promise<RawClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/1.48.0/sync`)
    onTestFinished(() => socket.terminate())
    const client = new RawClient(socket)
    await once(socket, 'open')
    if (hello) {
      const sessionId = crypto.randomUUID()
      client.send({ type: 'Connect', sessionId, connectionCount: 0, lastCloseReason: 'InitialConnect', clientTs: Date.now(), ...hello })
    }
    return client
  }

  send(message: unknown): void {
    this.sendRaw(JSON.stringify(message))
  }

  sendRaw(data: string | Buffer): void {
    this.#socket.send(data)
  }

  /** Changes the query set, from `baseVersion` to the next version. */
  modify(baseVersion: number, ...modifications: Record<string, unknown>[]): void {
    this.send({ type: 'ModifyQuerySet', baseVersion, newVersion: baseVersion + 1, modifications })
  }

  authenticate(baseVersion: number, token: string | null): void {
    this.send({ type: 'Authenticate', baseVersion, ...(token === null ? { tokenType: 'None' } : { tokenType: 'User', value: token }) })
  }

  mutate(requestId: number, udfPath: string, args: Record<string, unknown>): void {
    this.send({ type: 'Mutation', requestId, udfPath, args: [args] })
  }

  /** The transitions that were received, without pings and answers to calls. */
  get transitions(): any[] {
    return this.received.filter(({ type }) => type === 'Transition')
  }

  /** The next message that has not been returned yet. */
  async next(): Promise<any> {
    while (this.#read === this.received.length) {
      if (this.#socket.readyState >= WebSocket.CLOSING)
        throw new Error('The socket closed.')
      await new Promise<void>(resolve => this.#wake = resolve)
    }
    return this.received[this.#read++]
  }

  /** The next message of a type. Messages of other types before it are skipped. */
  async nextOf(type: string): Promise<any> {
    for (;;) {
      const message = await this.next()
      if (message.type === type)
        return message
    }
  }
}

export function add(queryId: number, udfPath: string, args: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: 'Add', queryId, udfPath, args: [args], ...more }
}

export function decodeTs(ts: string): bigint {
  return Buffer.from(ts, 'base64').readBigUInt64LE()
}
