import { v } from 'convex/values'
import { authedMutation, authedQuery } from './auth'

export const mine = authedQuery({
  args: {},
  handler: async (ctx) => {
    const profile = await ctx.db.query('profiles').withIndex('by_user', q => q.eq('userId', ctx.user._id)).unique()
    return { nickname: profile?.nickname ?? '', role: ctx.user.role ?? 'user' }
  },
})

export const rename = authedMutation({
  args: { nickname: v.string() },
  handler: async (ctx, { nickname }) => {
    const profile = await ctx.db.query('profiles').withIndex('by_user', q => q.eq('userId', ctx.user._id)).unique()
    if (profile)
      await ctx.db.patch(profile._id, { nickname })
  },
})
