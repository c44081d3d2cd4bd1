/** `registerAuthDatabaseRoute`: the HTTP action with which the app's server uses the tables. */
import type { AuthDatabase } from '../database/index.ts'
import type { ConvexRouter, HonoRouter } from '../http/auth-router.ts'
import type { AnswerBody, RefusalCode } from './protocol.ts'
import type { AuthDatabaseSecrets } from './secrets.ts'
import { authRouter } from '../http/auth-router.ts'
import { setupError } from '../setup-error.ts'
import { checkPath, DEFAULT_PATH } from './protocol.ts'
import { readRequest } from './read-request.ts'
import { runStatements } from './run-statements.ts'
import { acceptedSecrets, environmentSecrets, isAuthorized } from './secrets.ts'
import { checkTables } from './statement-shape.ts'

/** The options of `registerAuthDatabaseRoute`. */
export interface AuthDatabaseRouteOptions {
  /** The result of `defineAuthDatabase`, which must have its option `functions`. */
  database: AuthDatabase
  /**
   * The names of the tables of Better Auth: `Object.keys(authTables)`. A statement that uses
   * another table is refused, even with the right secret.
   */
  tables: readonly string[]
  /**
   * The accepted secrets, or a function that returns them. Each must have at least 32 characters.
   * Without any such secret, every request is refused.
   * @default the variables `AUTH_DATABASE_SECRET` and `AUTH_DATABASE_SECRET_PREVIOUS`
   */
  secrets?: AuthDatabaseSecrets
  /** The path of the route. @default '/auth-database' */
  path?: string
}

const NAME = 'registerAuthDatabaseRoute'

/**
 * Registers the route through which Better Auth on the app's own server reads and writes its
 * tables, on `httpRouter()` of `convex/server` or on a Hono app. On the server, `convexDatabase` of
 * `convue/convex/database` sends the requests. Without a secret, a request is answered with 401.
 *
 * @param http The router.
 * @throws {ConvueError} `CONVEX_OPTION_INVALID` for a wrong router or option.
 */
export function registerAuthDatabaseRoute(
  http: ConvexRouter | HonoRouter,
  { database, tables, secrets = environmentSecrets, path = DEFAULT_PATH }: AuthDatabaseRouteOptions,
): void {
  if (typeof database?.run !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', `\`database\` of \`${NAME}\` is not the result of \`defineAuthDatabase\``)
  if (!Array.isArray(tables) || !tables.every(name => typeof name === 'string'))
    throw setupError('CONVEX_OPTION_INVALID', `\`tables\` of \`${NAME}\` is not a list of names of tables`)
  if (tables.length === 0)
    throw setupError('CONVEX_OPTION_INVALID', `\`tables\` of \`${NAME}\` is empty: run \`npx auth generate\``)
  checkPath(path, NAME)
  authRouter(http, NAME).addPost(path, async (ctx, request) => {
    // Checked first, so that the answer to a request without a valid secret is always the same.
    if (!await isAuthorized(request.headers.get('authorization'), acceptedSecrets(secrets)))
      return refuse(401, 'UNAUTHORIZED')
    const read = await readRequest(request)
    if (read.type === 'refusal')
      return refuse(read.status, read.code)
    const results = await runStatements(read.statements, async (statement) => {
      checkTables(statement, tables)
      return await database.run(ctx, statement)
    })
    return answer(200, { results })
  })
}

function refuse(status: number, code: RefusalCode): Response {
  return answer(status, { code })
}

function answer(status: number, body: AnswerBody | { code: RefusalCode }): Response {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return new Response(JSON.stringify(body), { status, headers })
}
