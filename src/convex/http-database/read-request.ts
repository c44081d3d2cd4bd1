/** Reads the statements of a request, or returns the reason for which the request is refused. */
import type { Statement } from '../database/statement.ts'
import type { RefusalCode, RequestBody } from './protocol.ts'
import { jsonToConvex } from 'convex/values'
import { LONGEST_BODY, MOST_STATEMENTS, PROTOCOL_VERSION } from './protocol.ts'
import { isStatement } from './statement-shape.ts'

/** The statements of a request, or the status and the code of its refusal. */
export type ReadRequest
  = | { type: 'statements', statements: Statement[] }
    | { type: 'refusal', status: number, code: RefusalCode }

/** Reads the statements of a request. Refuses all of them if one of them is malformed. */
export async function readRequest(request: Request): Promise<ReadRequest> {
  if (!/^application\/json(?:;|$)/.test(request.headers.get('content-type') ?? ''))
    return { type: 'refusal', status: 415, code: 'CONTENT_TYPE' }
  const text = await request.text()
  if (text.length > LONGEST_BODY)
    return { type: 'refusal', status: 413, code: 'TOO_LARGE' }
  const body = parse(text)
  if (body === null)
    return { type: 'refusal', status: 400, code: 'MALFORMED' }
  if (body.version !== PROTOCOL_VERSION)
    return { type: 'refusal', status: 400, code: 'VERSION' }
  const statements = readStatements(body.statements)
  return statements ? { type: 'statements', statements } : { type: 'refusal', status: 400, code: 'MALFORMED' }
}

function parse(text: string): Partial<RequestBody> | null {
  try {
    return JSON.parse(text)
  }
  catch {
    return null
  }
}

function readStatements(values: unknown): Statement[] | null {
  if (!Array.isArray(values) || values.length === 0 || values.length > MOST_STATEMENTS)
    return null
  try {
    const statements: unknown[] = values.map(jsonToConvex)
    return statements.every(isStatement) ? statements : null
  }
  catch {
    // A value is not in Convex's JSON encoding.
    return null
  }
}
