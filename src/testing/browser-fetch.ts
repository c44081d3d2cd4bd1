/** A `fetch` with the cookies and the origin of one browser profile. */
import type { IncomingMessage } from 'node:http'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { request as sendWithNode } from 'node:http'

/** Statuses whose responses have no body. */
const WITHOUT_BODY = [204, 205, 304]

/** Sends one request of a browser profile. `headers` include the cookies and the origin. */
export type SendRequest = (
  url: string,
  init: Omit<RequestInit, 'headers'> & { headers: Record<string, string> },
) => Promise<BrowserResponse>

/**
 * A response with its `Set-Cookie` headers, which the `Response` of a simulated page does not
 * expose.
 */
export interface BrowserResponse {
  response: Response
  setCookies: string[]
}

export interface BrowserFetchOptions {
  /** The origin of the app, which every request has in its `Origin` header. */
  origin: string
  /**
   * The function that sends the requests. @default Node's own HTTP client, without following
   * redirects
   */
  send?: SendRequest
}

/** A `fetch` with the cookies of one browser profile. */
export type BrowserFetch = typeof fetch & { cookies: Map<string, string> }

/** Creates a `fetch` that sends and stores cookies as a browser does for a page of the app. */
export function createBrowserFetch({ origin, send = sendRequest }: BrowserFetchOptions): BrowserFetch {
  const cookies = new Map<string, string>()

  async function browserFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const headers: Record<string, string> = {}
    new Headers(init.headers).forEach((value, name) => headers[name] = value)
    headers.origin = origin
    if (cookies.size > 0)
      headers.cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const { response, setCookies } = await send(String(input), { ...init, headers })
    setCookies.forEach(cookie => storeCookie(cookies, cookie))
    return response
  }
  return Object.assign(browserFetch, { cookies })
}

/** Uses Node's own client, since the `fetch` of a simulated page refuses other origins. */
async function sendRequest(
  url: string,
  { method = 'GET', headers, body, signal }: Parameters<SendRequest>[1],
): Promise<BrowserResponse> {
  const request = sendWithNode(url, { method, headers })
  // Without a listener, Node throws an error if the request is aborted after the response has
  // begun.
  request.on('error', () => {})
  const abort = (): void => void request.destroy(new Error('The request was aborted.'))
  signal?.addEventListener('abort', abort)
  try {
    request.end(toBytes(body))
    const [message] = await once(request, 'response') as [IncomingMessage]
    return { response: await toResponse(message), setCookies: message.headers['set-cookie'] ?? [] }
  }
  finally {
    signal?.removeEventListener('abort', abort)
  }
}

function toBytes(body: RequestInit['body']): string | Uint8Array | undefined {
  if (body === null || body === undefined)
    return undefined
  if (body instanceof Uint8Array)
    return body
  return String(body)
}

function storeCookie(cookies: Map<string, string>, cookie: string): void {
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
  const init = { status, statusText: message.statusMessage, headers }
  if (WITHOUT_BODY.includes(status))
    return new Response(null, init)
  return new Response(Buffer.concat(chunks), init)
}
