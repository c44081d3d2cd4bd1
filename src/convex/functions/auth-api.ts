/** Makes errors of Better Auth's API readable for the users of an app. */
import type { AuthError, AuthErrorData } from './auth-error.ts'
import { ConvexError } from 'convex/values'
import { setupError } from '../setup-error.ts'

/** The part of Better Auth's `APIError` that is used. Its class differs between versions. */
interface ApiError extends Error {
  statusCode: number
  body?: { code?: unknown, message?: unknown }
}

/** The part of a Better Auth instance that is used: its API. */
export interface AuthWithApi {
  api: object
}

/**
 * The codes for errors of Better Auth that have a status and no code. Better Auth's code for a
 * request without a session is `UNAUTHORIZED`, which is replaced too.
 */
const CODES: Record<number, string> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  429: 'TOO_MANY_REQUESTS',
}

/**
 * `auth.api` for Convex functions: its methods throw a `ConvexError` with `code`, `message` and
 * `status` where Better Auth throws an `APIError`. Convex sends the data of a `ConvexError` to the
 * page in production, and replaces the message of any other error with "Server Error".
 *
 * A redirect, which Better Auth also throws as an `APIError`, and all other errors stay unchanged.
 *
 * @param auth The result of `betterAuth`.
 * @throws {ConvueError} `CONVEX_OPTION_INVALID` if `auth` has no API.
 */
export function wrapAuthApi<Auth extends AuthWithApi>(auth: Auth): Auth['api'] {
  if (typeof auth?.api !== 'object')
    throw setupError('CONVEX_OPTION_INVALID', '`wrapAuthApi` needs the result of `betterAuth`')
  return new Proxy(auth.api, {
    get(api, name, receiver) {
      const endpoint: unknown = Reflect.get(api, name, receiver)
      return typeof endpoint === 'function' ? wrapEndpoint(endpoint as Endpoint) : endpoint
    },
  })
}

type Endpoint = (...args: any[]) => any

/** Endpoints have properties of their own, such as `path` and `options`, which remain. */
function wrapEndpoint(endpoint: Endpoint): Endpoint {
  return new Proxy(endpoint, {
    async apply(call, self, args) {
      try {
        return await Reflect.apply(call, self, args)
      }
      catch (error) {
        throw toConvexError(error)
      }
    },
  })
}

/** The `ConvexError` for an `APIError`; other errors, and redirects, are returned unchanged. */
function toConvexError(error: unknown): unknown {
  return isFailure(error) ? new ConvexError(dataOf(error)) satisfies AuthError : error
}

function isFailure(error: unknown): error is ApiError {
  return error instanceof Error && error.name === 'APIError' && (error as ApiError).statusCode >= 400
}

function dataOf({ statusCode, body, message }: ApiError): AuthErrorData {
  const { code, message: sentence } = body ?? {}
  const hasCode = typeof code === 'string' && code !== 'UNAUTHORIZED'
  return {
    code: hasCode ? code : CODES[statusCode] ?? 'AUTH_API_ERROR',
    message: typeof sentence === 'string' ? sentence : message || 'The request failed.',
    status: statusCode,
  }
}
