import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Deployment } from '../../src/testing/index.ts'
import type { HttpFault } from './http-fault.ts'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { carry } from './http-fault.ts'
import { Wire } from './wire.ts'

/** A request that the proxy received. A WebSocket counts as a request. */
export interface PassedRequest {
  /** The time on the page's clock, in ms since 1970. */
  at: number
  method: string
  path: string
  fault: HttpFault['kind'] | null
}

/**
 * A network between a page and a deployment, over real TCP. A test defines which requests and
 * sockets fail, and how.
 */
export class FaultProxy {
  readonly requests: PassedRequest[] = []
  readonly wires = new Set<Wire>()
  /** The fault for a request. The path of a WebSocket is `/api/<version>/sync`. */
  fault: (path: string, method: string) => HttpFault | null = () => null
  /** Called with each WebSocket connection when it opens. */
  onWire: (wire: Wire) => void = () => {}
  /** The number of all requests, responses and chunks of bytes so far. */
  passed = 0
  url = ''
  siteUrl = ''
  readonly #servers: Server[] = []
  /** The number of requests under way that no fault delays. */
  #carried = 0
  /** Sockets that were accepted and are never answered. */
  readonly #unanswered = new Set<Duplex>()
  #overtaken: (() => void)[] = []

  static async open(deployment: Pick<Deployment, 'url' | 'siteUrl'>): Promise<FaultProxy> {
    const proxy = new FaultProxy()
    proxy.url = await proxy.#listen(deployment.url)
    proxy.siteUrl = await proxy.#listen(deployment.siteUrl)
    return proxy
  }

  /** Whether a request that no fault delays is under way. */
  get isBusy(): boolean {
    return this.#carried > 0
  }

  /** The number of requests with this end of the path that the proxy has received since a time. */
  count(path: string, since = 0): number {
    return this.requests.filter(request => request.at >= since && request.path.endsWith(path)).length
  }

  /**
   * Ends all faults: new connections work, and delayed responses arrive. Connections that lose
   * their data silently continue to do so.
   */
  heal(): void {
    this.fault = () => null
    this.onWire = () => {}
    for (const wire of this.wires)
      wire.latencyMs = 0
    this.#release()
  }

  cut(): void {
    for (const wire of [...this.wires])
      wire.cut()
  }

  async close(): Promise<void> {
    this.heal()
    this.cut()
    this.#unanswered.forEach(socket => socket.destroy())
    for (const server of this.#servers) {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }

  async #listen(upstream: string): Promise<string> {
    const server = createServer(async (request, response) => {
      const fault = this.#judge(request)
      const isHeldUp = ['halfOpen', 'delay', 'overtaken'].includes(fault?.kind ?? '')
      this.#carried += isHeldUp ? 0 : 1
      await carry(request, response, upstream, fault, () => new Promise(resolve => this.#overtaken.push(resolve)))
      this.#carried -= isHeldUp ? 0 : 1
      this.passed++
      if (fault?.kind !== 'overtaken' && response.writableEnded)
        this.#release()
    })
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => {})
      const fault = this.#judge(request)
      switch (fault?.kind) {
        case 'answer':
        case 'replace':
          return socket.end(`HTTP/1.1 ${fault.status} No\r\nconnection: close\r\n\r\n${fault.body ?? ''}`)
        case 'halfOpen':
          return void this.#unanswered.add(socket.resume())
        case 'cut':
          return socket.destroy()
      }
      const lines = [`${request.method} ${request.url} HTTP/1.1`]
      for (let index = 0; index < request.rawHeaders.length; index += 2)
        lines.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`)
      const wire = new Wire(socket, Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), head]), upstream, {
        onBytes: () => this.passed++,
        onClose: () => {
          this.passed++
          this.wires.delete(wire)
        },
      })
      wire.latencyMs = fault?.kind === 'delay' ? fault.ms : 0
      this.wires.add(wire)
      this.onWire(wire)
    })
    this.#servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  #judge({ method, url }: IncomingMessage): HttpFault | null {
    const path = new URL(url!, 'http://localhost').pathname
    const fault = this.fault(path, method!)
    this.passed++
    this.requests.push({ at: Date.now(), method: method!, path, fault: fault?.kind ?? null })
    return fault
  }

  #release(): void {
    for (const answer of this.#overtaken.splice(0))
      answer()
  }
}
