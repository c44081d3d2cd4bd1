/** The connection of a client: its address, its end, and the pace at which the client reads. */
import type { ServerResponse } from 'node:http'
import type { H3Event } from '../nitro.ts'
import { outermostEvent } from './outermost-request.ts'

/**
 * If a client is still sending a body when the response ends, the connection is closed after this
 * time, in milliseconds. The client can read the response until then.
 */
const LINGER_MS = 500

/**
 * The address of the client. If the server sends a request to itself, for example while it renders
 * a page, this is the address of the client that sent the outermost request.
 */
export function connectionAddress(event: H3Event): string | undefined {
  const { socket } = outermostEvent(event).node.req
  // Nuxt's development server forwards requests to the app over a socket that has no address.
  if (import.meta.dev)
    return socket?.remoteAddress || '127.0.0.1'
  return socket?.remoteAddress || undefined
}

/** Aborts when the client has closed the connection, since no data has to be fetched any longer. */
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
 * Returns the response with its body wrapped in another stream, which guarantees four things. The
 * source is read only as fast as the client reads. It is cancelled when the client closes the
 * connection. If the source fails, the connection is closed. If the client is still sending a
 * body, the connection is closed after the response, so that the rest of the body need not be read.
 */
export async function paceResponse(event: H3Event, response: Response): Promise<Response> {
  const { req, res } = event.node
  // Only Node needs this: other runtimes read and cancel the body themselves.
  if (!res.socket)
    return response
  // If a body arrived together with the headers, Node parses the body later in the same task, so
  // the next task is awaited.
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
        // The headers have already been sent, so only a broken connection can show that the body is
        // incomplete.
        res.destroy()
      }
      // The end of the response closes the connection. A client that is still sending needs time to
      // read the response first.
      if (isStillSending)
        await Promise.race([closed, new Promise(resolve => setTimeout(resolve, LINGER_MS))])
      controller.close()
    },
  }, { highWaterMark: 0 })
}
