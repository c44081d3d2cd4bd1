/** Runs statements in a Convex function: directly, or through the internal functions. */
import type { GenericActionCtx, GenericDataModel, GenericMutationCtx, GenericQueryCtx } from 'convex/server'
import type { AuthDatabaseFunctions } from './internal-functions.ts'
import type { RemoteTables } from './remote-tables.ts'
import type { CountStatement, FindStatement, Row, Statement, WriteStatement } from './statement.ts'
import type { Writer } from './write-row.ts'
import { setupError } from '../setup-error.ts'
import { assemble, BEGINNING, count, find } from './find.ts'
import { remoteRows, remoteTables, remoteWrite, runParts } from './remote-tables.ts'
import { createWriteQueue } from './write-queue.ts'
import { writePart } from './write.ts'

/** The context of any Convex function. */
export type AnyCtx = GenericQueryCtx<any> | GenericMutationCtx<any> | GenericActionCtx<any>

/** Runs the statements of the adapter. */
export interface Runner {
  find: (statement: FindStatement) => Promise<Row[]>
  count: (statement: CountStatement) => Promise<number>
  /** Resolves with the written rows. Deleted rows are as they were before the deletion. */
  write: (statement: WriteStatement) => Promise<Row[]>
}

/** Runs a statement of any kind. Resolves with its rows, or with their number. */
export async function runStatement(runner: Runner, statement: Statement): Promise<Row[] | number> {
  switch (statement.type) {
    case 'find': return await runner.find(statement)
    case 'count': return await runner.count(statement)
    default: return await runner.write(statement)
  }
}

/** The parts of a database that a runner needs. */
export interface RunnerOptions {
  writer: Writer
  functions: AuthDatabaseFunctions | undefined
  /**
   * `true` if the app has passed a custom builder: all writes then run in the internal mutation.
   */
  writesInFunction: boolean
}

/**
 * Queries and mutations read and write with `ctx.db`, in their own transaction. Actions call the
 * internal functions, and each statement is at least one transaction of its own.
 */
export function createRunner(ctx: AnyCtx, options: RunnerOptions): Runner {
  const { writer: { findTable, triggers }, functions } = options
  if (!('db' in ctx))
    return remoteRunner(ctx, options)
  const queue = createWriteQueue(triggers)
  const writer = { findTable, triggers: queue.triggers }
  return {
    find: statement => find(ctx.db, findTable, statement),
    count: statement => count(ctx.db, findTable, statement),
    write: async (statement) => {
      if (!isMutationCtx(ctx))
        throw setupError('AUTH_WRITE_REFUSED', statement.table)
      if (options.writesInFunction)
        return await queue.run(() => remoteWrite(remoteTables(ctx, requireFunctions(functions)), statement))
      return await queue.run(async () => (await writePart(ctx, writer, statement, BEGINNING, Infinity)).rows)
    },
  }
}

function isMutationCtx(ctx: AnyCtx): ctx is GenericMutationCtx<GenericDataModel> {
  return 'runMutation' in ctx
}

function remoteRunner(ctx: GenericActionCtx<any>, { writer: { findTable }, functions }: RunnerOptions): Runner {
  const remote = (): RemoteTables => remoteTables(ctx, requireFunctions(functions))
  return {
    find: async (statement) => {
      const { read } = remote()
      const first = await read(statement, BEGINNING)
      // The function has already sorted and selected the rows of a statement with only one part.
      if (first.next === null)
        return first.rows
      const rest = await runParts(first.next, position => read(statement, position))
      return assemble(findTable, statement, [...first.rows, ...rest])
    },
    count: async statement => (await remoteRows(remote(), statement)).length,
    write: async statement => await remoteWrite(remote(), statement),
  }
}

/** @throws ConvueError `AUTH_FUNCTIONS_MISSING` */
function requireFunctions(functions: AuthDatabaseFunctions | undefined): AuthDatabaseFunctions {
  if (!functions)
    throw setupError('AUTH_FUNCTIONS_MISSING')
  return functions
}
