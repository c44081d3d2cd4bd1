/** `convexDatabase`: the database of Better Auth on the app's own server. */
import type { AuthAdapter } from '../database/adapter.ts'
import type { Statement } from '../database/statement.ts'
import type { EncodedStatement } from './statement-batch.ts'
import type { ConvexDatabaseOptions } from './target.ts'
import { convexToJson } from 'convex/values'
import { createAdapter } from '../database/adapter.ts'
import { isLoopback } from '../database/environment.ts'
import { setupError } from '../setup-error.ts'
import { checkPath } from './protocol.ts'
import { sendStatements } from './send-statements.ts'
import { createBatch } from './statement-batch.ts'
import { baseOf, readTarget } from './target.ts'

/**
 * The value of Better Auth's option `database`, for an instance that runs on the app's own server:
 * Nitro, Node, Bun or a worker. The tables are in the app's Convex deployment, whose route
 * `registerAuthDatabaseRoute` has registered. All statements of one tick are sent in one request,
 * and each of them is a transaction of its own.
 *
 * @throws {ConvueError} `CONVEX_OPTION_INVALID`. Better Auth's calls reject with
 * `AUTH_DATABASE_SECRET_MISSING`, `AUTH_DATABASE_REFUSED`, `AUTH_DATABASE_ROUTE_MISSING`,
 * `AUTH_DATABASE_UNREACHABLE`, `AUTH_DATABASE_REQUEST_INVALID`, `AUTH_STATEMENT_FAILED` and the
 * errors of `defineAuthDatabase`.
 * @example
 * export const auth = betterAuth({ database: convexDatabase() })
 */
export function convexDatabase(options: ConvexDatabaseOptions = {}): AuthAdapter {
  checkOptions(options)
  const batch = createBatch(statements => sendStatements(statements, () => readTarget(options)))
  const run = async (statement: Statement): Promise<any> => await batch(encode(statement))
  return createAdapter({
    runner: { find: run, count: run, write: run },
    onUnindexed: ({ baseURL }) => isLoopback(baseURL) ? 'refuse' : 'warn',
  })
}

/** @throws ConvueError `CONVEX_OPTION_INVALID` */
function checkOptions({ siteUrl, path, timeoutMs }: ConvexDatabaseOptions): void {
  if (siteUrl !== undefined)
    baseOf(siteUrl)
  if (path !== undefined)
    checkPath(path, 'convexDatabase')
  if (timeoutMs !== undefined && !(timeoutMs > 0))
    throw setupError('CONVEX_OPTION_INVALID', '`timeoutMs` of `convexDatabase` is not a positive number')
}

/** @throws ConvueError `AUTH_DATABASE_REQUEST_INVALID` */
function encode(statement: Statement): EncodedStatement {
  try {
    return { statement, json: JSON.stringify(convexToJson(statement as never)) }
  }
  catch {
    // The error of Convex contains the values of the statement.
    throw setupError('AUTH_DATABASE_REQUEST_INVALID', 'a value cannot be stored in Convex')
  }
}
