import type { FunctionReference } from 'convex/server'
import type { JSONValue, Value } from 'convex/values'
import type { ServerConfig } from '../config/server-config.ts'
import { getFunctionName } from 'convex/server'
import { ConvexError, convexToJson, jsonToConvex } from 'convex/values'
import { serverError } from '../config/server-error.ts'
import { askUpstream, isJsonUnauthorized, reasonOf } from '../http/request-upstream.ts'

/** Convex's own status for a function that ran and failed. */
const FUNCTION_FAILED = 560

/** Convex limits a result to 16 MiB, which are more as JSON. */
const MAX_RESULT_BYTES = 2 ** 25

export type FunctionKind = 'query' | 'mutation' | 'action'

/** A call as it travels: `args` in Convex's JSON. */
export interface FunctionCall {
  kind: FunctionKind
  name: string
  args: JSONValue
}

/**
 * Writes a call down.
 *
 * @throws {ConvueError} `FUNCTION_INVALID`, `ARGS_INVALID`
 */
export function encodeCall(kind: FunctionKind, reference: FunctionReference<any, any>, args: Record<string, Value> = {}): FunctionCall {
  return { kind, name: nameOf(reference), args: encodeArgs(args) }
}

/**
 * Calls a function of the deployment over HTTP, once.
 *
 * @returns its answer in Convex's JSON.
 * @throws what the function throws; {@link ConvueError} `TOKEN_REJECTED` if the deployment refused the token and so did not run it,
 * `FUNCTION_REQUEST_FAILED`.
 */
export async function callFunction(config: ServerConfig, { kind, name, args }: FunctionCall, token: string | null): Promise<JSONValue> {
  const answer = await askUpstream(config, `${config.convexUrl}/api/${kind}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ path: name, format: 'convex_encoded_json', args: [args] }),
  }, { timeoutMs: kind === 'action' ? null : config.timeoutMs, maxBytes: MAX_RESULT_BYTES })

  if (token && isJsonUnauthorized(answer))
    throw serverError('TOKEN_REJECTED')
  const outcome = answer.kind === 'answer' && (answer.status === 200 || answer.status === FUNCTION_FAILED) ? answer.body : null
  switch (outcome?.status) {
    case 'success':
      return outcome.value as JSONValue ?? null
    case 'error':
      throw functionError(String(outcome.errorMessage), outcome.errorData as JSONValue | undefined)
    default:
      throw serverError('FUNCTION_REQUEST_FAILED', reasonOf(answer))
  }
}

function functionError(message: string, data: JSONValue | undefined): Error {
  if (data === undefined)
    return new Error(message)
  const error = new ConvexError(jsonToConvex(data))
  error.message = message
  return error
}

function nameOf(reference: FunctionReference<any, any>): string {
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
