/** What h3 leaves out between the connection of a client and a response that is a stream. */
import type { H3Event } from 'h3'
import type { ServerResponse } from 'node:http'
import { outermostEvent } from './outermost-request.ts'

/** How long a client that is still sending has to read a response, before the connection is closed. */
const LINGER_MS = 500

/**
 * The address at the other end of the connection. A request that the server makes to itself, such as one of a page that it
 * renders, has that of the request which caused it.
 */
export function connectionAddress(event: H3Event): string | undefined {
  const { socket } = outermostEvent(event).node.req
  // Nuxt's development server is in front of the app, and passes requests on over a socket without an address.
  return socket?.remoteAddress || (import.meta.dev ? '127.0.0.1' : undefined)
}

/** Aborts when the client has gone away: nothing has to be fetched for it any more. */
export function clientSignal(event: H3Event): AbortSignal | undefined {
  const { res } = event.node
  if (!res.socket)
    return event.web?.request?.signal
  const gone = new AbortController()
  if (res.destroyed)
    gone.abort()
  else
    res.once('close', () => gone.abort())
  return gone.signal
}

/**
 * A response whose body is read only as fast as the client reads it, is cancelled when the client goes away, and breaks off
 * where its source breaks off. If the client is still sending a body, the connection is closed after the response, so that
 * nothing of the rest has to be read.
 */
export async function paceResponse(event: H3Event, response: Response): Promise<Response> {
  const { req, res } = event.node
  // Another runtime than Node reads and cancels the body itself.
  if (!res.socket)
    return response
  // A body that has arrived together with the headers is parsed in the same task, after the code that they have started.
  if (!req.complete)
    await new Promise(resolve => setTimeout(resolve))
  const isStillSending = !req.complete
  if (isStillSending)
    res.setHeader('connection', 'close')
  return response.body ? new Response(paceBody(response.body, res, isStillSending), response) : response
}

function paceBody(source: ReadableStream<Uint8Array>, res: ServerResponse, isStillSending: boolean): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  const closed = new Promise<void>(resolve => res.destroyed ? resolve() : res.once('close', resolve))
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
        // The headers are gone: only a broken connection tells that the body is not complete.
        res.destroy()
      }
      // The end of the response closes the connection, which could take the response away from a client that is still sending.
      if (isStillSending)
        await Promise.race([closed, new Promise(resolve => setTimeout(resolve, LINGER_MS))])
      controller.close()
    },
  }, { highWaterMark: 0 })
}
