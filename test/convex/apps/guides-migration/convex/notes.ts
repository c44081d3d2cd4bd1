import { mutation } from './_generated/server'
import { authComponent, authedQuery } from './auth'

export const addToComponent = mutation({
  args: {},
  handler: async (ctx) => {
    const { _id, name } = await authComponent.getAuthUser(ctx)
    await ctx.db.insert('notes', { author: _id, text: `by ${name}` })
  },
})

export const mine = authedQuery({
  args: {},
  handler: async ctx => (await ctx.db.query('notes').withIndex('by_author', q => q.eq('author', ctx.user._id)).collect()).map(({ text }) => text),
})
