/** `defineAuthDatabase`: Better Auth on the tables of the app's own schema. */
import type { GenericSchema, SchemaDefinition } from 'convex/server'
import type { AuthAdapter } from './adapter.ts'
import type { AuthDatabaseFunctions, MutationBuilder, RegisteredAuthFunctions } from './internal-functions.ts'
import type { AnyCtx } from './runner.ts'
import type { Row, Statement } from './statement.ts'
import type { AuthTriggers, UntypedTriggers } from './triggers.ts'
import { createAdapter } from './adapter.ts'
import { isDevelopment } from './environment.ts'
import { registerFunctions } from './internal-functions.ts'
import { createRunner, runStatement } from './runner.ts'
import { readTables } from './tables.ts'

/** Options of {@link defineAuthDatabase}. */
export interface AuthDatabaseOptions<Schema extends SchemaDefinition<GenericSchema, boolean>> {
  /** The app's schema, which includes the tables of Better Auth. */
  schema: Schema
  /**
   * The references to the functions that are exported from `database.functions`. Without them,
   * Better Auth can run in queries and mutations only. @default undefined
   */
  functions?: AuthDatabaseFunctions
  /** Functions that run in the transaction of each write, by the table's name. @default {} */
  triggers?: AuthTriggers<Schema>
  /**
   * The builder of the internal mutation that writes, such as a custom mutation of `convex-helpers`
   * whose `ctx.db` runs triggers. It must be built from `internalMutation`. With this option, all
   * writes are calls of this internal mutation, even those inside of a mutation. Without it, Better
   * Auth writes with `ctx.db` inside of a mutation.
   *
   * @default internalMutation
   */
  mutation?: MutationBuilder
  /**
   * The behaviour without an index for a look-up: `'refuse'` throws `AUTH_INDEX_MISSING`, and
   * `'warn'` reads the whole table and writes a warning to the log. By default, development is
   * recognized by an address of the developer's machine: Better Auth's `baseURL`, the variable
   * `SITE_URL`, or the address of the deployment.
   *
   * @default 'refuse' in development, and 'warn' in production
   */
  onUnindexed?: 'refuse' | 'warn'
}

/** Better Auth's tables in the app's own schema. */
export interface AuthDatabase {
  /**
   * The value of Better Auth's option `database`. In a query or mutation, it uses `ctx.db`, so that
   * all writes of a mutation are one transaction. In an action, each statement is a transaction.
   */
  adapter: (ctx: AnyCtx) => AuthAdapter
  /** The internal functions to export, for actions and HTTP actions. */
  functions: RegisteredAuthFunctions
  /**
   * Runs one statement of the adapter as `adapter(ctx)` does, and returns its rows or their number.
   * `registerAuthDatabaseRoute` calls it for each statement that the app's server sends.
   */
  run: (ctx: AnyCtx, statement: Statement) => Promise<Row[] | number>
}

/**
 * Stores Better Auth's data in tables of the app's own schema.
 *
 * @throws ConvueError `AUTH_MUTATION_PUBLIC`
 * @example
 * const functions: AuthDatabaseFunctions = internal.auth
 * export const database = defineAuthDatabase({ schema, functions })
 * export const { readAuthTables, writeAuthTables } = database.functions
 */
export function defineAuthDatabase<Schema extends SchemaDefinition<GenericSchema, boolean>>(
  { schema, functions, triggers = {}, mutation, onUnindexed }: AuthDatabaseOptions<Schema>,
): AuthDatabase {
  const writer = { findTable: readTables(schema), triggers: triggers as UntypedTriggers }
  const runnerOptions = { writer, functions, writesInFunction: mutation !== undefined }
  return {
    adapter: ctx => createAdapter({
      runner: createRunner(ctx, runnerOptions),
      onUnindexed: ({ baseURL }) => onUnindexed ?? (isDevelopment(baseURL) ? 'refuse' : 'warn'),
    }),
    functions: registerFunctions(writer, mutation),
    run: (ctx, statement) => runStatement(createRunner(ctx, runnerOptions), {
      ...statement,
      onUnindexed: onUnindexed ?? (isDevelopment(undefined) ? 'refuse' : statement.onUnindexed),
    }),
  }
}
