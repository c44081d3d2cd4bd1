/** Runs the statements of one request on the deployment. */
import type { Row, Statement } from '../database/statement.ts'
import type { StatementFailure, StatementResult } from './protocol.ts'
import { ConvexError, convexToJson } from 'convex/values'
import { ConvueError } from '../../errors/convue-error.ts'
import { isRead } from '../database/statement.ts'
import { partsOf } from '../portable-error.ts'

/**
 * Runs statements in their order, and each of them succeeds or fails on its own. Statements that
 * read run at the same time as adjacent statements that read. A statement that writes runs alone.
 */
export async function runStatements(
  statements: Statement[],
  run: (statement: Statement) => Promise<Row[] | number>,
): Promise<StatementResult[]> {
  const results: Promise<StatementResult>[] = []
  for (const statement of statements) {
    if (!isRead(statement))
      await Promise.all(results)
    const result = resultOf(() => run(statement))
    results.push(result)
    if (!isRead(statement))
      await result
  }
  return await Promise.all(results)
}

async function resultOf(run: () => Promise<Row[] | number>): Promise<StatementResult> {
  try {
    return { value: convexToJson(await run()) }
  }
  catch (error) {
    return { error: failureOf(error) }
  }
}

function failureOf(error: unknown): StatementFailure {
  if (error instanceof ConvueError)
    return { type: 'convue', parts: partsOf(error) }
  if (error instanceof ConvexError)
    return { type: 'app', data: convexToJson(error.data) }
  // The message may contain values of rows, so only the log of the deployment shows it.
  console.error(error)
  return { type: 'unknown' }
}
