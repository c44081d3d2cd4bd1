import type { JsonObject } from '../../shared/auth-answers.ts'
import type { ServerConfig } from '../config/server-config.ts'
import { isUnauthorized, readJsonAnswer } from '../../shared/auth-answers.ts'
import { readBody } from './read-body.ts'
import { TimeoutError, withTimeout } from './with-timeout.ts'

/** How a request of our own to the deployment ended. */
export type UpstreamAnswer
  = | { kind: 'answer', status: number, headers: Headers, body: JsonObject | null }
    /** No JSON object or `null`, as a firewall's page is none; or no answer at all. `reason` holds nothing that somebody else wrote. */
    | { kind: 'failure', status: number | null, reason: string }

/** How much of an answer is accepted. */
export interface AnswerLimits {
  /** For the whole answer; `null` for no limit. @default `timeoutMs` of the server */
  timeoutMs?: number | null
  /** The length of its body. @default 1 MiB, far more than a session or a token has */
  maxBytes?: number
}

/** Asks the deployment for JSON. Never rejects, and follows no redirect, which could carry credentials elsewhere. */
export async function askUpstream(
  config: ServerConfig,
  url: string,
  init: RequestInit,
  { timeoutMs = config.timeoutMs, maxBytes = 2 ** 20 }: AnswerLimits = {},
): Promise<UpstreamAnswer> {
  try {
    return await withTimeout(timeoutMs, async (signal) => {
      const response = await config.fetch(url, { ...init, redirect: 'manual', signal })
      const { status, headers } = response
      const content = await readBody(response, maxBytes)
      if (content === null) {
        // The connection is of no use until the rest has been read.
        response.body?.cancel().catch(() => {})
        return { kind: 'failure', status, reason: `${status} with more than ${maxBytes} bytes` }
      }
      const body = readJsonAnswer(await content.text())
      return body === undefined
        ? { kind: 'failure', status, reason: `${status} without JSON` }
        : { kind: 'answer', status, headers, body }
    })
  }
  catch (error) {
    const reason = error instanceof TimeoutError ? `no answer within ${timeoutMs} ms` : `no connection${networkCode(error)}`
    return { kind: 'failure', status: null, reason }
  }
}

/** Whether Better Auth or Convex itself said that nobody is there. A firewall's 401 is no JSON, and any other status says nothing about the person. */
export function isJsonUnauthorized(answer: UpstreamAnswer): boolean {
  return answer.kind === 'answer' && isUnauthorized(answer.status, answer.body)
}

/** Why an answer is not the one that was hoped for, in words of our own. */
export function reasonOf(answer: UpstreamAnswer): string {
  return answer.kind === 'failure' ? answer.reason : `${answer.status} with something else than expected`
}

/** The system's word for it, such as ECONNREFUSED. A message could hold the headers of the request. */
function networkCode(error: unknown): string {
  const code = (error as any)?.cause?.code ?? (error as any)?.code
  return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? ` (${code})` : ''
}
