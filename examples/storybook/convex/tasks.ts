import { v } from 'convex/values'
import { mutation, query } from './_generated/server'

/** The latest tasks. */
export const list = query({
  args: {},
  handler: async ctx => await ctx.db.query('tasks').order('desc').take(100),
})

export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => await ctx.db.insert('tasks', { text }),
})
