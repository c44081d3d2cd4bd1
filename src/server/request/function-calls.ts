/** Calls a Convex function over HTTP. */
import type { FunctionReference } from 'convex/server'
import type { JSONValue, Value } from 'convex/values'
import type { JsonObject } from '../../shared/auth-answers.ts'
import type { ServerConfig } from '../config/server-config.ts'
import type { AnswerLimits, UpstreamAnswer } from '../http/request-upstream.ts'
import { getFunctionName } from 'convex/server'
import { ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { readClaims } from '../../shared/jwt.ts'
import { serverError } from '../config/server-error.ts'
import { failureReason, isJsonUnauthorized, requestUpstream } from '../http/request-upstream.ts'

/** The status with which Convex answers if the function has run and has thrown an error. */
const FUNCTION_FAILED = 560

/** Convex limits a result to 16 MiB. Encoded as JSON, the result may be larger. */
const MAX_RESULT_BYTES = 2 ** 25

export type FunctionKind = 'query' | 'mutation' | 'action'

/** A call as it is sent: `args` are in Convex's JSON. */
export interface FunctionCall {
  kind: FunctionKind
  name: string
  args: JSONValue
}

/**
 * Encodes a call for {@link callFunction}.
 *
 * @throws {ConvueError} `FUNCTION_INVALID`, `ARGS_INVALID`
 */
export function encodeCall(
  kind: FunctionKind,
  reference: FunctionReference<any, any>,
  args: Record<string, Value> = {},
): FunctionCall {
  return { kind, name: functionName(reference), args: encodeArgs(args) }
}

/**
 * Sends a call to the deployment, once.
 *
 * @returns its result in Convex's JSON.
 * @throws the error of the function; {@link ConvueError} `TOKEN_REJECTED` if the deployment
 * rejected the token and has not run the function; `FUNCTION_REQUEST_FAILED`.
 */
export async function callFunction(
  config: ServerConfig,
  { kind, name, args }: FunctionCall,
  token: string | null,
): Promise<JSONValue> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (token)
    headers.authorization = `Bearer ${token}`
  const limits: AnswerLimits = { maxBytes: MAX_RESULT_BYTES }
  if (kind === 'action')
    limits.timeoutMs = null
  const body = JSON.stringify({ path: name, format: 'convex_encoded_json', args: [args] })
  const init = { method: 'POST', headers, body, redirect: 'manual' } as const
  const send = (signal: AbortSignal): Promise<Response> =>
    config.fetch(`${config.convexUrl}/api/${kind}`, { ...init, signal })
  const answer = await requestUpstream(config, send, limits)

  if (token && isJsonUnauthorized(answer))
    throw serverError('TOKEN_REJECTED', readClaims(token) ?? undefined)
  const outcome = outcomeOf(answer)
  switch (outcome?.status) {
    case 'success':
      return outcome.value as JSONValue ?? null
    case 'error':
      throw functionError(String(outcome.errorMessage), outcome.errorData as JSONValue | undefined)
    default:
      throw serverError('FUNCTION_REQUEST_FAILED', failureReason(answer))
  }
}

/**
 * The result or the error of the function; `null` if the answer does not come from Convex, or if
 * the function did not run.
 */
function outcomeOf(answer: UpstreamAnswer): JsonObject | null {
  if (answer.kind === 'answer' && (answer.status === 200 || answer.status === FUNCTION_FAILED))
    return answer.body
  return null
}

function functionError(message: string, data: JSONValue | undefined): Error {
  if (data === undefined)
    return new Error(message)
  const error = new ConvexError(jsonToConvex(data))
  error.message = message
  return error
}

function functionName(reference: FunctionReference<any, any>): string {
  try {
    return getFunctionName(reference)
  }
  catch {
    throw serverError('FUNCTION_INVALID')
  }
}

function encodeArgs(args: Record<string, Value>): JSONValue {
  try {
    return convexToJson(args)
  }
  catch (error) {
    throw serverError('ARGS_INVALID', `Convex cannot store these arguments: ${(error as Error).message}`)
  }
}
