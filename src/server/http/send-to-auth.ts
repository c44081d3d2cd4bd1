/** Sends requests to Better Auth: to the deployment over HTTP, or to the server in this process. */
import type { AuthRequestPurpose, ServerConfig } from '../config/server-config.ts'
import { publicOrigin } from '../config/public-origin.ts'

/** A request to Better Auth. */
export interface AuthRequest {
  purpose: AuthRequestPurpose
  /** Path and query, beginning with the path of Better Auth's routes. */
  path: string
  method?: string
  headers: Headers
  body?: Blob | undefined
}

/** The error if the app's `requestAuth` has failed. Contains no text of the app's own error. */
export class RequestAuthError extends Error {}

/**
 * Sends a request to Better Auth. A redirect is returned and not followed. `incoming` is the
 * request of the client that causes this request.
 *
 * @throws RequestAuthError; the errors of `fetch`
 */
export async function sendToAuth(
  config: ServerConfig,
  incoming: Request,
  { purpose, path, ...init }: AuthRequest,
  signal: AbortSignal,
): Promise<Response> {
  const { authServer } = config
  if (authServer.kind === 'deployment')
    return await config.fetch(authServer.siteUrl + path, { ...init, redirect: 'manual', signal })
  const { protocol, host } = publicOrigin(incoming, config)
  const request = new Request(`${protocol}://${host}${path}`, { ...init, redirect: 'manual', signal })
  authServer.requests.set(request, purpose)
  return await runRequestAuth(() => authServer.requestAuth(request, incoming))
}

/**
 * The purpose of Convue's own request to Better Auth in this process; `undefined` for any other
 * request.
 */
export function purposeOf(request: Request, { authServer }: ServerConfig): AuthRequestPurpose | undefined {
  return authServer.kind === 'local' ? authServer.requests.get(request) : undefined
}

async function runRequestAuth(requestAuth: () => Promise<Response>): Promise<Response> {
  let response: Response
  try {
    response = await requestAuth()
  }
  catch {
    // The error is not passed on, since it could contain headers of the request.
    throw new RequestAuthError('`requestAuth` has thrown an error')
  }
  // Does not use `instanceof`, since a framework may have its own `Response`.
  if (typeof response?.headers?.getSetCookie !== 'function')
    throw new RequestAuthError('`requestAuth` has not returned a `Response`')
  return response
}
