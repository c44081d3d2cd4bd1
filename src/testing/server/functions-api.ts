/** The routes of Convex's HTTP API that call functions. */
import type { JSONValue } from 'convex/values'
import type { IncomingMessage } from 'node:http'
import type { Caller } from '../runtime/admin-key.ts'
import type { Call, Outcome, RequestMetadata } from '../runtime/call.ts'
import type { FunctionKind, FunctionsCatalog } from '../runtime/functions-catalog.ts'
import type { KeptSnapshots } from '../runtime/kept-snapshots.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { CallerHost } from './caller.ts'
import { ConflictError } from '../engine/conflict-error.ts'
import { HttpError } from '../http-error.ts'
import { parseFunctionName } from '../runtime/function-path.ts'
import { decodeTimestamp, encodeTimestamp } from '../sync/protocol.ts'
import { identify } from './caller.ts'
import { toCleanJson } from './clean-json.ts'
import { decodePart, parseJson, readJson, readObject } from './request-body.ts'

/** The parts of a deployment that calls over HTTP need. */
export interface FunctionsApiHost extends CallerHost {
  runtime: () => Promise<Runtime>
  catalog: () => FunctionsCatalog
  snapshots: () => KeptSnapshots
}

/** A call as the body of a request describes it. */
interface FunctionRequest {
  path: string
  args: JSONValue
  format: Format
  ts?: string
  componentPath?: string
}

/** Convex's encoding of all values, or JSON that loses types. */
type Format = 'convex_encoded_json' | 'json'

const FORMATS: Record<string, Format> = {
  convex_encoded_json: 'convex_encoded_json',
  convex_json: 'convex_encoded_json',
  json: 'json',
  convex_clean_json: 'json',
}

/** Answers a route below `/api`, or returns `null` if there is no such route. */
export async function answerFunctionsApi(
  host: FunctionsApiHost,
  request: IncomingMessage,
  path: string,
): Promise<Response | null> {
  if (path.startsWith('run/') && request.method === 'POST')
    return await answerRun(host, request, path.slice('run/'.length))
  switch (`${request.method} ${path}`) {
    case 'POST query_ts':
      await host.runtime()
      return Response.json({ ts: encodeTimestamp(host.snapshots().keep()) })
    case 'GET query':
      return await answerCall(host, request, 'query', readSearch(request))
    case 'POST query':
      return await answerCall(host, request, 'query', await readRequest(request))
    case 'POST query_at_ts':
      return await answerQueryAt(host, request)
    case 'POST query_batch':
      return await answerBatch(host, request)
    case 'POST mutation':
      return await answerCall(host, request, 'mutation', await readRequest(request))
    case 'POST action':
      return await answerCall(host, request, 'action', await readRequest(request))
    case 'POST function':
      return await answerCall(host, request, null, await readRequest(request))
    default:
      return null
  }
}

/** The IP address and the user agent of the client that has sent a request. */
export function metadataOf({ headers, socket }: IncomingMessage): RequestMetadata {
  const [forwarded] = String(headers['x-forwarded-for'] ?? '').split(',')
  return { ip: forwarded?.trim() || (socket.remoteAddress ?? null), userAgent: headers['user-agent'] ?? null }
}

async function answerCall(
  host: FunctionsApiHost,
  request: IncomingMessage,
  kind: FunctionKind | null,
  body: FunctionRequest,
): Promise<Response> {
  const runtime = await host.runtime()
  const caller = await identify(host, request)
  const call = toCall(body, caller, request)
  return Response.json(toAnswer(await run(runtime, kind ?? kindOf(host, call), call), body.format))
}

/** The kind of a function. If the function does not exist, any kind leads to the same error. */
function kindOf({ catalog }: FunctionsApiHost, { name, component = '' }: Call): FunctionKind {
  return catalog().lookup(parseFunctionName(component, name))?.kind ?? 'query'
}

async function run(runtime: Runtime, kind: FunctionKind, call: Call): Promise<Outcome> {
  switch (kind) {
    case 'query':
      return await runtime.query(call)
    case 'mutation':
      return (await runtime.mutation(call)).outcome
    case 'action':
      return await runtime.action(call)
    default:
      return kind satisfies never
  }
}

/** `POST /api/run/messages/list`: the last part of the path is the name of the function. */
async function answerRun(host: FunctionsApiHost, request: IncomingMessage, path: string): Promise<Response> {
  const parts = path.split('/').map(decodePart)
  const name = parts.pop()
  if (parts.length === 0 || !name) {
    const message = 'Path or function name not provided in path, e.g. /api/run/messages/list'
    throw new HttpError(400, 'MissingIdentifier', message)
  }
  const body = await readJson(request) as object
  const named = { ...body, path: `${parts.join('/')}:${name}`, componentPath: undefined }
  return await answerCall(host, request, null, toRequest(named))
}

async function answerQueryAt(host: FunctionsApiHost, request: IncomingMessage): Promise<Response> {
  const runtime = await host.runtime()
  const body = await readRequest(request)
  const caller = await identify(host, request)
  if (typeof body.ts !== 'string')
    throw missingField('ts')
  const outcome = await queryAt(host, runtime, toCall(body, caller, request), readTimestamp(body.ts))
  return Response.json(toAnswer(outcome, body.format))
}

function readTimestamp(text: string): bigint {
  try {
    return decodeTimestamp(text)
  }
  catch (error) {
    throw new HttpError(400, 'BadJsonBody', (error as Error).message)
  }
}

/** All queries of a batch read the data of the same timestamp. */
async function answerBatch(host: FunctionsApiHost, request: IncomingMessage): Promise<Response> {
  const runtime = await host.runtime()
  const { queries } = await readObject(request)
  if (!Array.isArray(queries))
    throw missingField('queries')
  const requests = queries.map(toRequest)
  const caller = await identify(host, request)
  const results = await runtime.atSnapshot(async (snapshot) => {
    const results: unknown[] = []
    for (const body of requests) {
      const query = { ...toCall(body, caller, request), journal: null }
      const { outcome } = await runtime.readQuery(query, snapshot, () => null)
      results.push(toAnswer(outcome, body.format))
    }
    return results
  })
  return Response.json({ results })
}

async function queryAt(host: FunctionsApiHost, runtime: Runtime, call: Call, ts: bigint): Promise<Outcome> {
  const snapshot = host.snapshots().find(ts)
  try {
    if (snapshot)
      return (await runtime.readQuery({ ...call, journal: null }, snapshot, () => null)).outcome
  }
  catch (error) {
    // The indexes have changed since the timestamp, so its data cannot be read any more.
    if (!(error instanceof ConflictError))
      throw error
  }
  throw new HttpError(503, 'OutOfRetention', 'The deployment does not keep the data of this timestamp. '
    + 'Request a timestamp from /api/query_ts first.')
}

function toCall(body: FunctionRequest, { identity, isAdmin, authToken }: Caller, request: IncomingMessage): Call {
  const { path, args, componentPath } = body
  if (componentPath && !isAdmin)
    throw new HttpError(403, 'Unauthorized', 'Only an admin can call the functions of a component.')
  return {
    name: path,
    args,
    identity,
    connection: null,
    caller: isAdmin ? 'trusted' : 'client',
    metadata: metadataOf(request),
    authToken,
    ...componentPath && { component: componentPath },
  }
}

async function readRequest(request: IncomingMessage): Promise<FunctionRequest> {
  return toRequest(await readJson(request))
}

/** The call in the parameters of `GET /api/query`. */
function readSearch(request: IncomingMessage): FunctionRequest {
  const { path, args, format } = Object.fromEntries(new URL(`http://localhost${request.url}`).searchParams)
  if (path === undefined || args === undefined) {
    const missing = path === undefined ? 'path' : 'args'
    throw new HttpError(400, 'BadQueryArgs', `Failed to deserialize query string: missing field \`${missing}\``)
  }
  return toRequest({ path, args: parseJson(args, 'BadQueryArgs', 'the parameter `args`'), format })
}

function toRequest(body: unknown): FunctionRequest {
  const { path, args, format, ts, componentPath } = (body ?? {}) as Partial<Record<string, unknown>>
  if (typeof path !== 'string')
    throw missingField('path')
  if (args === undefined)
    throw missingField('args')
  return {
    path,
    args: args as JSONValue,
    format: toFormat(format),
    ...typeof ts === 'string' && { ts },
    ...typeof componentPath === 'string' && { componentPath },
  }
}

function toFormat(format: unknown = 'json'): Format {
  const found = FORMATS[String(format ?? 'json')]
  if (!found)
    throw new HttpError(400, 'BadFormat', `format param must be one of [\`json\`]. Got ${String(format)}`)
  return found
}

function toAnswer(outcome: Outcome, format: Format): object {
  const encode = format === 'json' ? toCleanJson : (value: JSONValue) => value
  const { logLines } = outcome
  if (outcome.status === 'success')
    return { status: 'success', value: encode(JSON.parse(outcome.json)), logLines }
  const { message, data } = outcome
  return { status: 'error', errorMessage: message, ...data !== undefined && { errorData: encode(data) }, logLines }
}

function missingField(name: string): HttpError {
  const message = `Failed to deserialize the JSON body into the target type: missing field \`${name}\``
  return new HttpError(400, 'BadJsonBody', message)
}
