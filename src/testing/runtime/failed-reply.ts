/** The reply to a request whose HTTP action has failed. */
import type { ErrorDetail } from './failure.ts'
import type { HttpReply } from './http-request.ts'
import { toFunctionError } from './failure.ts'

export function failedReply(error: unknown, detail: ErrorDetail, requestId: string): HttpReply {
  const { text, data } = toFunctionError(error)
  const summary = `[Request ID: ${requestId}] Server Error`
  const [message] = text.split('\n    at ')
  const body = {
    code: summary,
    ...detail === 'development' && { code: `${summary}: ${message!.trimEnd()}`, trace: text },
    ...data !== undefined && { data },
  }
  return { status: 500, headers: [['content-type', 'application/json']], body: JSON.stringify(body) }
}
