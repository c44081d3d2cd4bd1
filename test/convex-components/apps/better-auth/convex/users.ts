import { v } from 'convex/values'
import { components } from './_generated/api'
import { internalMutation, internalQuery, mutation, query } from './_generated/server'
import { authComponent, createAuth } from './auth'

export const me = query({
  args: {},
  handler: async ctx => (await authComponent.safeGetAuthUser(ctx))?.name ?? null,
})

export const recordMessage = internalMutation({
  args: { to: v.string(), secret: v.string() },
  handler: async (ctx, message) => {
    await ctx.db.insert('messages', message)
  },
})

export const lastSecret = internalQuery({
  args: { to: v.string() },
  handler: async (ctx, { to }) => (await ctx.db.query('messages').withIndex('by_to', q => q.eq('to', to)).order('desc').first())?.secret ?? null,
})

export const makeAdmin = internalMutation({
  args: { email: v.string() },
  handler: async (ctx, { email }) => {
    await ctx.runMutation(components.betterAuth.adapter.updateOne, {
      input: { model: 'user', where: [{ field: 'email', value: email }], update: { role: 'admin' } },
    })
  },
})

/** Calls Better Auth's API in a query. */
export const organizations = query({
  args: {},
  handler: async (ctx) => {
    const { auth, headers } = await authComponent.getAuth(createAuth, ctx)
    return (await auth.api.listOrganizations({ headers })).map(({ slug }) => slug)
  },
})

/** Calls Better Auth's API in a mutation. */
export const rename = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const { auth, headers } = await authComponent.getAuth(createAuth, ctx)
    await auth.api.updateUser({ headers, body: { name } })
  },
})

export const verifyKey = mutation({
  args: { key: v.string() },
  handler: async (ctx, { key }) => (await createAuth(ctx).api.verifyApiKey({ body: { key } })).valid,
})
