/** Converts requests and responses of HTTP actions from and to messages. */
import type { HttpRequestMessage, HttpResponseMessage } from './messages.ts'

export function toRequest({ url, method, headers, body }: HttpRequestMessage): Request {
  // Node requires `duplex` for a body that is a stream; the types of the DOM do not contain it.
  const options: RequestInit & { duplex: 'half' } = { method, headers, body: body as BodyInit | null, duplex: 'half' }
  return new Request(url, options)
}

interface SentResponse {
  message: HttpResponseMessage
  /** Resolves when the body has been sent or its reader has cancelled it; `null` without a body. */
  bodyEnded: Promise<void> | null
}

export function toResponseMessage(response: Response): SentResponse {
  const headers = [...response.headers]
  const { status, body } = response
  if (response.bodyUsed || body?.locked)
    throw new TypeError('HTTP actions must return a Response whose body has not been read')
  if (body === null)
    return { message: { status, headers, body: null }, bodyEnded: null }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const bodyEnded = body.pipeTo(writable).catch(() => {})
  return { message: { status, headers, body: readable }, bodyEnded }
}
