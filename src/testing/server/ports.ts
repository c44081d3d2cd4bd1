/** The two ports of a deployment: they listen, and refuse the requests of other sites. */
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Access, Refusal } from './access.ts'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { testingError } from '../testing-error.ts'

/** The addresses of a deployment. */
export interface ServerUrls {
  /** The address to which clients connect. */
  url: string
  /** The address of the HTTP actions. */
  siteUrl: string
}

/** The handlers of the requests that a deployment does not refuse. */
export interface PortHandlers {
  cloud: RequestListener
  site: RequestListener
  /** Receives the requests that open a socket of the sync protocol. */
  onSocket: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** The greatest number of reports, since a site can send requests with many host names. */
const MAX_REPORTED_REFUSALS = 20

const SYNC_PATH = /^\/api\/(?:[^/]+\/)?sync$/

export class Ports {
  readonly #access: Access
  readonly #handlers: PortHandlers
  readonly #cloud: Server
  readonly #site: Server
  /** The messages of reported refusals. Each message is reported once. */
  readonly #refusals = new Set<string>()
  #urls!: ServerUrls

  constructor(access: Access, handlers: PortHandlers) {
    this.#access = access
    this.#handlers = handlers
    this.#cloud = createServer(this.#guard(handlers.cloud))
    this.#cloud.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#site = createServer(this.#guard(handlers.site))
  }

  /** The addresses, which are known once the ports have been opened. */
  get urls(): ServerUrls {
    return this.#urls
  }

  get isListening(): boolean {
    return this.#cloud.listening
  }

  /** Listens on two ports; with 0, on any free port. */
  async open(port: number, sitePort: number): Promise<void> {
    const [cloudPort, actualSitePort] = [await listen(this.#cloud, port), await listen(this.#site, sitePort)]
    this.#urls = { url: `http://127.0.0.1:${cloudPort}`, siteUrl: `http://127.0.0.1:${actualSitePort}` }
  }

  /**
   * Stops listening and drops all requests. The promise resolves once the ports are free, which
   * needs all sockets to be closed.
   */
  async close(): Promise<void> {
    await Promise.all([this.#cloud, this.#site].map(async (server) => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }))
  }

  /** Listens on the same ports again after {@link Ports.close}. */
  async reopen(): Promise<void> {
    await this.open(portOf(this.#urls.url), portOf(this.#urls.siteUrl))
  }

  #refusalOf(request: IncomingMessage): Refusal | null {
    const refusal = this.#access.checkHost(request) ?? this.#access.checkOrigin(request)
    if (refusal)
      this.#report(refusal)
    return refusal
  }

  /**
   * Refuses requests of other sites before their handler runs. CORS headers would not be enough:
   * with `mode: 'no-cors'`, a page can run an HTTP action without reading the answer.
   */
  #guard(handle: RequestListener): RequestListener {
    return (request, response) => {
      const refusal = this.#refusalOf(request)
      if (!refusal)
        return handle(request, response)
      response.writeHead(403, { 'content-type': 'application/json', 'connection': 'close' })
      response.end(JSON.stringify(refusal))
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request)
    if (refusal)
      return refuseUpgrade(socket, '403 Forbidden', JSON.stringify(refusal))
    const { pathname } = new URL(`http://localhost${request.url}`)
    if (!SYNC_PATH.test(pathname)) {
      const answer = { code: 'NotFound', message: 'No WebSocket is served at this path.' }
      return refuseUpgrade(socket, '404 Not Found', JSON.stringify(answer))
    }
    this.#handlers.onSocket(request, socket, head)
  }

  /** Prints the reason in the terminal, since the page of the WebSocket does not receive it. */
  #report({ message }: Refusal): void {
    if (this.#refusals.has(message) || this.#refusals.size >= MAX_REPORTED_REFUSALS)
      return
    this.#refusals.add(message)
    console.warn(message)
  }
}

function refuseUpgrade(socket: Duplex, status: string, json: string): void {
  // Writing the answer fails if the client has already disconnected. This error is ignored.
  socket.on('error', () => {})
  socket.once('finish', () => socket.destroy())
  socket.end([
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(json)}`,
    'Connection: close',
    '',
    json,
  ].join('\r\n'))
}

/** Returns the port on which the server listens. */
async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as { port: number }).port
  }
  catch (cause) {
    throw testingError('DEPLOYMENT_FAILED', { port, message: (cause as Error).message }, cause)
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
