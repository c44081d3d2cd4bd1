import type { GenericActionCtx, GenericMutationCtx, GenericQueryCtx } from 'convex/server'
import type { AuthDatabaseFunctions, AuthTableFunctions } from 'convue/convex'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth/minimal'
import { convex, defineAuthDatabase } from 'convue/convex'
import { internal } from './_generated/api'
import { env } from './_generated/server'
import schema from './schema'

// TypeScript needs this type, since `internal` contains the functions of this file.
export const functions: AuthDatabaseFunctions & AuthTableFunctions = internal.auth

/** The tables of Better Auth, in the schema of this app. */
export const database = defineAuthDatabase({ schema, functions })
export const { findOne, readAuthTables, writeAuthTables } = database.functions

type Ctx = GenericQueryCtx<DataModel> | GenericMutationCtx<DataModel> | GenericActionCtx<DataModel>

/** Better Auth. Add its options and plugins here. */
export function createAuth(ctx: Ctx) {
  return betterAuth({
    // The origin of the app.
    baseURL: env.SITE_URL,
    secret: env.BETTER_AUTH_SECRET,
    database: database.adapter(ctx),
    emailAndPassword: { enabled: true },
    plugins: [convex()],
  })
}
