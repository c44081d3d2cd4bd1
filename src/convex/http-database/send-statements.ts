/** Sends statements to the deployment in one request, and reads the outcome of each. */
import type { ConvueError } from '../../errors/convue-error.ts'
import type { AnswerBody, StatementResult } from './protocol.ts'
import type { EncodedStatement, Outcome } from './statement-batch.ts'
import type { Target } from './target.ts'
import { ConvexError, jsonToConvex } from 'convex/values'
import { isRead } from '../database/statement.ts'
import { restoreError, setupError } from '../setup-error.ts'
import { untilConnectionIsFree } from './free-connection.ts'
import { PROTOCOL_VERSION } from './protocol.ts'

/** The status and the whole body of an answer. */
interface Answer {
  status: number
  text: string
}

/** The outcome of each statement. If the request fails as a whole, all statements fail. */
export async function sendStatements(statements: EncodedStatement[], readTarget: () => Target): Promise<Outcome[]> {
  try {
    const target = readTarget()
    const body = `{"version":${PROTOCOL_VERSION},"statements":[${statements.map(({ json }) => json).join()}]}`
    // A request that writes may have been executed, even if its answer was lost.
    const attempts = statements.every(({ statement }) => isRead(statement)) ? 2 : 1
    const answer = await requestAnswer(target, body, attempts)
    return readAnswer(answer, target, statements.length).map(outcomeOf)
  }
  catch (error) {
    return statements.map(() => ({ error: error as ConvueError }))
  }
}

/** @throws ConvueError `AUTH_DATABASE_UNREACHABLE` */
async function requestAnswer(target: Target, body: string, attempts: number): Promise<Answer> {
  try {
    const response = await target.fetch(target.url, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${target.secret}`, 'content-type': 'application/json' },
      body,
      // A redirect is not followed: another address must not receive the statements.
      redirect: 'manual',
      signal: AbortSignal.timeout(target.timeoutMs),
    })
    // The whole body is read in any case, so that the next request uses the same connection.
    const text = await response.text()
    await untilConnectionIsFree()
    return { status: response.status, text }
  }
  catch (error) {
    const isTimeout = error instanceof Error && error.name === 'TimeoutError'
    // The request may have failed because the server was just closing the open connection that it
    // used.
    if (!isTimeout && attempts > 1)
      return await requestAnswer(target, body, attempts - 1)
    throw unreachable(target, isTimeout ? `no answer within ${target.timeoutMs} ms` : networkProblem(error))
  }
}

/**
 * Describes an error only by its code, such as `ECONNREFUSED`: errors of some versions of `fetch`
 * contain the headers of the request.
 */
function networkProblem(error: unknown): string {
  const { code } = ((error as Error | undefined)?.cause ?? error ?? {}) as { code?: unknown }
  const isCode = typeof code === 'string' && /^[A-Z_]+$/.test(code)
  return `the connection failed${isCode ? ` (${code})` : ''}`
}

/** @throws ConvueError if the request was refused, or if another server has answered. */
function readAnswer({ status, text }: Answer, target: Target, count: number): StatementResult[] {
  if (status === 401)
    throw setupError('AUTH_DATABASE_REFUSED')
  if (status === 404 || status === 405)
    throw setupError('AUTH_DATABASE_ROUTE_MISSING', target.url)
  const body = parse(text)
  if (status === 200 && Array.isArray(body?.results) && body.results.length === count)
    return body.results
  if (status >= 400 && status < 500 && typeof body?.code === 'string')
    throw setupError('AUTH_DATABASE_REQUEST_INVALID', refusalProblem(body.code))
  throw unreachable(target, status === 200 ? 'the answer has another form' : `the status of the answer is ${status}`)
}

function refusalProblem(code: string): string {
  if (code === 'TOO_LARGE')
    return 'the statement is too large'
  if (code === 'VERSION')
    return 'the deployment and this server use different versions of Convue'
  return 'the deployment does not accept the form of the request'
}

function parse(text: string): Partial<AnswerBody & { code: unknown }> | null {
  try {
    return JSON.parse(text)
  }
  catch {
    return null
  }
}

function outcomeOf(result: StatementResult): Outcome {
  if ('value' in result)
    return { value: jsonToConvex(result.value) }
  const { error } = result
  if (error.type === 'app')
    return { error: new ConvexError(jsonToConvex(error.data)) }
  const restored = error.type === 'convue' ? restoreError(error.parts) : null
  return { error: restored ?? setupError('AUTH_STATEMENT_FAILED') }
}

function unreachable({ url }: Target, problem: string): ConvueError {
  return setupError('AUTH_DATABASE_UNREACHABLE', { url, problem })
}
