/** The auth proxy: forwards requests to Better Auth on the deployment, and returns its answers. */
import type { ServerConfig } from '../config/server-config.ts'
import { readBody } from '../http/read-body.ts'
import { TimeoutError, withTimeout } from '../http/with-timeout.ts'
import { PRIVATE_HEADERS, requestHeaders, responseHeaders } from '../request/forwarded-headers.ts'
import { authPath } from './auth-path.ts'

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS']

/**
 * Forwards a Better Auth request to the deployment, with the address of its client (`null` if
 * unknown), and returns the answer. Never rejects.
 */
export async function proxyAuth(request: Request, address: string | null, config: ServerConfig): Promise<Response> {
  const path = authPath(request.url, config.basePath)
  if (path === null)
    return refuse(404, 'NOT_FOUND', 'No auth route exists at this path.')
  if (!METHODS.includes(request.method)) {
    const allow = METHODS.join(', ')
    return refuse(405, 'METHOD_NOT_ALLOWED', 'Auth routes do not support this method.', { allow })
  }

  let body: Blob | null | undefined
  try {
    if (request.method === 'POST')
      body = await readBody(request, config.maxBodyBytes)
  }
  catch {
    return refuse(400, 'BODY_INCOMPLETE', 'The body of the request could not be read to its end.')
  }
  if (body === null)
    return refuse(413, 'BODY_TOO_LARGE', 'The body of the request is too large.')

  return await forward(request, requestHeaders(request, address, config), path, body, config)
}

async function forward(
  request: Request,
  headers: Headers,
  path: string,
  body: Blob | undefined,
  config: ServerConfig,
): Promise<Response> {
  try {
    // The time limit only applies until the answer begins, since a stream may take longer.
    const response = await withTimeout(config.timeoutMs, signal => config.fetch(config.siteUrl + path, {
      method: request.method,
      headers,
      body: body?.size ? body : undefined,
      redirect: 'manual',
      signal: AbortSignal.any([signal, request.signal]),
    }))
    const answerHeaders = await responseHeaders(response.headers, request, config)
    return new Response(response.body, { status: response.status, headers: answerHeaders })
  }
  catch (error) {
    // The error itself is not passed on: an error of `fetch` may contain addresses, and an error of
    // a custom `fetch` may contain headers.
    if (error instanceof TimeoutError)
      return refuse(504, 'UPSTREAM_TIMEOUT', 'The auth server did not answer in time.')
    return refuse(502, 'UPSTREAM_UNREACHABLE', 'The auth server could not be reached.')
  }
}

/**
 * An answer of the proxy itself, in the form of Better Auth's errors. Never a 401, which would sign
 * the user out.
 */
function refuse(status: number, code: string, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ code, message }, { status, headers: { ...headers, ...PRIVATE_HEADERS } })
}
