/** The database adapter of Better Auth, which runs each call of Better Auth as a statement. */
import type { BetterAuthOptions } from 'better-auth'
import type { Runner } from './runner.ts'
import type { OnUnindexed } from './statement.ts'
import { createAdapterFactory } from 'better-auth/adapters'
import { uniqueFields } from './auth-tables.ts'
import { ownsIds } from './own-ids.ts'
import { referencesTo } from './references.ts'
import { createStatements } from './statements.ts'
import { fromStoredValue, toStoredValue } from './values.ts'
import { writeSchema } from './write-schema.ts'

export interface AdapterSetup {
  runner: Runner
  onUnindexed: (options: BetterAuthOptions) => OnUnindexed
}

/** The value of Better Auth's option `database`. */
export type AuthAdapter = ReturnType<typeof createAdapterFactory>

/** Creates the value of Better Auth's option `database`. */
export function createAdapter({ runner, onUnindexed }: AdapterSetup): AuthAdapter {
  return options => createAdapterFactory({
    config: {
      adapterId: 'convex',
      adapterName: 'Convex',
      // Convex chooses the ids, unless the app does.
      disableIdGeneration: !ownsIds(options),
      supportsNumericIds: false,
      supportsUUIDs: false,
      supportsArrays: true,
      supportsJSON: false,
      // A mutation is always one transaction, and an action does not run in a transaction.
      transaction: false,
      customTransformInput: ({ data, fieldAttributes }) => toStoredValue(data, fieldAttributes),
      customTransformOutput: ({ data, fieldAttributes }) => fromStoredValue(data, fieldAttributes),
    },
    adapter: ({ schema, getFieldName, getDefaultModelName }) => {
      const statements = createStatements({
        getFieldName,
        uniqueOf: model => uniqueFields(schema[getDefaultModelName(model)]),
        referencesTo: model => referencesTo(schema, model),
        onUnindexed: onUnindexed(options),
      })
      const first = async (rows: Promise<any[]>): Promise<any> => (await rows)[0] ?? null
      return {
        createSchema: async ({ tables, file }) => writeSchema({ tables, file, ownsIds: ownsIds(options) }),
        create: ({ model, data }) => first(runner.write(statements.create({ model, data }))),
        findOne: args => first(runner.find(statements.find({ ...args, limit: 1 }))),
        findMany: async (args): Promise<any[]> => await runner.find(statements.find(args)),
        count: args => runner.count(statements.count(args)),
        update: async ({ model, where, update }) => {
          if (where.length === 0)
            return null
          // As in SQL, all rows that match are updated, and the first one is returned.
          const changes = update as object
          return await first(runner.write(statements.update({ model, where, scope: 'all', changes })))
        },
        updateMany: async ({ model, where, update }) =>
          (await runner.write(statements.update({ model, where, scope: 'all', changes: update }))).length,
        delete: async ({ model, where }) => {
          if (where.length > 0)
            await runner.write(statements.delete({ model, where, scope: 'all' }))
        },
        deleteMany: async ({ model, where }) =>
          (await runner.write(statements.delete({ model, where, scope: 'all' }))).length,
        consumeOne: ({ model, where }) => first(runner.write(statements.delete({ model, where, scope: 'first' }))),
        incrementOne: ({ model, where, increment, set }) =>
          first(runner.write(statements.update({ model, where, scope: 'first', increments: increment, changes: set }))),
      }
    },
  })(options)
}
