/** A network with latency between a page and its servers. */
import type { Buffer } from 'node:buffer'
import type { IncomingMessage, Server } from 'node:http'
import { once } from 'node:events'
import { createServer, request as sendRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { FlightLog } from './flight-log.ts'

/** The server that a request is sent to. */
export interface Route {
  target: string
  /** Whether the request is delayed and logged. */
  isSlow: boolean
}

/**
 * A network on loopback that delays each request, each answer and each message of a socket by
 * `oneWayMs`. The opening of a connection below HTTP (TCP, TLS) is not delayed; the opening of a
 * WebSocket is a request with its answer. The log records when messages leave or reach the page.
 */
export class SlowNetwork {
  readonly log: FlightLog
  readonly oneWayMs: number
  readonly #servers: Server[] = []

  /**
   * @param oneWayMs The delay of each message, in milliseconds.
   * @param background The names of the requests for which no other request waits.
   */
  constructor(oneWayMs: number, background: readonly string[] = []) {
    this.oneWayMs = oneWayMs
    this.log = new FlightLog(background)
  }

  /** Forwards the requests to a port, 0 for any free port. Returns the URL of the port. */
  async open(route: (pathname: string) => Route, port = 0): Promise<string> {
    const sockets = new WebSocketServer({ noServer: true })
    const server = createServer(async (incoming, outgoing) => {
      const { pathname } = new URL(incoming.url!, 'http://localhost')
      const { target, isSlow } = route(pathname)
      try {
        const { status, headers, body } = isSlow
          ? await this.#delayBothWays(`${incoming.method} ${pathname}`, () => forward(incoming, target))
          : await forward(incoming, target)
        outgoing.writeHead(status, headers).end(body)
      }
      catch {
        outgoing.destroy()
      }
    })
    server.on('upgrade', async (incoming, socket, head) => {
      const { target } = route(new URL(incoming.url!, 'http://localhost').pathname)
      const upstream = new WebSocket(target.replace(/^http/, 'ws') + incoming.url)
      upstream.on('error', () => socket.destroy())
      await this.#delayBothWays('socket', async () => ({ body: '', opened: upstream.readyState === WebSocket.OPEN || await once(upstream, 'open') }))
      sockets.handleUpgrade(incoming, socket, head, page => this.#connectSockets(page, upstream))
    })
    this.#servers.push(server)
    server.listen(port, 'localhost')
    await once(server, 'listening')
    return `http://localhost:${(server.address() as { port: number }).port}`
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }

  async #delayBothWays<Answer extends { body: string | Buffer }>(name: string, ask: () => Promise<Answer>): Promise<Answer> {
    const { flight } = this.log.send(name)
    await delay(this.oneWayMs)
    const answer = await ask()
    await delay(this.oneWayMs)
    this.log.receive(flight, String(answer.body))
    return answer
  }

  /**
   * Messages keep their order, since timers with equal delays fire in the order in which they were
   * set.
   */
  #connectSockets(page: WebSocket, upstream: WebSocket): void {
    /** The highest flight of which a message has reached the server. */
    let arrived = 0
    page.on('message', (data) => {
      const { flight } = this.log.send(typeOf(String(data)))
      setTimeout(() => {
        arrived = Math.max(arrived, flight)
        if (upstream.readyState === WebSocket.OPEN)
          upstream.send(String(data))
      }, this.oneWayMs)
    })
    upstream.on('message', (data) => {
      const flight = arrived
      setTimeout(() => {
        this.log.receive(flight, String(data))
        page.send(String(data))
      }, this.oneWayMs)
    })
    page.on('close', () => upstream.terminate())
    upstream.on('close', () => page.terminate())
  }
}

/**
 * Forwards all headers, including `Host`, from which the app behind the network derives its origin.
 */
async function forward(incoming: IncomingMessage, target: string): Promise<{ status: number, headers: string[], body: Buffer }> {
  const { method, headers } = incoming
  const outgoing = sendRequest(target + incoming.url, { method, headers })
  outgoing.end(await buffer(incoming))
  const [response] = await once(outgoing, 'response') as [IncomingMessage]
  const body = await buffer(response)
  return { status: response.statusCode!, headers: rawHeaders(response), body }
}

/** The unchanged headers, except for those about the transfer: the body is forwarded as a whole. */
function rawHeaders({ rawHeaders }: IncomingMessage): string[] {
  const kept: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!/^(?:connection|keep-alive|transfer-encoding)$/i.test(rawHeaders[index]!))
      kept.push(rawHeaders[index]!, rawHeaders[index + 1]!)
  }
  return kept
}

function typeOf(message: string): string {
  return (JSON.parse(message) as { type: string }).type
}
