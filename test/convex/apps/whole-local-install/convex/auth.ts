import type { GenericActionCtx, GenericMutationCtx, GenericQueryCtx } from 'convex/server'
import type { AuthDatabaseFunctions, AuthTableFunctions } from '../../../../../src/convex/index'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth/minimal'
import { convex, defineAuthDatabase, defineAuthFunctions } from '../../../../../src/convex/index'
import { internal } from './_generated/api'
import { action, mutation, query } from './_generated/server'
import schema from './schema'

const functions: AuthDatabaseFunctions & AuthTableFunctions = internal.auth
export const database = defineAuthDatabase({ schema, functions })
export const { readAuthTables, writeAuthTables, findOne } = database.functions

type AnyCtx = GenericQueryCtx<DataModel> | GenericMutationCtx<DataModel> | GenericActionCtx<DataModel>

/** Hashes take most of the time of a sign-up, and the tests have no secrets. */
const plainPasswords = {
  hash: async (password: string) => password,
  verify: async ({ hash, password }: { hash: string, password: string }) => hash === password,
}

export function createAuth(ctx: AnyCtx) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    database: database.adapter(ctx),
    emailAndPassword: { enabled: true, password: plainPasswords },
    rateLimit: { enabled: false },
    plugins: [convex()],
  })
}

export const { authedQuery, authedMutation, authedAction, getAuth, getAuthUser } = defineAuthFunctions({
  query,
  mutation,
  action,
  createAuth,
  functions,
})
