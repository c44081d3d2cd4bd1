/** Sends requests and reads JSON answers, with limits for time and length. Never rejects. */
import type { JsonObject } from '../../shared/auth-answers.ts'
import type { ServerConfig } from '../config/server-config.ts'
import { isUnauthorized, readJsonAnswer } from '../../shared/auth-answers.ts'
import { readText } from './read-body.ts'
import { RequestAuthError } from './send-to-auth.ts'
import { TimeoutError, withTimeout } from './with-timeout.ts'

/** The outcome of a request to the deployment or to Better Auth. */
export type UpstreamAnswer
  = | { kind: 'answer', status: number, headers: Headers, body: JsonObject | null }
    /**
     * There was no answer, or its body was neither a JSON object nor `null`, such as the HTML page
     * of a firewall. `reason` contains no text of the response.
     */
    | { kind: 'failure', status: number | null, reason: string }

/** The limits for an answer. */
export interface AnswerLimits {
  /** The time for an answer, in ms; `null` for no limit. @default `timeoutMs` of the server */
  timeoutMs?: number | null
  /** The greatest length of the body. @default 1 MiB, far more than a session or a token needs */
  maxBytes?: number
}

/**
 * Sends a request, and reads its JSON answer. Never rejects. `send` must not follow redirects,
 * which could send credentials elsewhere.
 */
export async function requestUpstream(
  config: ServerConfig,
  send: (signal: AbortSignal) => Promise<Response>,
  { timeoutMs = config.timeoutMs, maxBytes = 2 ** 20 }: AnswerLimits = {},
): Promise<UpstreamAnswer> {
  try {
    return await withTimeout(timeoutMs, async signal => await readAnswer(await send(signal), maxBytes))
  }
  catch (error) {
    return { kind: 'failure', status: null, reason: noAnswerReason(error, timeoutMs) }
  }
}

function noAnswerReason(error: unknown, timeoutMs: number | null): string {
  if (error instanceof TimeoutError)
    return `no answer within ${timeoutMs} ms`
  if (error instanceof RequestAuthError)
    return error.message
  return `no connection${networkCode(error)}`
}

async function readAnswer(response: Response, maxBytes: number): Promise<UpstreamAnswer> {
  const { status, headers } = response
  const content = await readText(response, maxBytes)
  if (content === null) {
    // The connection can only be reused once the rest of the body has been read or cancelled.
    response.body?.cancel().catch(() => {})
    return { kind: 'failure', status, reason: `${status} with more than ${maxBytes} bytes` }
  }
  const body = readJsonAnswer(content)
  if (body === undefined)
    return { kind: 'failure', status, reason: `${status} without JSON` }
  return { kind: 'answer', status, headers, body }
}

/**
 * Returns whether Better Auth or Convex rejected a session or a token. The 401 of a firewall has
 * no JSON object as its body, and any other status does not mean that the user is signed out.
 */
export function isJsonUnauthorized(answer: UpstreamAnswer): boolean {
  return answer.kind === 'answer' && isUnauthorized(answer.status, answer.body)
}

/** The reason for which an answer cannot be used, without any text of the response. */
export function failureReason(answer: UpstreamAnswer): string {
  if (answer.kind === 'failure')
    return answer.reason
  return `${answer.status} with an unexpected body or status`
}

/**
 * The system's error code, such as ECONNREFUSED. The message of the error could contain
 * headers of the request, so it is not used.
 */
function networkCode(error: unknown): string {
  const code = (error as any)?.cause?.code ?? (error as any)?.code
  if (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code))
    return ` (${code})`
  return ''
}
