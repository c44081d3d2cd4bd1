/** The connection of a client, which h3 does not handle: its address, its end, and its pace. */
import type { H3Event } from 'h3'
import type { ServerResponse } from 'node:http'
import { outermostEvent } from './outermost-request.ts'

/**
 * How long a client that is still sending a body has to read the response, before the connection is
 * closed.
 */
const LINGER_MS = 500

/**
 * The address at the other end of the connection. A request that the server makes to itself, such
 * as a request of a page that it renders, has the address of the request that caused it.
 */
export function connectionAddress(event: H3Event): string | undefined {
  const { socket } = outermostEvent(event).node.req
  // Nuxt's development server passes requests on to the app over a socket without an address.
  if (import.meta.dev)
    return socket?.remoteAddress || '127.0.0.1'
  return socket?.remoteAddress || undefined
}

/**
 * Aborts when the client has closed the connection: nothing has to be fetched for it any longer.
 */
export function clientSignal(event: H3Event): AbortSignal | undefined {
  const { res } = event.node
  if (!res.socket)
    return event.web?.request?.signal
  const closed = new AbortController()
  if (res.destroyed)
    closed.abort()
  else
    res.once('close', () => closed.abort())
  return closed.signal
}

/**
 * A response whose body is read only as fast as the client reads it, is cancelled when the client
 * closes the connection, and ends with a broken connection if its source fails. If the client is
 * still sending a body, the connection is closed after the response, so that the rest of the body
 * need not be read.
 */
export async function paceResponse(event: H3Event, response: Response): Promise<Response> {
  const { req, res } = event.node
  // Runtimes other than Node read and cancel the body themselves.
  if (!res.socket)
    return response
  // Node parses a body that arrived together with the headers in the same task, but after this
  // code.
  if (!req.complete)
    await new Promise(resolve => setTimeout(resolve))
  const isStillSending = !req.complete
  if (isStillSending)
    res.setHeader('connection', 'close')
  if (!response.body)
    return response
  return new Response(paceBody(response.body, res, isStillSending), response)
}

type Body = ReadableStream<Uint8Array>

function paceBody(source: Body, res: ServerResponse, isStillSending: boolean): Body {
  const reader = source.getReader()
  const closed = new Promise<void>((resolve) => {
    if (res.destroyed)
      resolve()
    else
      res.once('close', resolve)
  })
  void closed.then(() => reader.cancel()).catch(() => {})

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (res.writableNeedDrain)
        await Promise.race([closed, new Promise(resolve => res.once('drain', resolve))])
      try {
        const { value } = await reader.read()
        if (value)
          return controller.enqueue(value)
      }
      catch {
        // The headers have been sent: only a broken connection shows that the body is incomplete.
        res.destroy()
      }
      // The end of the response closes the connection: a client that is still sending could lose
      // the response.
      if (isStillSending)
        await Promise.race([closed, new Promise(resolve => setTimeout(resolve, LINGER_MS))])
      controller.close()
    },
  }, { highWaterMark: 0 })
}
