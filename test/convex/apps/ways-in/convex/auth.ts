import type { GenericActionCtx, GenericMutationCtx, GenericQueryCtx } from 'convex/server'
import type { AuthDatabaseFunctions, AuthTableFunctions } from '../../../../../src/convex/index'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth/minimal'
import { admin } from 'better-auth/plugins/admin'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { magicLink } from 'better-auth/plugins/magic-link'
import { twoFactor } from 'better-auth/plugins/two-factor'
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

/** Another provider, whose sign-in page is not needed: it always signs Grace in. */
const provider = {
  providerId: 'stub',
  clientId: 'id',
  clientSecret: 'secret',
  authorizationUrl: 'https://provider.example/authorize',
  tokenUrl: 'https://provider.example/token',
  getToken: async () => ({ accessToken: 'token' }),
  getUserInfo: async () => ({ id: 'grace', email: 'grace@provider.example', name: 'Grace', emailVerified: true }),
}

export function createAuth(ctx: AnyCtx) {
  return betterAuth({
    baseURL: process.env.SITE_URL,
    database: database.adapter(ctx),
    emailAndPassword: { enabled: true, password: plainPasswords },
    rateLimit: { enabled: false },
    plugins: [
      admin(),
      genericOAuth({ config: [provider] }),
      magicLink({
        sendMagicLink: async ({ email, url }) => {
          await (ctx as GenericActionCtx<DataModel>).runMutation(internal.account.sendMail, { to: email, link: url })
        },
      }),
      // The second factor of the tests is a backup code.
      twoFactor({ skipVerificationOnEnable: true }),
      convex(),
    ],
  })
}

export const { authedQuery, authedMutation } = defineAuthFunctions({ query, mutation, action, createAuth, functions })
