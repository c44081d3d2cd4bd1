import type { AuthFunctions, GenericCtx } from '@convex-dev/better-auth'
import type { DataModel } from './_generated/dataModel'
import { createClient } from '@convex-dev/better-auth'
import { convex } from '@convex-dev/better-auth/plugins'
import { requireActionCtx } from '@convex-dev/better-auth/utils'
import { betterAuth } from 'better-auth/minimal'
import { components, internal } from './_generated/api'
import { internalAction, query } from './_generated/server'
import authConfig from './auth.config'

const authFunctions: AuthFunctions = internal.auth

export const authComponent = createClient<DataModel>(components.betterAuth, {
  authFunctions,
  triggers: {
    user: {
      onCreate: async (ctx, { _id }) => {
        await ctx.db.insert('posts', { title: 'Hello', authId: _id })
      },
    },
  },
})

export const { onCreate, onUpdate, onDelete } = authComponent.triggersApi()
export const { getAuthUser } = authComponent.clientApi()

export function createAuth(ctx: GenericCtx<DataModel>) {
  return betterAuth({
    baseURL: process.env.SITE_URL!,
    database: authComponent.adapter(ctx),
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: false,
      // Hashing a password would take 100 ms.
      password: { hash: async password => password, verify: async ({ hash, password }) => hash === password },
      sendResetPassword: async ({ user }) => {
        await requireActionCtx(ctx).runMutation(internal.users.sendMail, { to: user.email })
      },
    },
    rateLimit: { enabled: false },
    plugins: [convex({ authConfig, jwks: process.env.JWKS || undefined })],
  })
}

export const getCurrentUser = query({
  args: {},
  handler: async ctx => await authComponent.getAuthUser(ctx),
})

export const getLatestJwks = internalAction({
  args: {},
  handler: async ctx => await createAuth(ctx).api.getLatestJwks(),
})
