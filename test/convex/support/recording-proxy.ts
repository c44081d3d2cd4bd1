/** An HTTP proxy of a deployment that records requests and connections, and can lose answers. */
import type { AddressInfo } from 'node:net'
import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'

/**
 * How the next request is disturbed: its connection ends before or after the deployment has
 * executed it, no answer ever arrives, or this `Response` is the answer.
 */
export type Disturbance = 'end before' | 'end after' | 'hang' | Response

export interface RecordingProxy {
  url: string
  /** The bodies of the requests. */
  requests: any[]
  /** The headers of the requests. */
  headers: Record<string, unknown>[]
  /** The number of connections that were opened. */
  connections: number
  /** The disturbances of the next requests, in their order. */
  disturbances: Disturbance[]
  close: () => Promise<void>
}

export async function startProxy(target: string): Promise<RecordingProxy> {
  const proxy: RecordingProxy = { url: '', requests: [], headers: [], connections: 0, disturbances: [], close }
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming)
      chunks.push(chunk)
    const body = Buffer.concat(chunks)
    proxy.requests.push(body.length > 0 ? JSON.parse(body.toString()) : null)
    proxy.headers.push(incoming.headers)
    const disturbance = proxy.disturbances.shift()
    if (disturbance === 'end before')
      return void incoming.socket.destroy()
    if (disturbance === 'hang')
      return
    const response = disturbance instanceof Response
      ? disturbance
      : await fetch(`${target}${incoming.url}`, {
          method: incoming.method!,
          headers: { 'content-type': incoming.headers['content-type'] ?? '', 'authorization': incoming.headers.authorization ?? '' },
          body: body.length > 0 ? body : null,
        })
    if (disturbance === 'end after')
      return void incoming.socket.destroy()
    outgoing.writeHead(response.status, Object.fromEntries([...response.headers].filter(([name]) => /^(?:content-type|location)$/.test(name))))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  })
  server.on('connection', () => proxy.connections++)
  server.keepAliveTimeout = 120_000
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy

  async function close(): Promise<void> {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}
