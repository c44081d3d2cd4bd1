/** The body of a request as a stream. `client-connection.ts` handles the body of a response. */
import type { IncomingMessage } from 'node:http'
import type { H3Event } from '../nitro.ts'
import { getRequestWebStream } from '../nitro.ts'

/**
 * The body of a request as a stream that reads from the connection only on demand, so that a fast
 * client has to wait. h3's own `getRequestWebStream` would load the whole body into memory, even if
 * the body is never read.
 */
export function requestBody(event: H3Event): ReadableStream<Uint8Array> | undefined {
  if (event.method === 'GET' || event.method === 'HEAD')
    return undefined
  if (hasOpenBody(event))
    return readLazily(event.node.req)
  return getRequestWebStream(event)
}

/**
 * Returns whether the body must be read from Node's connection. If not, another runtime, the host
 * or a middleware has already read it.
 */
function hasOpenBody(event: H3Event): boolean {
  const { req } = event.node
  const READ_BY_OTHERS = ['__unenv__', 'body', 'rawBody', Symbol.for('h3RawBody')]
  return !event.web && !event._requestBody && !READ_BY_OTHERS.some(key => key in req)
}

function readLazily(req: IncomingMessage): ReadableStream<Uint8Array> {
  const cancelled = new AbortController()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await nextChunk(req, cancelled.signal)
      if (chunk)
        controller.enqueue(chunk)
      else if (!cancelled.signal.aborted)
        controller.close()
    },
    // The unread rest remains in the connection. The request is not destroyed, since this would
    // destroy the response too.
    cancel: () => cancelled.abort(),
  }, { highWaterMark: 0 })
}

/**
 * Resolves with the next part of a body, and with `null` at the end of the body or when `cancelled`
 * aborts.
 *
 * @throws if the connection breaks.
 */
function nextChunk(req: IncomingMessage, cancelled: AbortSignal): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    function stopListening(): void {
      req.off('readable', take).off('end', end).off('error', breakOff).off('close', breakOff)
      cancelled.removeEventListener('abort', end)
    }
    function take(): void {
      const chunk: Uint8Array | null = req.read()
      if (!chunk)
        return
      stopListening()
      resolve(chunk)
    }
    function end(): void {
      stopListening()
      resolve(null)
    }
    function breakOff(): void {
      stopListening()
      reject(new Error('The client has closed the connection.'))
    }

    if (req.readableEnded || cancelled.aborted)
      return end()
    if (req.destroyed)
      return breakOff()
    req.on('readable', take).on('end', end).on('error', breakOff).on('close', breakOff)
    cancelled.addEventListener('abort', end)
    take()
  })
}
