import { getAuthSessionId, getAuthUserId } from '@convex-dev/auth/server'
import { v } from 'convex/values'
import { internalMutation, internalQuery, query } from './_generated/server'

export const me = query({
  args: {},
  handler: async (ctx) => {
    const userId = await getAuthUserId(ctx)
    const user = userId && await ctx.db.get(userId)
    return user && { name: user.name, email: user.email, isAnonymous: user.isAnonymous, hasSession: await getAuthSessionId(ctx) !== null }
  },
})

export const recordEmail = internalMutation({
  args: { to: v.string(), code: v.string() },
  handler: async (ctx, email) => {
    await ctx.db.insert('emails', email)
  },
})

export const lastCode = internalQuery({
  args: { to: v.string() },
  handler: async (ctx, { to }) => (await ctx.db.query('emails').withIndex('by_to', q => q.eq('to', to)).order('desc').first())!.code,
})

export const sessions = internalQuery({ args: {}, handler: async ctx => (await ctx.db.query('authSessions').collect()).length })

export const endSessions = internalMutation({
  args: {},
  handler: async (ctx) => {
    for (const { _id } of await ctx.db.query('authSessions').collect())
      await ctx.db.delete(_id)
  },
})
