/** The auth proxy: forwards requests to Better Auth, and returns its answers. */
import type { ServerConfig } from '../config/server-config.ts'
import type { AuthRequest } from '../http/send-to-auth.ts'
import { readBody } from '../http/read-body.ts'
import { purposeOf, sendToAuth } from '../http/send-to-auth.ts'
import { TimeoutError, withTimeout } from '../http/with-timeout.ts'
import { PRIVATE_HEADERS, requestHeaders, responseHeaders } from '../request/forwarded-headers.ts'
import { authPath } from './auth-path.ts'

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS']

/**
 * Forwards a client's request to Better Auth, with the address of the client, and returns the
 * answer. `findAddress` returns `null` if the address is unknown. Never rejects.
 */
export async function proxyAuth(
  request: Request,
  findAddress: () => string | null,
  config: ServerConfig,
): Promise<Response> {
  if (purposeOf(request, config))
    return refuse(508, 'AUTH_REQUEST_LOOP', 'The function `requestAuth` leads back to `handler`.')
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

  const headers = requestHeaders(request, findAddress(), config)
  const sentBody = body?.size ? body : undefined
  return await forward(request, { purpose: 'client', path, method: request.method, headers, body: sentBody }, config)
}

async function forward(request: Request, authRequest: AuthRequest, config: ServerConfig): Promise<Response> {
  try {
    // The time limit only applies until the answer begins, since a stream may take longer.
    const response = await withTimeout(config.timeoutMs, signal =>
      sendToAuth(config, request, authRequest, AbortSignal.any([signal, request.signal])))
    const answerHeaders = await responseHeaders(response.headers, request, config)
    return new Response(response.body, { status: response.status, headers: answerHeaders })
  }
  catch (error) {
    // The error itself is not passed on: an error of `fetch` may contain addresses, and an error of
    // the app's own `fetch` or `requestAuth` may contain headers.
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
