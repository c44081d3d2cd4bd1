/** The two HTTP ports of a deployment: Convex's API with the stored files, and the HTTP actions. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Identity } from '../identity.ts'
import type { HttpReply } from '../runtime/http-request.ts'
import type { SigningKey } from '../runtime/signing-key.ts'
import type { AdminApiHost } from './admin-api.ts'
import type { FunctionsApiHost } from './functions-api.ts'
import { once } from 'node:events'
import { HttpError } from '../http-error.ts'
import { AuthenticationError } from '../runtime/auth.ts'
import { answerAdminApi } from './admin-api.ts'
import { identify } from './caller.ts'
import { answerDownload, answerUpload } from './files-api.ts'
import { answerFunctionsApi, metadataOf } from './functions-api.ts'
import { decodePart, MAX_BODY_BYTES, readBody } from './request-body.ts'

/** The statuses whose responses cannot have a body. */
const WITHOUT_BODY = [101, 204, 205, 304]

/** The methods of requests to HTTP actions whose body Convex ignores. */
const WITHOUT_REQUEST_BODY = ['GET', 'HEAD', 'OPTIONS']

/** The parts of a deployment that the two ports need. */
export type HttpHost = FunctionsApiHost & AdminApiHost & { signingKey: SigningKey }

/** The handler of the cloud port: calls of functions over HTTP, files, and the CLI's routes. */
export function createCloudHandler(host: HttpHost): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => void respond(request, response, async () => {
    const cors = corsHeaders(request)
    if (request.method === 'OPTIONS')
      return new Response(null, { status: 204, headers: cors })
    const answer = await answerOrError(() => handleCloudRequest(host, request))
    for (const [name, value] of Object.entries(cors))
      answer.headers.set(name, value)
    return answer
  })
}

/** The handler of the site port: the HTTP actions of `http.ts`. */
export function createSiteHandler(host: HttpHost): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => void respond(request, response, () => answerOrError(async () => {
    const runtime = await host.runtime()
    const { identity, authToken, authenticationError } = await identifyLater(host, request)
    const hasBody = !WITHOUT_REQUEST_BODY.includes(request.method!)
    return toResponse(await runtime.http({
      url: urlOf(request),
      method: request.method!,
      headers: listHeaders(request),
      body: hasBody ? new Uint8Array(await readBody(request)) : null,
      identity,
      authToken,
      authenticationError,
      metadata: metadataOf(request),
    }))
  }))
}

async function handleCloudRequest(host: HttpHost, request: IncomingMessage): Promise<Response> {
  const runtime = await host.runtime()
  const { pathname, searchParams } = new URL(`http://localhost${request.url}`)
  // A request with HEAD is answered as with GET, without the body.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  switch (`${method} ${pathname}`) {
    case 'GET /':
      return new Response('This Convex deployment is running. See https://docs.convex.dev/.')
    case 'GET /version':
    case 'GET /instance_version':
      return new Response('unknown')
    case 'GET /.well-known/jwks.json':
      return Response.json(host.signingKey.jwks)
    case 'GET /instance_name':
      return new Response('convue')
    case 'POST /api/storage/upload':
      return await answerUpload(runtime.files, request, searchParams.get('token'))
  }
  const [, api, ...rest] = pathname.split('/')
  if (api === 'api') {
    if (method === 'GET' && rest[0] === 'storage' && rest.length === 2)
      return answerDownload(runtime.files, request, decodePart(rest[1]!))
    const path = rest.join('/')
    const answer = await answerFunctionsApi(host, request, path) ?? await answerAdminApi(host, request, path)
    if (answer)
      return answer
  }
  throw new HttpError(404, 'NotFound', 'There is nothing at this path.')
}

interface CallerOrError {
  identity: Identity
  authToken?: string | undefined
  authenticationError: Error | null
}

/**
 * The identity of a request to an HTTP action. The header `Authorization` is not always meant for
 * Convex: Better Auth also accepts its sessions as bearer tokens, for example. So an invalid header
 * only causes an error if the function requests the identity.
 */
async function identifyLater(host: HttpHost, request: IncomingMessage): Promise<CallerOrError> {
  // The HTTP action receives an `adminKey` parameter of the URL. It is not read as the admin key.
  if (request.headers.authorization === undefined)
    return { identity: null, authenticationError: null }
  try {
    const { identity, authToken } = await identify(host, request)
    return { identity, authToken, authenticationError: null }
  }
  catch (error) {
    if (error instanceof AuthenticationError || error instanceof HttpError)
      return { identity: null, authenticationError: error }
    throw error
  }
}

/** The URL that the client has requested, even if a proxy that terminates TLS has forwarded it. */
function urlOf({ headers, url }: IncomingMessage): string {
  const forwarded = /(?:^|;)\s*proto\s*=\s*"?([a-z]+)/i.exec(headers.forwarded?.split(',')[0] ?? '')?.[1]
  const scheme = String(headers['x-forwarded-proto'] ?? forwarded ?? 'http').split(',')[0]!.trim()
  return `${scheme}://${headers.host}${url}`
}

async function answerOrError(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer()
  }
  catch (error) {
    if (error instanceof HttpError)
      return error.toResponse()
    if (error instanceof AuthenticationError)
      return Response.json({ code: error.code, message: error.message }, { status: 401 })
    // A client that disconnects in the middle of an upload is not an error of the server.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET')
      console.error('A request failed:', error)
    return Response.json({ code: 'InternalServerError', message: (error as Error).message }, { status: 500 })
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: () => Promise<Response>,
): Promise<void> {
  const { status, headers, body } = await answer()
  const cookies = headers.getSetCookie()
  headers.delete('set-cookie')
  try {
    const withCookies = cookies.length > 0 ? { 'set-cookie': cookies } : {}
    response.writeHead(status, { ...Object.fromEntries(headers), ...withCookies })
  }
  catch (error) {
    // An HTTP action has set a header that Node refuses. The client must receive an answer.
    console.error('A response cannot be sent:', error)
    await body?.cancel()
    response.writeHead(500, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ code: 'InternalServerError', message: (error as Error).message }))
    return
  }
  // The client must receive the headers even if the first part of the body takes a long time.
  response.flushHeaders()
  try {
    if (request.method === 'HEAD')
      await body?.cancel()
    else if (body)
      await send(body, response)
    response.end()
  }
  catch (error) {
    // The headers have been sent: only a broken connection shows that the body is incomplete.
    response.destroy(error as Error)
  }
}

/**
 * Sends a body no faster than the client reads it. When the client disconnects, the body is
 * cancelled at once, without waiting for the next part, which may never arrive.
 */
async function send(body: ReadableStream<Uint8Array>, response: ServerResponse): Promise<void> {
  const reader = body.getReader()
  // The client may have disconnected before the function has responded.
  if (response.closed)
    return await reader.cancel()
  const closed = once(response, 'close').then(() => reader.cancel())
  // A body that has failed cannot be cancelled.
  closed.catch(() => {})
  for (;;) {
    const { done, value } = await reader.read()
    if (done || response.destroyed)
      return
    if (!response.write(value))
      await Promise.race([once(response, 'drain'), closed])
  }
}

export function toResponse({ status, headers, body }: HttpReply): Response {
  const sent = body instanceof ReadableStream ? body.pipeThrough(limitBody()) : body
  return new Response(WITHOUT_BODY.includes(status) ? null : sent, { status, headers })
}

/** Drops the parts of a response body that are beyond Convex's limit. */
function limitBody(): TransformStream<Uint8Array, Uint8Array> {
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      if (size + chunk.length > MAX_BODY_BYTES) {
        console.error('HttpResponseTooLarge: HTTP actions support responses up to 20 MiB')
        return
      }
      size += chunk.length
      controller.enqueue(chunk)
    },
  })
}

function listHeaders(request: IncomingMessage): [name: string, value: string][] {
  return Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
    values.map(value => [name, value] as [string, string]))
}

/** The CORS headers for a page that may call the deployment. */
function corsHeaders(request: IncomingMessage): Record<string, string> {
  return {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, POST, OPTIONS, PATCH, DELETE, PUT',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '86400',
    'vary': 'Origin',
  }
}
