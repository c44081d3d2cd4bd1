/** A `fetch` with the cookies and the origin of one browser profile. */
import type { IncomingMessage } from 'node:http'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { request as send } from 'node:http'

/** Statuses whose responses have no body. */
const WITHOUT_BODY = [204, 205, 304]

/**
 * A `fetch` as one browser profile of the app has it: with its cookies and the app's `Origin`. The
 * requests are Node's own, because the `fetch` of a simulated page refuses other origins and hides
 * cookies. Redirects are not followed.
 */
export function createBrowserFetch(origin: string): typeof fetch {
  const cookies = new Map<string, string>()

  async function browserFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const headers: Record<string, string> = {}
    new Headers(init.headers).forEach((value, name) => headers[name] = value)
    headers.origin = origin
    if (cookies.size > 0)
      headers.cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

    const request = send(String(input), { method: init.method ?? 'GET', headers })
    const abort = (): void => void request.destroy(new Error('The request was aborted.'))
    init.signal?.addEventListener('abort', abort)
    try {
      request.end(toBytes(init.body))
      const [response] = await once(request, 'response') as [IncomingMessage]
      response.headers['set-cookie']?.forEach(cookie => keep(cookies, cookie))
      return await toResponse(response)
    }
    finally {
      init.signal?.removeEventListener('abort', abort)
    }
  }
  return browserFetch
}

function toBytes(body: RequestInit['body']): string | Uint8Array | undefined {
  if (body === null || body === undefined)
    return undefined
  return body instanceof Uint8Array ? body : String(body)
}

function keep(cookies: Map<string, string>, cookie: string): void {
  const [pair = '', ...attributes] = cookie.split(';')
  const [name = '', ...value] = pair.split('=')
  if (attributes.some(attribute => attribute.trim().toLowerCase() === 'max-age=0'))
    cookies.delete(name)
  else
    cookies.set(name, value.join('='))
}

async function toResponse(message: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = []
  for await (const chunk of message)
    chunks.push(chunk)
  const status = message.statusCode!
  const headers = new Headers()
  for (const [name, value] of Object.entries(message.headersDistinct))
    value?.forEach(item => headers.append(name, item))
  return new Response(WITHOUT_BODY.includes(status) ? null : Buffer.concat(chunks), { status, statusText: message.statusMessage, headers })
}
