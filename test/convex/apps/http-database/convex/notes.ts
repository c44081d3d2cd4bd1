import { v } from 'convex/values'
import { internalMutation, internalQuery, query } from './_generated/server'

export const whoami = query({
  args: {},
  handler: async ctx => await ctx.auth.getUserIdentity(),
})

export const add = internalMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => await ctx.db.insert('notes', { text }),
})

/** All rows of all tables. */
export const everything = internalQuery({
  args: {},
  handler: async (ctx) => {
    const tables = ['user', 'session', 'account', 'verification', 'jwks', 'notes'] as const
    return Object.fromEntries(await Promise.all(tables.map(async name => [name, await ctx.db.query(name).collect() as any[]] as const)))
  },
})
