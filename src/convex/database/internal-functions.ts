/** The internal functions through which actions and HTTP actions read and write the tables. */
import type { FunctionReference, RegisteredMutation, RegisteredQuery } from 'convex/server'
import type { Part, Position, ReadStatement, Row, WriteStatement } from './statement.ts'
import type { WhereInput } from './values.ts'
import type { Writer } from './write-row.ts'
import { internalMutationGeneric, internalQueryGeneric } from 'convex/server'
import { v } from 'convex/values'
import { withPortableErrors } from '../portable-error.ts'
import { setupError } from '../setup-error.ts'
import { find, readStatementPart } from './find.ts'
import { toCondition } from './values.ts'
import { writePart } from './write.ts'

/** The greatest number of rows that one call of the internal mutation reads and writes. */
const PART_WRITES = 200
/**
 * The number of rows that one call deletes if the deletion of a row can delete rows of other
 * tables.
 */
const PART_CASCADES = 20

// eslint-disable-next-line ts/consistent-type-definitions -- Convex requires an index signature.
type ReadArgs = {
  statement: ReadStatement
  position: Position
}

// eslint-disable-next-line ts/consistent-type-definitions -- Convex requires an index signature.
type WriteArgs = {
  statement: WriteStatement
  position: Position
}

// eslint-disable-next-line ts/consistent-type-definitions -- Convex requires an index signature.
type FindOneArgs = {
  model: string
  where: WhereInput[]
}

/**
 * The internal functions of the database. Export them in one file of the `convex/` folder, so that
 * Convex can call them. They are internal: no client can reach them.
 */
export interface AuthDatabaseFunctions {
  readAuthTables: FunctionReference<'query', 'internal', ReadArgs, Part>
  writeAuthTables: FunctionReference<'mutation', 'internal', WriteArgs, Part>
}

/** The registered functions: the value of `database.functions`. */
export interface RegisteredAuthFunctions {
  /** Runs one part of a statement that reads. */
  readAuthTables: RegisteredQuery<'internal', ReadArgs, Promise<Part>>
  /** Runs one part of a statement that writes. */
  writeAuthTables: RegisteredMutation<'internal', WriteArgs, Promise<Part>>
  /** Reads one row by Better Auth's conditions; `null` if none exists. */
  findOne: RegisteredQuery<'internal', FindOneArgs, Promise<Row | null>>
}

/** Makes a mutation, as `internalMutation` or a custom mutation of `convex-helpers` does. */
export type MutationBuilder = (definition: any) => RegisteredMutation<any, any, any>

/** @throws ConvueError `AUTH_MUTATION_PUBLIC` */
export function registerFunctions(writer: Writer, mutation: MutationBuilder | undefined): RegisteredAuthFunctions {
  const build = mutation ?? internalMutationGeneric
  const writeAuthTables = build({
    args: { statement: v.any(), position: v.any() },
    handler: async (ctx: any, { statement, position }: WriteArgs) => {
      const hasCascades = statement.type === 'delete' && statement.references.length > 0
      const reads = hasCascades ? PART_CASCADES : PART_WRITES
      return await withPortableErrors(() => writePart(ctx, writer, statement, position, reads))
    },
  }) as RegisteredAuthFunctions['writeAuthTables']
  if ('isPublic' in writeAuthTables)
    throw setupError('AUTH_MUTATION_PUBLIC')
  return {
    writeAuthTables,
    readAuthTables: internalQueryGeneric({
      args: { statement: v.any(), position: v.any() },
      handler: async (ctx, { statement, position }: ReadArgs) =>
        await withPortableErrors(() => readStatementPart(ctx.db, writer.findTable, statement, position)),
    }),
    findOne: internalQueryGeneric({
      args: { model: v.string(), where: v.array(v.any()) },
      handler: async (ctx, { model, where }: FindOneArgs) => {
        const [row] = await find(ctx.db, writer.findTable, {
          type: 'find',
          table: model,
          where: where.map(toCondition),
          joins: [],
          select: [],
          sortBy: null,
          offset: 0,
          limit: 1,
          onUnindexed: 'warn',
        })
        return row ?? null
      },
    }),
  }
}
