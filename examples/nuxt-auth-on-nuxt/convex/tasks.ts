import { v } from 'convex/values'
import { authedMutation, authedQuery } from './authed'

/** The tasks of the user, newest first. */
export const list = authedQuery({
  args: {},
  handler: async (ctx) => {
    const { _id: owner } = ctx.user
    return await ctx.db.query('tasks').withIndex('by_owner', q => q.eq('owner', owner)).order('desc').take(100)
  },
})

export const add = authedMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    await ctx.db.insert('tasks', { owner: ctx.user._id, text })
  },
})
