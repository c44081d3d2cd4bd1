import type { GenericActionCtx, GenericMutationCtx, GenericQueryCtx } from 'convex/server'
import type { AuthDatabaseFunctions, AuthTableFunctions } from '../../../../../src/convex/index'
import type { DataModel } from './_generated/dataModel'
import { betterAuth } from 'better-auth/minimal'
import { admin } from 'better-auth/plugins/admin'
import { anonymous } from 'better-auth/plugins/anonymous'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { convex, defineAuthDatabase, defineAuthFunctions, defineKeyActions } from '../../../../../src/convex/index'
import { internal } from './_generated/api'
import { action, mutation, query } from './_generated/server'
import schema from './schema'

const functions: AuthDatabaseFunctions & AuthTableFunctions = internal.auth

export const database = defineAuthDatabase({
  schema,
  functions,
  triggers: {
    user: {
      beforeCreate: (_ctx, user) => ({
        username: user.email.split('@')[0],
        role: process.env.ADMIN?.split(',').includes(user.email) ? 'admin' : user.role,
      }),
      onCreate: async (ctx, user) => {
        await ctx.db.insert('profiles', { userId: user._id, bio: '' })
        await ctx.scheduler.runAfter(0, internal.users.sendMail, { to: user.email })
      },
    },
  },
})
export const { readAuthTables, writeAuthTables, findOne } = database.functions

/** A provider whose sign-in page is not needed: it always signs Ada in. */
const provider = {
  providerId: 'stub',
  clientId: 'id',
  clientSecret: 'secret',
  authorizationUrl: 'https://provider.example/authorize',
  tokenUrl: 'https://provider.example/token',
  getToken: async () => ({ accessToken: 'token' }),
  getUserInfo: async () => ({ id: 'ada', email: 'ada@provider.example', name: 'Ada', emailVerified: true }),
}

type AnyCtx = GenericQueryCtx<DataModel> | GenericMutationCtx<DataModel> | GenericActionCtx<DataModel>

export function createAuth(ctx: AnyCtx) {
  return betterAuth({
    baseURL: process.env.SITE_URL!,
    database: database.adapter(ctx),
    emailAndPassword: {
      enabled: true,
      // Hashing a password would take 100 ms.
      password: { hash: async password => password, verify: async ({ hash, password }) => hash === password },
    },
    plugins: [convex({ jwks: process.env.JWKS || undefined }), admin(), anonymous(), genericOAuth({ config: [provider] })],
    session: { expiresIn: 60 * 60 * 24 * 30, updateAge: 60 * 60 * 24 * 15 },
    socialProviders: {
      google: { clientId: process.env.GOOGLE_CLIENT_ID ?? '', clientSecret: process.env.GOOGLE_CLIENT_SECRET ?? '' },
    },
    trustedOrigins: [process.env.SITE_URL ?? 'http://localhost:3000'],
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
  })
}

export const { getLatestJwks, rotateKeys } = defineKeyActions(createAuth)

export const { authedQuery, getAuth, safeGetAuthUserId, safeGetAuthUserIdentity, safeGetSession } = defineAuthFunctions({
  query,
  mutation,
  action,
  createAuth,
  functions,
})
