import type { GenericActionCtx, GenericMutationCtx, GenericQueryCtx } from 'convex/server'
import type { AuthDatabaseFunctions, AuthTableFunctions } from '../../../../../src/convex/index'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth/minimal'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { convex, crossDomain, defineAuthDatabase, defineAuthFunctions } from '../../../../../src/convex/index'
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

/** Another provider, whose sign-in page is not needed: it always signs Ada in. */
const provider = {
  providerId: 'stub',
  clientId: 'id',
  clientSecret: 'secret',
  authorizationUrl: 'https://provider.example/authorize',
  tokenUrl: 'https://provider.example/token',
  getToken: async () => ({ accessToken: 'token' }),
  getUserInfo: async () => ({ id: 'ada', email: 'ada@example.com', name: 'Ada', emailVerified: true }),
}

export function createAuth(ctx: AnyCtx) {
  return betterAuth({
    // Without a proxy of the app, the routes are on the deployment itself.
    baseURL: process.env.CROSS_DOMAIN ? process.env.CONVEX_SITE_URL : process.env.SITE_URL,
    database: database.adapter(ctx),
    emailAndPassword: { enabled: true, password: plainPasswords },
    rateLimit: { enabled: false },
    plugins: [
      convex(),
      ...process.env.CROSS_DOMAIN ? [crossDomain({ siteUrl: process.env.SITE_URL! }), genericOAuth({ config: [provider] })] : [],
    ],
  })
}

export const { authedQuery, authedMutation, authedAction, getAuth, getAuthUser } = defineAuthFunctions({
  query,
  mutation,
  action,
  createAuth,
  functions,
})
