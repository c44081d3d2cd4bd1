/** Serves a handler of web requests with Node. */
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

type Handler = (request: Request) => Response | Promise<Response>

/**
 * Serves a handler of web requests over a real socket, like any adapter for Node. If the handler
 * throws, the connection ends, and the error remains unhandled, so that the test fails.
 */
export async function serve(handler: Handler): Promise<{ url: string, close: () => Promise<void> }> {
  const server = createServer(async (incoming, outgoing) => {
    const disconnected = new AbortController()
    outgoing.once('close', () => disconnected.abort())
    const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD'
    const headers = new Headers()
    for (const [name, value] of Object.entries(incoming.headersDistinct)) {
      for (const item of value ?? [])
        headers.append(name, item)
    }
    let request: Request
    try {
      request = new Request(new URL(incoming.url!, `http://${incoming.headers.host}`), {
        method: incoming.method!,
        headers,
        signal: disconnected.signal,
        ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' } : {}),
      })
    }
    catch {
      return void outgoing.writeHead(400).end()
    }
    let response: Response
    try {
      response = await handler(request)
    }
    catch (error) {
      // The handler has failed because its client has disconnected.
      if (disconnected.signal.aborted)
        return
      outgoing.destroy()
      throw error
    }
    const cookies = response.headers.getSetCookie()
    // A copy, since the headers of `Response.redirect()` cannot be changed.
    const others = new Headers(response.headers)
    others.delete('set-cookie')
    outgoing.writeHead(response.status, { ...Object.fromEntries(others), ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}) })
    outgoing.flushHeaders()
    if (!response.body)
      return void outgoing.end()
    // The stream is read only as fast as the client reads. If one side ends early, the other side
    // is closed, too.
    await pipeline(Readable.fromWeb(response.body as any), outgoing).catch(() => {})
  })
  // On a busy machine, a client could otherwise send a request over a connection that is being
  // closed as idle.
  server.keepAliveTimeout = 120_000
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
