/** The HTTP endpoints of a deployment: functions, files and HTTP actions. */
import type { JSONValue } from 'convex/values'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from './auth.ts'
import type { Identity } from './identity.ts'
import type { Call, Outcome, Runtime } from './runtime.ts'
import type { StorageAddresses } from './storage.ts'
import { Buffer } from 'node:buffer'
import { AuthenticationError } from './auth.ts'
import { encodeTimestamp } from './protocol.ts'

/** Larger bodies are refused. */
const MAX_BODY_BYTES = 20 * 2 ** 20

/** The status of Convex's answer if the function itself has failed. */
const FUNCTION_FAILED = 560

/** An answer other than success, in the form of Convex's HTTP API. */
class HttpError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The parts of a deployment that the two ports need. */
export interface HttpHost {
  /** Resolves once the functions are loaded. */
  runtime: () => Promise<Runtime>
  authenticator: () => Promise<Authenticator>
  storage: StorageAddresses
  siteUrl: () => string
}

/** The handler of the cloud port: calls of functions over HTTP, and files. */
export function createCloudHandler(host: HttpHost): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => void respond(response, async () => {
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
  return (request, response) => void respond(response, () => answerOrError(async () => {
    const runtime = await host.runtime()
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
    const webRequest = new Request(host.siteUrl() + request.url, {
      method: request.method!,
      headers: toHeaders(request),
      ...(hasBody ? { body: await readBody(request) } : {}),
    })
    // The bearer token may not be a token for Convex: Better Auth also accepts its sessions as
    // bearer tokens.
    const identity = await identify(host, request).catch((error) => {
      if (error instanceof AuthenticationError)
        return null
      throw error
    })
    return await runtime.http(webRequest, identity)
  }))
}

async function handleCloudRequest(host: HttpHost, request: IncomingMessage): Promise<Response> {
  const runtime = await host.runtime()
  const { pathname, searchParams } = new URL(`http://localhost${request.url}`)
  const [, api, endpoint, name] = pathname.split('/')
  const route = `${request.method} ${api === 'api' ? endpoint : pathname}`
  switch (route) {
    case 'GET /version':
      return new Response('unknown')
    case 'GET /instance_name':
      return new Response('convue')
    case 'POST query_ts':
      return Response.json({ ts: encodeTimestamp(runtime.database.timestamp) })
    case 'POST query':
    case 'POST query_at_ts':
      return answerCall(await runtime.query(await readCall(host, request)))
    case 'POST mutation':
      return answerCall((await runtime.mutation(await readCall(host, request))).outcome)
    case 'POST action':
      return answerCall(await runtime.action(await readCall(host, request)))
    case 'POST storage': {
      const component = name === 'upload' ? host.storage.resolveUpload(searchParams.get('token') ?? '') : undefined
      if (component === undefined)
        throw new HttpError(401, 'Unauthorized', 'This upload URL is not valid, or no longer.')
      const file = new Blob([await readBody(request)], { type: request.headers['content-type'] ?? '' })
      return Response.json({ storageId: await runtime.database.storeFile(component, file) })
    }
    case 'GET storage': {
      const address = host.storage.resolveFile(name ?? '')
      const file = address && runtime.database.readFile(address.component, address.storageId)
      if (!file)
        throw new HttpError(404, 'FileNotFound', `File ${name} not found`)
      return new Response(file, { headers: { 'content-type': file.type || 'application/octet-stream' } })
    }
    default:
      throw new HttpError(404, 'NotFound', 'There is nothing at this path.')
  }
}

async function readCall(host: HttpHost, request: IncomingMessage): Promise<Call> {
  const identity = await identify(host, request)
  const text = (await readBody(request)).toString()
  const body = parseJson(text) as { path?: unknown, args?: JSONValue } | null
  if (typeof body?.path !== 'string')
    throw new HttpError(400, 'BadJsonBody', 'Failed to deserialize the JSON body into the target type: missing field `path`')
  return { name: body.path, args: body.args ?? {}, identity, connection: null, caller: 'client' }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch (error) {
    throw new HttpError(400, 'BadJsonBody', `Failed to parse the request body as JSON: ${(error as Error).message}`)
  }
}

function answerCall(outcome: Outcome): Response {
  if (outcome.status === 'success')
    return Response.json({ status: 'success', value: outcome.value, logLines: [] })
  const { message, data } = outcome
  return Response.json({ status: 'error', errorMessage: message, errorData: data, logLines: [] }, { status: FUNCTION_FAILED })
}

/** The identity of the request's bearer token. */
async function identify(host: HttpHost, request: IncomingMessage): Promise<Identity> {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || !token)
    return null
  return (await (await host.authenticator()).verify(token)).identity
}

async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let size = 0
  // A body that is too large is read to its end without being kept, since a client that is still
  // sending does not read the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES)
      chunks.push(chunk)
  }
  if (size > MAX_BODY_BYTES)
    throw new HttpError(413, 'RequestTooLarge', `The request body is larger than ${MAX_BODY_BYTES} bytes.`)
  return Buffer.concat(chunks)
}

async function answerOrError(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer()
  }
  catch (error) {
    if (error instanceof HttpError)
      return Response.json({ code: error.code, message: error.message }, { status: error.status })
    if (error instanceof AuthenticationError)
      return Response.json({ code: error.code, message: error.message }, { status: 401 })
    // A client that disconnects in the middle of an upload is not an error of the server.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET')
      console.error('A request failed:', error)
    return Response.json({ code: 'InternalServerError', message: (error as Error).message }, { status: 500 })
  }
}

async function respond(response: ServerResponse, answer: () => Promise<Response>): Promise<void> {
  const { status, headers, body } = await answer()
  const cookies = headers.getSetCookie()
  headers.delete('set-cookie')
  response.writeHead(status, { ...Object.fromEntries(headers), ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}) })
  try {
    for await (const chunk of body ?? [])
      response.write(chunk)
    response.end()
  }
  catch (error) {
    // The headers have been sent: only a broken connection shows that the body is incomplete.
    response.destroy(error as Error)
  }
}

function toHeaders(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    for (const item of [value ?? []].flat())
      headers.append(name, item)
  }
  return headers
}

/** The CORS headers for a page that may call the deployment. */
function corsHeaders(request: IncomingMessage): Record<string, string> {
  return {
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    'vary': 'Origin',
  }
}
