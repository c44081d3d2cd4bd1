import type { GenericActionCtx, GenericMutationCtx, GenericQueryCtx } from 'convex/server'
import type { AuthDatabaseFunctions, AuthTableFunctions } from 'convue/convex'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth/minimal'
import { admin, organization } from 'better-auth/plugins'
import { entsTableFactory } from 'convex-ents'
import { customCtx, customMutation, customQuery } from 'convex-helpers/server/customFunctions'
import { convex, defineAuthDatabase, defineAuthFunctions } from 'convue/convex'
import { internal } from './_generated/api'
import { action, mutation, query } from './_generated/server'
import schema, { entDefinitions } from './schema'

// TypeScript needs this type, since `internal` contains the functions of this file.
const functions: AuthDatabaseFunctions & AuthTableFunctions = internal.auth

export const database = defineAuthDatabase({
  schema,
  functions,
  // These run in the transaction in which Better Auth writes the user.
  triggers: {
    user: {
      beforeCreate: async ctx => ({ role: await ctx.db.query('user').first() ? 'user' : 'admin' }),
      onCreate: async (ctx, user) => {
        await entsTableFactory(ctx, entDefinitions)('profiles').insert({ userId: user._id, nickname: user.name })
      },
      onDelete: async (ctx, { _id }) => {
        const profile = await entsTableFactory(ctx, entDefinitions)('profiles').get('userId', _id)
        await profile?.delete()
      },
    },
  },
})
export const { readAuthTables, writeAuthTables, findOne } = database.functions

type Ctx = GenericQueryCtx<DataModel> | GenericMutationCtx<DataModel> | GenericActionCtx<DataModel>

export function createAuth(ctx: Ctx) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    secret: process.env.BETTER_AUTH_SECRET,
    database: database.adapter(ctx),
    emailAndPassword: { enabled: true },
    plugins: [convex(), admin(), organization()],
  })
}

// The handlers of these builders receive `ctx.table`, with which they read and write ents.
export const { authedMutation, authedQuery, isMember } = defineAuthFunctions({
  query: customQuery(query, customCtx(ctx => ({ table: entsTableFactory(ctx, entDefinitions) }))),
  mutation: customMutation(mutation, customCtx(ctx => ({ table: entsTableFactory(ctx, entDefinitions) }))),
  action,
  createAuth,
  functions,
})
